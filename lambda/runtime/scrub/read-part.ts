import { createSHA256, type IHasher } from 'hash-wasm';
import type { OpenReading } from '../../../lib/contract/scrub-record';
import { partDamage, storedBytes, type StoredPart, type StoreReaderOptions } from '../store-reader';

export type OpenPart = NonNullable<OpenReading['part']>;

/**
 * Reads a part to its end and holds it against the manifest, in constant memory. Its hash can be written down in the middle and gone on
 * with by a later round, so no part is too large: Node's own cannot.
 *
 * @param from where an earlier round stopped
 * @param goOn asked between two chunks, with what would have to be written down; false stops
 * @returns bytes that were read now, and where it stopped, if it did
 * @throws IntegrityError for a part that is not as it was written, RunError when the store does not answer
 */
export async function readPart(
  store: StoreReaderOptions, part: StoredPart, from: OpenPart | undefined, goOn: (open: () => OpenPart) => Promise<boolean>,
): Promise<{ readonly bytes: number; readonly open?: OpenPart }> {
  const hasher = await createSHA256();
  const start = resume(hasher, from);
  let offset = start;
  const open = (): OpenPart => ({ offsetBytes: offset, hash: Buffer.from(hasher.save()).toString('base64') });
  for await (const chunk of storedBytes(store, part, start)) {
    hasher.update(chunk);
    offset += chunk.length;
    if (!await goOn(open)) return { bytes: offset - start, open: open() };
  }
  const damage = partDamage(part, offset, hasher.digest('hex'));
  if (damage) throw damage;
  return { bytes: offset - start };
}

/** Where reading begins: at the beginning where the hash was written down by another release of its library. */
function resume(hasher: IHasher, from: OpenPart | undefined): number {
  hasher.init();
  if (!from) return 0;
  try {
    hasher.load(Buffer.from(from.hash, 'base64'));
    return from.offsetBytes;
  } catch {
    hasher.init();
    return 0;
  }
}
