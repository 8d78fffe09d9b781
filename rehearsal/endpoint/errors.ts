/** An answer that refuses a call, in AWS's own words: the front renders it in the form of the service's protocol. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further elements of the error body (S3 names the key, the missing part…). */
  readonly details: Record<string, string>;
  readonly headers: Record<string, string>;

  constructor(code: string, status: number, message: string, details: Record<string, string> = {}, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** The socket was ended on purpose (a fault) or by the caller: nothing can be answered any more. */
export class ConnectionGone extends Error {
  constructor() {
    super('the connection ended before the answer');
    this.name = 'ConnectionGone';
  }
}

/** Every call this endpoint does not speak ends here, loudly and by name. */
export function notImplemented(service: string, operation: string, why = ''): ApiError {
  const reason = why ? ` (${why})` : '';
  return new ApiError(
    'NotImplemented', 501, `NotImplemented: ${service} ${operation}: the local endpoint does not speak this operation${reason}`,
  );
}

export function invalidRequest(message: string): ApiError {
  return new ApiError('InvalidRequest', 400, message);
}

export function invalidArgument(name: string, value: string, message: string): ApiError {
  return new ApiError('InvalidArgument', 400, message, { ArgumentName: name, ArgumentValue: value });
}
