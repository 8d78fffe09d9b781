import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError } from './errors';
import type { Credentials } from './types';

const SKEW_MILLISECONDS = 15 * 60 * 1000;
const LONGEST_PRESIGN_SECONDS = 604_800;

/** The parts of a request that a signature covers, as they came over the wire. */
export interface SignedRequest {
  method: string;
  /** Path before `?`, still encoded. */
  rawPath: string;
  /** Decoded pairs in the order given. */
  query: [string, string][];
  headers: Record<string, string | undefined>;
  /** SHA-256 of the body where it is at hand and no header names it. */
  bodyHash?: string;
}

/** A request whose signature holds. */
export interface Identity {
  accessKeyId: string;
  credentials: Credentials;
  /** Name of the service in the credential scope. */
  service: string;
  /** Region in the credential scope. */
  region: string;
  presigned: boolean;
  /** What the signature says of the body: hex SHA-256, UNSIGNED-PAYLOAD or a STREAMING-… word. */
  payloadHash: string;
  /** For the signatures of the chunks that follow. */
  signature: string;
  signingKey: Buffer;
  scope: string;
  timestamp: string;
}

interface Claim {
  accessKeyId: string;
  scope: string[];
  signedHeaders: string[];
  signature: string;
  timestamp: string;
  token: string | undefined;
  presigned: boolean;
}

