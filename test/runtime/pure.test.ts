import fc from 'fast-check';
import type { Census, CensusItem } from '../../lib/contract/census';
import { compareCensus } from '../../lambda/runtime/compare-census';
import { holds } from '../../lambda/runtime/check-assertions';
import { FIRST_PART_BYTES, nextPartBytes } from '../../lambda/runtime/multipart-upload';

const item = fc.record({
  kind: fc.constantFrom('table', 'sequence'),
  name: fc.string({ minLength: 1, maxLength: 12 }),
  method: fc.constant('hashed' as const),
  rows: fc.nat(),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
});
const census = fc.uniqueArray(item, { selector: ({ kind, name }) => `${kind} ${name}`, maxLength: 20 }).map((items): Census => ({ version: 1, items }));

describe('compareCensus', () => {
  it('finds nothing between equals, whatever their order', () => {
    fc.assert(
      fc.property(census, ({ items }) => {
        expect(compareCensus({ version: 1, items }, { version: 1, items: [...items].reverse() })).toEqual([]);
      }),
    );
  });

  it('finds exactly what is missing, what is too many and what was changed', () => {
    fc.assert(
      fc.property(census.filter(({ items }) => items.length > 0), fc.nat(), ({ items }, at) => {
        const index = at % items.length;
        const without = items.filter((_, i) => i !== index);
        const changed = items.map((one, i): CensusItem => (i === index ? { ...one, sha256: one.sha256!.replace(/^./, (c) => (c === '0' ? '1' : '0')) } : one));
        const all = { version: 1 as const, items };
        expect(compareCensus(all, { version: 1, items: without })).toMatchObject([{ name: items[index].name, actual: 'missing' }]);
        expect(compareCensus({ version: 1, items: without }, all)).toMatchObject([{ name: items[index].name, expected: 'nothing' }]);
        expect(compareCensus(all, { version: 1, items: changed })).toMatchObject([{ name: items[index].name, kind: items[index].kind }]);
      }),
    );
  });

  it('leaves out what an exception names, when it is missing, and never when it differs', () => {
    fc.assert(
      fc.property(census.filter(({ items }) => items.length > 0), fc.nat(), ({ items }, at) => {
        const index = at % items.length;
        const exceptions = [{ code: 'EXTENSION_MISSING', name: `${items[index].kind} ${items[index].name}`, reason: 'not here' }];
        const all = { version: 1 as const, items };
        expect(compareCensus(all, { version: 1, items: items.filter((_, i) => i !== index) }, exceptions)).toEqual([]);
        const changed = items.map((one, i): CensusItem => (i === index ? { ...one, rows: one.rows! + 1 } : one));
        expect(compareCensus(all, { version: 1, items: changed }, exceptions)).toHaveLength(1);
      }),
    );
  });

  it('takes a sequence that went further for good, and one that fell behind for bad, beyond 2^53 too', () => {
    const at = (position: bigint): Census => ({ version: 1, items: [{ kind: 'sequence', name: 's', method: 'present', atLeast: position.toString() }] });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (expected, actual) => {
        expect(compareCensus(at(expected), at(actual)).length).toBe(actual >= expected ? 0 : 1);
      }),
    );
  });
});

describe('assertions', () => {
  it('hold for a bound only what is a number within it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (bound, value) => {
        expect(holds({ name: 'a', query: 'q', atLeast: bound }, String(value))).toBe(value >= bound);
        expect(holds({ name: 'a', query: 'q', atMost: bound }, String(value))).toBe(value <= bound);
      }),
    );
    for (const nothing of [null, '', ' ', 'many']) expect(holds({ name: 'a', query: 'q', atLeast: 0 }, nothing)).toBe(false);
  });

  it('compare equality as text, booleans as PostgreSQL prints them', () => {
    expect(holds({ name: 'a', query: 'q', equals: 7 }, '7')).toBe(true);
    expect(holds({ name: 'a', query: 'q', equals: true }, 't')).toBe(true);
    expect(holds({ name: 'a', query: 'q', equals: null }, null)).toBe(true);
    expect(holds({ name: 'a', query: 'q', equals: null }, '')).toBe(false);
    expect(holds({ name: 'a', query: 'q', equals: '7' }, null)).toBe(false);
  });
});

describe('the size of upload pieces', () => {
  it('reaches 5 TiB within 10,000 pieces and stays small for the first 10 GB', () => {
    let uploaded = 0;
    let pieces = 0;
    while (uploaded < 5 * 1024 ** 4) {
      const next = nextPartBytes(uploaded);
      if (uploaded < 10e9) expect(next).toBe(FIRST_PART_BYTES);
      uploaded += next;
      pieces++;
    }
    expect(pieces).toBeLessThanOrEqual(10_000);
  });
});
