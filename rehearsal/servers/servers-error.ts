/** What cannot be brought or started on this machine; `mend` is the one sentence that says what to do. */
export class ServersError extends Error {
  public constructor(public readonly reason: string, public readonly mend: string, options?: ErrorOptions) {
    super(`${reason}. ${mend}`, options);
    this.name = 'ServersError';
  }
}

/** A program that this machine lacks and that could not be brought, for want of apt or of a network. */
export class ToolsMissingError extends ServersError {
  public constructor(reason: string, mend: string, options?: ErrorOptions) {
    super(reason, mend, options);
    this.name = 'ToolsMissingError';
  }
}
