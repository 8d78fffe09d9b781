import { receiveSmallBody } from '../body';
import { announcedChecksum, assertForm, badDigest, checksumHeader, createHasher, type ChecksumName } from '../checksums';
import type { S3Call } from './service';

/**
 * The XML or JSON body of a request, held against the sums that came with it.
 * @throws ApiError BadDigest, InvalidRequest, EntityTooLarge
 */
export async function receiveDocument(call: S3Call): Promise<Buffer> {
  if (call.document) return call.document;
  const { body, trailers } = await receiveSmallBody(call.exchange);
  const announced = announcedChecksum(call.headers, call.operation);
  const sums: [ChecksumName, string | undefined][] = [['MD5', call.headers['content-md5']]];
  if (announced) sums.push([announced.algorithm, announced.value ?? trailers[checksumHeader(announced.algorithm)]]);
  for (const [algorithm, sent] of sums) {
    if (sent === undefined) continue;
    assertForm(algorithm, sent);
    const hasher = createHasher(algorithm);
    hasher.update(body);
    if (hasher.digest().toString('base64') !== sent) throw badDigest(algorithm, sent);
  }
  call.document = body;
  return body;
}
