import { ApiError } from '../errors';
import type { ObjectVersion } from './state';

type Headers = Record<string, string | undefined>;

const failed = (condition: string): ApiError =>
  new ApiError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', { Condition: condition });

const bare = (etag: string): string => etag.trim().replace(/^W\//, '').replace(/^"|"$/g, '');

function names(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || bare(one) === etag);
}

/** Without If-None-Match a write never looks at what is there. @throws ApiError PreconditionFailed, NoSuchKey, NotImplemented */
export function assertWritable(headers: Headers, current: ObjectVersion | undefined, key: string): void {
  const none = headers['if-none-match'];
  const match = headers['if-match'];
  if (none !== undefined && none.trim() !== '*') {
    throw new ApiError(
      'NotImplemented', 501, 'A header you provided implies functionality that is not implemented', { Header: 'If-None-Match' },
    );
  }
  if (none !== undefined && match !== undefined) {
    throw new ApiError(
      'NotImplemented', 501, 'A header you provided implies functionality that is not implemented', { Header: 'If-Match' },
    );
  }
  if (none !== undefined && current) throw failed('If-None-Match');
  if (match !== undefined) {
    if (!current) throw new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key });
    if (!names(match, current.etag)) throw failed('If-Match');
  }
}

export function isConditionalWrite(headers: Headers): boolean {
  return headers['if-none-match'] !== undefined || headers['if-match'] !== undefined;
}

/**
 * The four conditions of a read in the order of RFC 9110: a match by ETag outweighs a date.
 * @param prefix `x-amz-copy-source-` for the source of a copy, which is never "not modified" but fails
 * @returns whether the answer is 304
 * @throws ApiError PreconditionFailed
 */
export function isUnmodified(headers: Headers, version: ObjectVersion, prefix = ''): boolean {
  const match = headers[`${prefix}if-match`];
  const none = headers[`${prefix}if-none-match`];
  const since = Date.parse(headers[`${prefix}if-modified-since`] ?? '');
  const until = Date.parse(headers[`${prefix}if-unmodified-since`] ?? '');
  const modified = Math.floor(version.lastModified / 1000) * 1000;
  if (match !== undefined) {
    if (!names(match, version.etag)) throw failed('If-Match');
  } else if (!Number.isNaN(until) && modified > until) {
    throw failed('If-Unmodified-Since');
  }
  const unmodified = none !== undefined ? names(none, version.etag) : !Number.isNaN(since) && modified <= since;
  if (unmodified && prefix) throw failed(none !== undefined ? 'If-None-Match' : 'If-Modified-Since');
  return unmodified;
}
