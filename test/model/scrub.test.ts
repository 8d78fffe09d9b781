import fc from 'fast-check';
import { dueBy, inRotation, ROUND_BYTES, ROUNDS_A_SCRUB, type ScrubTerms, spareSeconds, turnsNow } from '../../lib/model/scrub';

const DAY = 86_400;
const GB = 1e9;

const terms = fc.record({ gap: fc.integer({ min: 3600, max: 7 * DAY }), rounds: fc.integer({ min: ROUNDS_A_SCRUB, max: 400 }) })
  .map(({ gap, rounds }): ScrubTerms => ({ longestGapSeconds: gap, periodSeconds: gap * rounds }));
const sizes = fc.array(fc.integer({ min: 0, max: 30 }).map((gigabytes) => gigabytes * GB), { minLength: 1, maxLength: 30 });

interface Simulated {
  readonly oldest: number;
  readonly most: number;
}

/** Rounds over as many periods as said: the greatest age that a round met, and the most that one read after the first period. */
function simulate(sizesOf: readonly number[], of: ScrubTerms, writtenBefore: readonly number[]): Simulated {
  let copies = sizesOf.map((sizeBytes, index) => ({ runId: String(index).padStart(3, '0'), sizeBytes, countsFrom: -writtenBefore[index % writtenBefore.length] }));
  let [oldest, most] = [0, 0];
  for (let now = 0; now < 3 * of.periodSeconds; now += of.longestGapSeconds) {
    const turned = inRotation(copies);
    const turns = turnsNow(turned, of, now);
    oldest = Math.max(oldest, ...turned.map(({ countsFrom }) => now - countsFrom));
    const read = turned.slice(0, turns).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    most = Math.max(most, read);
    copies = turned.map((copy, index) => (index < turns ? { ...copy, countsFrom: now } : copy));
  }
  return { oldest, most };
}

test('every copy is read by its end, with the spare time left', () => {
  fc.assert(fc.property(sizes, terms, fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 30 }), (of, some, percent) => {
    const before = percent.map((one) => one / 100 * (some.periodSeconds - spareSeconds(some)));
    expect(simulate(of, some, before).oldest).toBeLessThanOrEqual(some.periodSeconds - spareSeconds(some));
  }), { numRuns: 60 });
});

test('a store that is read for the first time is read evenly: of copies of one size, no round has one more than its share', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 25 }), terms, (count, gigabytes, some) => {
    const rounds = Math.floor((some.periodSeconds - spareSeconds(some)) / some.longestGapSeconds);
    const { most } = simulate(Array.from({ length: count }, () => gigabytes * GB), some, [0]);
    expect(most).toBeLessThanOrEqual(Math.ceil(count / rounds) * gigabytes * GB);
  }), { numRuns: 60 });
});

test('nothing is read before its turn: few copies rest until their end is near', () => {
  const some: ScrubTerms = { periodSeconds: 90 * DAY, longestGapSeconds: DAY };
  const copy = { runId: '1', sizeBytes: GB, countsFrom: 0 };
  expect(dueBy(copy, some)).toBe(81 * DAY);
  for (let day = 0; day < 81; day++) expect(turnsNow([copy], some, day * DAY)).toBe(0);
  expect(turnsNow([copy], some, 81 * DAY)).toBe(1);
  expect(turnsNow([], some, 0)).toBe(0);
});

test('a copy that no round reads whole begins as many rounds sooner', () => {
  const some: ScrubTerms = { periodSeconds: 90 * DAY, longestGapSeconds: DAY };
  const large = { runId: '1', sizeBytes: 9.5 * ROUND_BYTES, countsFrom: 0 };
  expect(turnsNow([large], some, 71 * DAY)).toBe(0);
  expect(turnsNow([large], some, 72 * DAY)).toBe(1);
});

test('the spare time is a tenth, and three rounds at least', () => {
  expect(spareSeconds({ periodSeconds: 90 * DAY, longestGapSeconds: DAY })).toBe(9 * DAY);
  expect(spareSeconds({ periodSeconds: 10 * DAY, longestGapSeconds: DAY })).toBe(3 * DAY);
});
