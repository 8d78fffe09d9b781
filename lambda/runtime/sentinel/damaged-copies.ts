import { manifestKey, type ProtectionId } from '../../../lib/contract/object-keys';
import type { StoreAudit } from '../../../lib/contract/store-audit';
import { isProven } from '../../../lib/model/copy';
import { damageStands } from '../../../lib/model/damage';
import type { Note } from '../../../lib/model/watch/watched';
import type { SeenScrub } from './scrubs';
import type { WindowCopy } from './window';

interface DamagedCopy {
  /** When that was last seen, in seconds since 1970. */
  readonly seenAt: number;
  /** What is told of it: of a copy on its way out nothing is. */
  readonly said?: Omit<Note, 'metric'>;
}

/** Copies that are not as they were written, by run. */
export type DamagedCopies = ReadonlyMap<string, DamagedCopy>;

/**
 * What is known of damaged copies, without a question more: by the record of the newest round that read copies again, or, where a round
 * over the whole store came after it or nobody reads them any more, by that one's audit, which counts by it.
 */
export function damagedCopies(id: ProtectionId, scrub: SeenScrub | undefined, audit: StoreAudit | undefined): DamagedCopies {
  const record = scrub?.damageOf(id.protection);
  const audited = audit?.protections.find(({ protection }) => protection === id.protection)?.damaged;
  const auditedAt = audit ? Date.parse(audit.at) / 1000 : -Infinity;
  const said = new Map(record?.damaged.map(({ runId, key, text }) => [runId, { text: `The copy ${runId} is damaged: ${text}`, about: key }]));
  if (record && (!audited || record.at >= auditedAt)) {
    return new Map(record.damagedRuns.map(({ runId, seenAt }) => [runId, { seenAt: Date.parse(seenAt) / 1000, said: said.get(runId) }]));
  }
  return new Map((audited ?? []).map(({ runId, proven }) => [runId, {
    seenAt: auditedAt,
    said: said.get(runId) ?? (proven ? { text: `The copy ${runId} is damaged: the last audit of the store says so.`, about: manifestKey(id, runId) } : undefined),
  }]));
}

/** A copy whose stored bytes are not those that were written is no proven one, whatever its drill said before. */
export function weighDamage(damaged: DamagedCopies): (copy: WindowCopy) => WindowCopy {
  return (copy) => {
    const found = damaged.get(copy.runId);
    if (!found || !damageStands(found.seenAt, copy.verification)) return copy;
    return { ...copy, outcome: 'not-proven', damaged: true, provenBefore: isProven(copy) };
  };
}
