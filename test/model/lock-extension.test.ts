import fc from 'fast-check';
import { LOCK_MARGIN_SECONDS, lockStep, type CopyLock, type LockTerms } from '../../lib/model/lock-extension';
import { seeded } from './seed';

const { seed, name } = seeded();

const [HOUR, DAY] = [3600, 86_400];
const START = Date.UTC(2026, 2, 1) / 1000;
const WEEK: LockTerms = { periodSeconds: 7 * DAY, longestGapSeconds: DAY };

/** A copy that ended so many seconds after the start, with the store's own lock. */
const fresh = (writtenAt: number, terms: LockTerms, writingSeconds = HOUR): CopyLock =>
  ({ slot: writtenAt - writingSeconds, writtenAt, writingSeconds, until: writtenAt + terms.periodSeconds });

describe('one step', () => {
  const copy = fresh(START, WEEK);
  const at = (days: number, lock: CopyLock = copy, terms = WEEK) => lockStep(lock, { kind: 'none' }, true, terms, START + days * DAY);

  test('a lock that outlasts half its period stays; one that does not is given its whole period, by a margin less', () => {
    expect(at(0)).toEqual({ kind: 'locked', until: copy.until });
    // The first of its parts is an hour older than what the manifest says.
    expect(at(3.5 - 1 / 24)).toEqual({ kind: 'locked', until: copy.until });
    expect(at(3.5 - 1 / 24 + 1 / DAY)).toEqual({ kind: 'extend', until: START + Math.floor((3.5 - 1 / 24) * DAY + 1) + 7 * DAY - LOCK_MARGIN_SECONDS });
    // Once it was lengthened all of its objects have one end.
    const extended = { ...copy, until: START + 10 * DAY };
    expect(at(6.5, extended).kind).toBe('locked');
    expect(at(6.5 + 1 / DAY, extended).kind).toBe('extend');
  });

  test('two rounds that are far apart count for more than half of the period', () => {
    const rare: LockTerms = { periodSeconds: 7 * DAY, longestGapSeconds: 2 * DAY };
    // An hour for the writing, two hours that a round may be late.
    expect(at(3 - 3 / 24, copy, rare).kind).toBe('locked');
    expect(at(3 - 3 / 24 + 1 / DAY, copy, rare).kind).toBe('extend');
  });

  test.each(['pending', 'expire'] as const)('what is marked %s is left to end, whatever keeps it', (kind) => {
    const mark = kind === 'pending' ? { kind, since: START, releasing: false } : { kind };
    expect(lockStep(copy, mark, true, WEEK, START + 6.9 * DAY)).toEqual({ kind: 'leaving' });
  });

  test('what nothing keeps is left to end', () => {
    expect(lockStep(copy, { kind: 'none' }, false, WEEK, START + 6.9 * DAY)).toEqual({ kind: 'leaving' });
  });

  test('no lock at all, or one that is over, begins anew', () => {
    expect(at(1, { ...copy, until: undefined })).toEqual({ kind: 'extend', until: START + 8 * DAY - LOCK_MARGIN_SECONDS });
    expect(at(30).kind).toBe('extend');
  });

  test('no lock ends after the greatest age that a copy may have, less the two midnights until it is removed', () => {
    const ceiling: LockTerms = { ...WEEK, ceilingSeconds: 12 * DAY };
    const last = copy.slot + 10 * DAY;
    expect(at(5, copy, ceiling)).toEqual({ kind: 'extend', until: last });
    expect(at(8, { ...copy, until: last }, ceiling)).toEqual({ kind: 'ceiling', until: last });
    expect(at(20, copy, ceiling)).toEqual({ kind: 'ceiling', until: copy.until });
  });
});

/** One copy's objects through rounds: each part's own end, and the manifest's, which is all that a round reads first. */
interface Simulated { parts: number[]; manifest: number; readonly writtenAt: number; readonly keptUntil: number }

const simulation = fc.record({
  periodDays: fc.integer({ min: 3, max: 40 }),
  gap: fc.integer({ min: 3, max: 24 }).map((hours) => hours * HOUR),
  copies: fc.array(fc.record({
    written: fc.integer({ min: 0, max: 60 * DAY }), writing: fc.integer({ min: 0, max: 12 * HOUR }),
    keptDays: fc.integer({ min: 0, max: 80 }),
  }), { minLength: 1, maxLength: 6 }),
  late: fc.array(fc.integer({ min: 0, max: HOUR / 2 }), { minLength: 5, maxLength: 5 }),
  /** What becomes of a round: lost, or cut short before it comes to a manifest. Never two in a row. */
  bad: fc.array(fc.constantFrom('lost', 'cut', 'good'), { minLength: 3, maxLength: 7 })
    .map((all) => all.flatMap((one) => [one, 'good'])),
  ceilingDays: fc.option(fc.integer({ min: 20, max: 150 }), { nil: undefined }),
});

describe('through any rounds', () => {
  test(name('kept copies are never without a lock, none ends too late, and what leaves is locked one period more at the most'), () => {
    fc.assert(fc.property(simulation, ({ periodDays, gap, copies, late, bad, ceilingDays }) => {
      const periodSeconds = periodDays * DAY;
      const ceilingSeconds = ceilingDays === undefined ? undefined : ceilingDays * DAY;
      const terms: LockTerms = { periodSeconds, longestGapSeconds: gap, ceilingSeconds };
      const longest = 12 * HOUR;
      const made = copies.map(({ written, writing, keptDays }): Simulated => ({
        writtenAt: START + written, keptUntil: START + written + keptDays * DAY,
        parts: [START + written - writing + periodSeconds, START + written + periodSeconds], manifest: START + written + periodSeconds,
      }));
      for (let index = 0; index * gap < 150 * DAY; index++) {
        const now = START + index * gap + late[index % late.length];
        for (const copy of made) {
          if (copy.writtenAt > now) continue;
          const keep = now < copy.keptUntil;
          const atCeiling = now > copy.writtenAt - longest + (ceilingSeconds ?? Infinity) - periodSeconds - 3 * DAY;
          const unlocked = Math.min(...copy.parts, copy.manifest) <= now;
          if (keep && !atCeiling && unlocked) throw new Error(`a kept copy has no lock in round ${index}`);
          const fate = bad[index % bad.length];
          if (fate === 'lost') continue;
          const { writtenAt, manifest } = copy;
          const lock: CopyLock = { slot: writtenAt - longest, writtenAt, writingSeconds: longest, until: manifest };
          const step = lockStep(lock, { kind: 'none' }, keep, terms, now);
          if (step.kind !== 'extend') continue;
          if (!keep) throw new Error('what nothing keeps was locked on');
          const latest = Math.min(now + periodSeconds - LOCK_MARGIN_SECONDS, lock.slot + (ceilingSeconds ?? Infinity) - 2 * DAY);
          if (step.until > latest) throw new Error('locked too long');
          copy.parts = copy.parts.map((until) => Math.max(until, step.until));
          if (fate === 'good') copy.manifest = Math.max(copy.manifest, step.until);
        }
      }
      for (const { parts, manifest, keptUntil, writtenAt } of made) {
        expect(Math.max(...parts, manifest)).toBeLessThanOrEqual(Math.max(keptUntil, writtenAt) + periodSeconds);
      }
    }), { seed, numRuns: 150 });
  });
});
