import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64, crc32c, joinCrc } from './crc';
import { ApiError, invalidRequest, notImplemented } from './errors';

export type ChecksumName = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'SHA512' | 'MD5';
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum of an object or part; `value` as S3 writes it: base64, with `-N` behind it for a composite of N parts. */
export interface Checksum { algorithm: ChecksumName; value: string; type: ChecksumType }

export interface Hasher { update(data: Buffer): void; digest(): Buffer }

const BYTES: Record<ChecksumName, number> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32, SHA512: 64, MD5: 16 };
export const CHECKSUM_NAMES = Object.keys(BYTES) as ChecksumName[];
const UNKNOWN_HERE = ['XXHASH64', 'XXHASH3', 'XXHASH128'];

class Crc32Hasher implements Hasher {
  private sum = 0;
  constructor(private readonly step: (data: Buffer, start: number) => number) {}
  update(data: Buffer): void {
    this.sum = this.step(data, this.sum);
  }
  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.sum);
    return out;
  }
}

export function createHasher(name: ChecksumName): Hasher {
  switch (name) {
    case 'CRC32': return new Crc32Hasher(crc32);
    case 'CRC32C': return new Crc32Hasher(crc32c);
    case 'CRC64NVME': return new Crc64();
    default: return createHash(name.toLowerCase());
  }
}

/** The algorithm of that name. @throws ApiError 501 for one S3 knows and this endpoint does not, 400 for one nobody knows. */
export function parseAlgorithm(name: string, operation: string): ChecksumName {
  const upper = name.toUpperCase();
  if (UNKNOWN_HERE.includes(upper)) throw notImplemented('s3', operation, `checksum algorithm ${upper}`);
  const found = CHECKSUM_NAMES.find((known) => known === upper);
  if (!found) throw invalidRequest('Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, '
    + 'CRC32C, CRC64NVME, SHA1, SHA256]');
  return found;
}

const PREFIX = 'x-amz-checksum-';
const NOT_A_SUM = ['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type'];

export interface ExpectedChecksum { algorithm: ChecksumName; value?: string }

/** The checksum a request announces: as a header, or by name only when the value comes in the trailer. */
export function announcedChecksum(headers: Record<string, string | undefined>, operation: string): ExpectedChecksum | undefined {
  const given = Object.keys(headers).filter((name) => name.startsWith(PREFIX) && !NOT_A_SUM.includes(name));
  const trailer = headers['x-amz-trailer']?.trim().toLowerCase();
  if (given.length > 1 || (given.length === 1 && trailer?.startsWith(PREFIX))) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const asked = headers['x-amz-sdk-checksum-algorithm'];
  if (given.length === 0 && !trailer) return undefined;
  const name = given[0] ?? trailer ?? '';
  if (!name.startsWith(PREFIX)) throw invalidRequest('The value specified in the x-amz-trailer header is not supported');
  const algorithm = parseAlgorithm(name.slice(PREFIX.length), operation);
  if (asked && asked.toUpperCase() !== algorithm) {
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  const value = given.length ? headers[name] : undefined;
  if (value !== undefined) assertForm(algorithm, value);
  return { algorithm, value };
}

export function checksumHeader(algorithm: ChecksumName): string {
  return `${PREFIX}${algorithm.toLowerCase()}`;
}

/** @throws ApiError InvalidRequest unless `value` is base64 of as many bytes as the algorithm gives. */
export function assertForm(algorithm: ChecksumName, value: string): void {
  const raw = Buffer.from(value, 'base64');
  if (raw.length !== BYTES[algorithm] || raw.toString('base64') !== value) {
    throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
}

export function badDigest(algorithm: ChecksumName, sent: string): ApiError {
  return new ApiError('BadDigest', 400, `The ${algorithm} you specified did not match the calculated checksum.`, { ExpectedDigest: sent });
}

/**
 * What S3 uses for a multipart upload that names an algorithm but no type.
 * @throws ApiError InvalidRequest for a pair S3 does not offer
 */
export function checksumType(algorithm: ChecksumName, asked: string | undefined): ChecksumType {
  const onlyFull = algorithm === 'CRC64NVME';
  const onlyComposite = !algorithm.startsWith('CRC');
  const type = asked ?? (onlyFull ? 'FULL_OBJECT' : 'COMPOSITE');
  if ((type !== 'FULL_OBJECT' && type !== 'COMPOSITE') || (onlyFull && type !== 'FULL_OBJECT') || (onlyComposite && type !== 'COMPOSITE')) {
    throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  }
  return type;
}

/** The checksum of an object made of parts, from the checksums of the parts. */
export function joinChecksums(algorithm: ChecksumName, type: ChecksumType, parts: { value: string; size: number }[]): Checksum {
  const raw = parts.map((part) => Buffer.from(part.value, 'base64'));
  if (type === 'FULL_OBJECT') {
    const whole = raw.reduce<Buffer>((sum, next, i) => (i === 0 ? next : joinCrc(algorithm, sum, next, parts[i].size)), Buffer.alloc(0));
    return { algorithm, type, value: whole.toString('base64') };
  }
  const hasher = createHasher(algorithm);
  for (const sum of raw) hasher.update(sum);
  return { algorithm, type, value: `${hasher.digest().toString('base64')}-${parts.length}` };
}
