import * as fc from 'fast-check';
import type { Outcome } from '../../lib/model/copy';
import { damageStands } from '../../lib/model/damage';
import { provenCopies } from '../../lib/model/watch/proven-copies';
import type { LastAudit, StoredCopy } from '../../lib/model/watch/watched';
import { seeded } from './seed';

const { seed, name } = seeded();

test(name('damage stands until a verification that began after it read every stored byte as it was written'), () => {
  const outcome = fc.constantFrom<Outcome>('proven', 'proven-except', 'checksums-only', 'not-proven', 'unverified');
  fc.assert(fc.property(fc.nat(100), fc.nat(100), outcome, (seenAt, began, said) => {
    const whole = said !== 'not-proven' && said !== 'unverified';
    expect(damageStands(seenAt, { outcome: said, began })).toBe(!(whole && began > seenAt));
    expect(damageStands(seenAt, undefined)).toBe(true);
  }), { seed });
});

const AUDIT = 1_000;
const NOW = 2_000;

/** One copy and all that became of it, as nobody in the store knows it at once. */
const copy = fc.record({
  /** When its first verdict said that it is proven; undefined for never. */
  provenAt: fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }),
  damagedAt: fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }),
  mendedAt: fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }),
  leaving: fc.boolean(),
  /** The record still names it, of before a verification that the audit knew. */
  stale: fc.boolean(),
  old: fc.boolean(),
}).map((one, index = 0) => ({ ...one, index })).filter(({ old, provenAt, leaving }) =>
  // What is older than the window was settled before the audit, and what left before it had its verdict.
  (!old || provenAt === undefined || provenAt <= AUDIT) && (!leaving || provenAt === undefined || provenAt <= AUDIT));

type Fate = Parameters<Parameters<typeof copy.map>[0]>[0];

function damagedBy({ damagedAt, mendedAt }: Fate, instant: number): boolean {
  return damagedAt !== undefined && damagedAt <= instant && !(mendedAt !== undefined && mendedAt > damagedAt && mendedAt <= instant);
}

function provenBy({ provenAt }: Fate, instant: number): boolean {
  return provenAt !== undefined && provenAt <= instant;
}

function factsOf(fates: readonly Fate[]): { copies: StoredCopy[]; audit: LastAudit; damaged: { runId: string; seenAt: number }[] } {
  const runOf = (index: number): string => `run-${index}`;
  const copies = fates.flatMap((fate, index): StoredCopy[] => (fate.old ? [] : [{
    runId: runOf(index), slot: index, attempts: 1, recoveryPoint: index, finishedAt: index, sizeBytes: 1, rows: 0, skewSeconds: 0,
    missingIn: [],
    outcome: damagedBy(fate, NOW) ? 'not-proven' : provenBy(fate, NOW) ? 'proven' : 'unverified',
    ...provenBy(fate, NOW) ? { firstVerdictAt: fate.provenAt } : {},
    ...damagedBy(fate, NOW) ? { provenBefore: provenBy(fate, NOW) } : {},
  }]));
  const counted = fates.map((fate) => provenBy(fate, AUDIT) && !fate.leaving);
  return {
    copies,
    audit: {
      at: AUDIT, storedBytes: 0, days: [],
      provenCopies: fates.filter((fate, index) => counted[index] && !damagedBy(fate, AUDIT)).length,
      damaged: fates.flatMap((fate, index) => (damagedBy(fate, AUDIT) ? [{ runId: runOf(index), proven: counted[index] }] : [])),
    },
    // Each was looked at again in the last round.
    damaged: fates.flatMap((fate, index) => {
      if (damagedBy(fate, NOW)) return [{ runId: runOf(index), seenAt: NOW - 1 }];
      const refuted = fate.stale && damagedBy(fate, fate.damagedAt ?? NOW) && !damagedBy(fate, AUDIT) && fate.damagedAt! <= AUDIT;
      return refuted ? [{ runId: runOf(index), seenAt: fate.damagedAt! }] : [];
    }),
  };
}

describe('proven copies since the last audit', () => {
  test(name('are counted as if each were looked at, and never too many: of what nobody can know, the worse is taken'), () => {
    fc.assert(fc.property(fc.array(copy, { maxLength: 12 }), (fates) => {
      const facts = factsOf(fates);
      const truth = fates.filter((fate) => provenBy(fate, NOW) && !fate.leaving && !damagedBy(fate, NOW)).length;
      const found = provenCopies(facts);
      const unknown = fates.filter((fate) => damagedBy(fate, NOW) && !damagedBy(fate, AUDIT)
        && (fate.leaving || fate.old && !provenBy(fate, AUDIT))).length;
      expect(found).toBeLessThanOrEqual(truth);
      expect(found).toBeGreaterThanOrEqual(truth - unknown);
    }), { seed, numRuns: 500 });
  });

  test(name('without an audit are those of the window that are proven now'), () => {
    fc.assert(fc.property(fc.array(copy, { maxLength: 12 }), (fates) => {
      const { copies, damaged } = factsOf(fates);
      expect(provenCopies({ copies, damaged })).toBe(copies.filter(({ outcome }) => outcome === 'proven').length);
    }), { seed });
  });
});
