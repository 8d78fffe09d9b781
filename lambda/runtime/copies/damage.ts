import { readingsPrefix, type ProtectionId } from '../../../lib/contract/object-keys';
import type { RetireFinding } from '../../../lib/contract/retire-report';
import type { Damage, Readings } from '../../../lib/contract/scrub-record';
import { messageOf, RefusedError } from '../errors';
import type { StoreReaderOptions } from '../store-reader';
import { newestReadings, type FoundReadings } from './readings';

/** A copy that was not as it was written when it was last read. */
export interface FoundDamage {
  /** When that was last seen, in seconds since 1970. */
  readonly seenAt: number;
  /** What was seen, in a sentence. */
  readonly text: string;
}

export interface KnownDamage {
  /** By run. */
  readonly runs: ReadonlyMap<string, FoundDamage>;
  /** What cannot be read of it. */
  readonly findings: readonly RetireFinding[];
}

/**
 * What the rounds that read stored copies again know of one protection's copies. What cannot be read stops nobody: the readings before it
 * stand, and where none can be read, what was known earlier; so no copy counts as proven again because a record was lost.
 *
 * @param earlier what an earlier audit knew, asked only where no readings can be read
 * @throws TransientError when the store does not answer
 */
export async function readDamage(
  store: StoreReaderOptions, id: ProtectionId, now: Date, earlier: () => Promise<KnownDamage['runs']>,
): Promise<KnownDamage> {
  const { found, problems } = await readingsOf(store, id, now);
  const findings = problems.map(({ key, text }): RetireFinding => (
    { kind: 'scrub-unreadable', key, text: `${text}; what was known of damaged copies before stands` }));
  if (found) return { runs: damageIn(found.readings), findings };
  return { runs: problems.length > 0 ? await earlier() : new Map(), findings };
}

async function readingsOf(store: StoreReaderOptions, id: ProtectionId, now: Date): Promise<FoundReadings> {
  try {
    return await newestReadings(store, id, now);
  } catch (error) {
    store.signal.throwIfAborted();
    if (!(error instanceof RefusedError)) throw error;
    return { problems: [{ key: readingsPrefix(id), text: messageOf(error) }] };
  }
}

/** Of a copy whose reading is not at its end, what was found until now counts too. */
function damageIn({ at, copies, open }: Readings): KnownDamage['runs'] {
  const closed = copies.flatMap(({ runId, readAt, seenAt = readAt, damage = [], damageCount = 0 }): [string, FoundDamage][] =>
    (damageCount > 0 ? [[runId, { seenAt: Date.parse(seenAt) / 1000, text: inWords(damage, damageCount) }]] : []));
  const opened: [string, FoundDamage][] = open && open.damageCount > 0
    ? [[open.runId, { seenAt: Date.parse(at) / 1000, text: inWords(open.damage, open.damageCount) }]] : [];
  return new Map([...closed, ...opened]);
}

function inWords([first]: readonly Damage[], count: number): string {
  const text = first?.text ?? 'parts of it are damaged.';
  return count > 1 ? `${text} ${count - 1} more of its parts are damaged.` : text;
}