export function sha256Hex(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** AWS's percent-encoding: everything but A-Z a-z 0-9 - . _ ~ */
export function awsEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const malformed = (message: string): ApiError => new ApiError('AuthorizationHeaderMalformed', 400, message);
const queryError = (message: string): ApiError => new ApiError('AuthorizationQueryParametersError', 400, message);

function claimFromHeader(request: SignedRequest, header: string): Claim {
  if (!header.startsWith('AWS4-HMAC-SHA256')) {
    throw new ApiError(
      'InvalidRequest', 400, 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
  const fields = Object.fromEntries(header.slice('AWS4-HMAC-SHA256'.length).split(',').map((field) => {
    const at = field.indexOf('=');
    return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
  }));
  const [accessKeyId, ...scope] = (fields.Credential ?? '').split('/');
  if (scope.length !== 4 || scope[3] !== 'aws4_request' || !fields.SignedHeaders || !fields.Signature) {
    throw malformed('The authorization header is malformed; it needs Credential=<key>/<date>/<region>/<service>/aws4_request, '
      + 'SignedHeaders and Signature.');
  }
  const date = request.headers['x-amz-date'] ?? toTimestamp(request.headers.date);
  if (!date) throw new ApiError('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header');
  const token = request.headers['x-amz-security-token'];
  return {
    accessKeyId, scope, signedHeaders: fields.SignedHeaders.split(';'), signature: fields.Signature, timestamp: date, token,
    presigned: false,
  };
}

function toTimestamp(httpDate: string | undefined): string | undefined {
  const parsed = httpDate ? new Date(httpDate) : undefined;
  return parsed && !Number.isNaN(parsed.getTime()) ? parsed.toISOString().replace(/[-:]|\.\d{3}/g, '') : undefined;
}

function claimFromQuery(query: Map<string, string>): Claim {
  const need = (name: string): string => {
    const value = query.get(name);
    if (!value) throw queryError('Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, '
      + 'X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.');
    return value;
  };
  if (need('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const [accessKeyId, ...scope] = need('X-Amz-Credential').split('/');
  if (scope.length !== 4 || scope[3] !== 'aws4_request') throw queryError('Error parsing the X-Amz-Credential parameter');
  const expires = Number(need('X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 1 || expires > LONGEST_PRESIGN_SECONDS) {
    throw queryError('X-Amz-Expires must be a number between 1 and 604800 seconds');
  }
  return {
    accessKeyId, scope, signedHeaders: need('X-Amz-SignedHeaders').split(';'), signature: need('X-Amz-Signature'),
    timestamp: need('X-Amz-Date'), token: query.get('X-Amz-Security-Token'), presigned: true,
  };
}

function instantOf(timestamp: string): number {
  const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!m) throw malformed(`The date "${timestamp}" is not of the form YYYYMMDDTHHMMSSZ.`);
  return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]);
}

/** Of several clocks the one by which it was signed, or nearly. */
function nearest(signedAt: number, clocks: readonly Date[]): Date {
  const away = (clock: Date): number => Math.abs(clock.getTime() - signedAt);
  return clocks.reduce((best, clock) => (away(clock) < away(best) ? clock : best));
}

function checkTime(claim: Claim, query: Map<string, string>, clocks: readonly Date[]): void {
  const signedAt = instantOf(claim.timestamp);
  const now = nearest(signedAt, clocks);
  const details = { ServerTime: now.toISOString(), MaxAllowedSkewMilliseconds: String(SKEW_MILLISECONDS) };
  if (claim.presigned) {
    const end = signedAt + Number(query.get('X-Amz-Expires')) * 1000;
    if (now.getTime() > end) {
      throw new ApiError(
        'AccessDenied', 403, 'Request has expired', { Expires: new Date(end).toISOString(), ServerTime: now.toISOString() },
      );
    }
    if (signedAt - now.getTime() > SKEW_MILLISECONDS) throw new ApiError('AccessDenied', 403, 'Request is not valid yet', details);
  } else if (Math.abs(now.getTime() - signedAt) > SKEW_MILLISECONDS) {
    throw new ApiError('RequestTimeTooSkewed', 403, 'The difference between the request time and the current time is too large.', details);
  }
}

function canonicalQuery(query: [string, string][]): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [awsEncode(name), awsEncode(value)])
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** S3 signs the path encoded once, every other service twice. */
function canonicalPath(rawPath: string, service: string): string {
  return rawPath.split('/').map((segment) => awsEncode(service === 's3' ? decodeURIComponent(segment) : segment)).join('/') || '/';
}

/**
 * The identity that signed the request, in its Authorization header or its query.
 *
 * @param clocks the signer may go by any of them
 * @throws ApiError with S3's codes: AccessDenied, InvalidAccessKeyId, InvalidToken, SignatureDoesNotMatch, RequestTimeTooSkewed …
 */
export function verify(request: SignedRequest, clocks: readonly Date[], find: (accessKeyId: string) => Credentials | undefined): Identity {
  const query = new Map(request.query);
  const header = request.headers.authorization;
  if (header && query.has('X-Amz-Algorithm')) {
    throw new ApiError('InvalidArgument', 400, 'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature '
      + 'query string parameter or the Authorization header should be specified');
  }
  if (!header && !query.has('X-Amz-Algorithm') && !query.has('X-Amz-Signature')) throw new ApiError('AccessDenied', 403, 'Access Denied');
  const claim = header ? claimFromHeader(request, header) : claimFromQuery(query);
  const credentials = find(claim.accessKeyId);
  if (!credentials) {
    throw new ApiError(
      'InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.', { AWSAccessKeyId: claim.accessKeyId },
    );
  }
  if (credentials.sessionToken !== claim.token) throw new ApiError(
    'InvalidToken', 400, 'The provided token is malformed or otherwise invalid.',
  );
  checkTime(claim, query, clocks);
  const [date, region, service] = claim.scope;
  if (date !== claim.timestamp.slice(0, 8)) throw malformed('The date in the credential scope is not the date of the request.');
  checkCoverage(request, claim);

  const payloadHash = request.headers['x-amz-content-sha256'] ?? (claim.presigned ? 'UNSIGNED-PAYLOAD' : request.bodyHash ?? sha256Hex(''));
  const headerValue = (name: string): string => (request.headers[name] ?? '').trim().replace(/ +/g, ' ');
  const canonicalHeaders = claim.signedHeaders.map((name) => `${name}:${headerValue(name)}\n`).join('');
  const canonical = [request.method, canonicalPath(request.rawPath, service), canonicalQuery(request.query), canonicalHeaders,
    claim.signedHeaders.join(';'), payloadHash].join('\n');
  const scope = claim.scope.join('/');
  const stringToSign = ['AWS4-HMAC-SHA256', claim.timestamp, scope, sha256Hex(canonical)].join('\n');
  const signingKey = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (key, word) => hmac(key, word), Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const wanted = hmac(signingKey, stringToSign);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new ApiError('SignatureDoesNotMatch', 403, 'The request signature we calculated does not match the signature you provided. '
      + 'Check your key and signing '
      + 'method.', { AWSAccessKeyId: claim.accessKeyId, StringToSign: stringToSign, CanonicalRequest: canonical });
  }
  return {
    accessKeyId: claim.accessKeyId, credentials, service, region, presigned: claim.presigned, payloadHash,
    signature: claim.signature, signingKey, scope, timestamp: claim.timestamp,
  };
}

/** Host and, in a header-signed request, every x-amz- header must be covered, or anyone on the way could change them. */
function checkCoverage(request: SignedRequest, claim: Claim): void {
  const open = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
    .filter((name) => !claim.signedHeaders.includes(name) && !(claim.presigned && name === 'x-amz-content-sha256'));
  if (open.length) {
    throw new ApiError(
      'AccessDenied', 403, 'There were headers present in the request which were not signed', { HeadersNotSigned: open.join(', ') },
    );
  }
}
