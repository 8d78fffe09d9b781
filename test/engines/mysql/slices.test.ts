import fc from 'fast-check';
import { readme, restoreScript } from '../../../lambda/engines/mysql/guide';
import { MySqlNotes } from '../../../lambda/engines/mysql/notes';
import { dominating, shareWithSlices } from '../../../lambda/engines/mysql/shares';
import { conditionsOf, cut, joinDigests, SlicedTable } from '../../../lambda/engines/mysql/slices';

const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;
const ends = fc.constantFrom(LEAST, LEAST + 1n, 2n ** 53n, 2n ** 63n - 1n, MOST - 1n, MOST);
const value = fc.oneof(fc.bigInt(LEAST, MOST), fc.bigInt(-5n, 5n), ends);
const keysWithin = fc.tuple(value, value).map(([one, other]): [bigint, bigint] => (one < other ? [one, other] : [other, one]));
const values = fc.array(value, { minLength: 1, maxLength: 20 });

/** Whether a row with that key meets a condition, which a server would say of its integers. */
function meets(condition: string, column: string, key: bigint): boolean {
  return condition.split(' AND ').every((one) => {
    const match = /^(`.*`) (>=|<) (-?\d+)$/s.exec(one);
    if (match?.[1] !== column) throw new Error(`not a comparison of ${column}: ${one}`);
    return match[2] === '<' ? key < BigInt(match[3]) : key >= BigInt(match[3]);
  });
}

test('every key, whatever is written meanwhile, is in one slice and in no other', () => {
  fc.assert(fc.property(keysWithin, fc.integer({ min: 2, max: 4 }), values, ([least, most], slices, keys) => {
    const cuts = cut({ column: 'odd `id', least, most }, slices);
    if (!cuts) {
      expect(least).toBe(most);
      return;
    }
    const conditions = conditionsOf(cuts);
    expect(conditions.length).toBe(cuts.bounds.length + 1);
    expect(conditions.length).toBeLessThanOrEqual(slices);
    for (const key of [...keys, least, most]) expect(conditions.filter((condition) => meets(condition, '`odd ``id`', key))).toHaveLength(1);
    // Where there is a key at each end, neither the first nor the last slice is for nothing.
    expect(meets(conditions[0], '`odd ``id`', least)).toBe(true);
    expect(meets(conditions[conditions.length - 1], '`odd ``id`', most)).toBe(true);
    const edges = [least, ...cuts.bounds.map(BigInt), most + 1n];
    const widths = edges.slice(1).map((edge, index) => edge - edges[index]);
    expect(widths.every((width) => width > 0n)).toBe(true);
    const fair = (most - least + 1n) / BigInt(slices);
    if (cuts.bounds.length === slices - 1) for (const width of widths) expect(width - fair).toBeLessThanOrEqual(1n);
  }), { numRuns: 500 });
});

const table = fc.record({ name: fc.string({ minLength: 1, maxLength: 4 }), bytes: fc.integer({ min: 0, max: 2 ** 40 }) });

const tablesAtOnce = fc.uniqueArray(table, { selector: ({ name }) => name, minLength: 1, maxLength: 30 });

test('several tools read every table once, or each of its slices once and in order', () => {
  fc.assert(fc.property(tablesAtOnce, fc.integer({ min: 2, max: 4 }), keysWithin, (tables, lanes, [least, most]) => {
    const large = dominating(tables, lanes);
    expect(large.length).toBeLessThan(lanes);
    const ranges = new Map(large.map(({ name }) => [name, { column: 'id', least, most }]));
    const shares = shareWithSlices(tables, ranges, 4);
    expect(shares.length).toBeLessThanOrEqual(4);
    for (const { parts } of shares) expect(parts.flat().length).toBeGreaterThan(0);
    const whole = shares.filter(({ slice }) => !slice).flatMap(({ parts }) => parts.flat().map(({ name }) => name));
    for (const { name } of tables) {
      const slices = shares.filter(({ slice, parts }) => slice && parts[0][0].name === name).map(({ slice }) => slice);
      expect(whole.filter((read) => read === name)).toHaveLength(slices.length > 0 ? 0 : 1);
      if (slices.length === 0) continue;
      expect(slices.map((slice) => slice?.index)).toEqual(slices.map((_, index) => index));
      expect(slices.map((slice) => slice?.condition)).toEqual(conditionsOf(slices[0]!.cuts));
    }
  }), { numRuns: 300 });
});

test('a table is cut where it is much more than a lane\'s share, and more tools go where more is', () => {
  const tables = [{ name: 'events', bytes: 600e6 }, ...Array.from({ length: 8 }, (_, index) => ({ name: `side${index}`, bytes: 50e6 }))];
  expect(dominating(tables, 2).map(({ name }) => name)).toEqual(['events']);
  expect(dominating([{ name: 'a', bytes: 520e6 }, { name: 'b', bytes: 480e6 }], 2)).toEqual([]);
  expect(dominating([{ name: 'a', bytes: 5e6 }], 2)).toEqual([]);
  const range = { column: 'id', least: 1n, most: 1000n };
  const shares = shareWithSlices(tables, new Map([['events', range]]), 4);
  expect(shares.map(({ slice }) => slice?.condition)).toEqual(['`id` < 501', '`id` >= 501', undefined, undefined]);
  const alone = shareWithSlices([{ name: 'events', bytes: 600e6 }], new Map([['events', range]]), 4);
  expect(alone.map(({ slice }) => slice?.condition)).toEqual(['`id` < 251', '`id` >= 251 AND `id` < 501', '`id` >= 501 AND `id` < 751', '`id` >= 751']);
});

test('the sums of a table in slices stand in the order of the key, however they come, and differ where one is cut', () => {
  const digest = (rows: number, letter: string) => ({ rows, bytes: rows * 10, sha256: letter.repeat(64) });
  const add = (order: readonly number[], slices = [digest(3, 'a'), digest(0, 'b'), digest(5, 'c')]) => {
    const sliced = new SlicedTable({ column: 'id', bounds: ['10', '20'] });
    for (const index of order) sliced.add(index, slices[index], `db1/rows/0000${index + 1}.sql.zst`);
    return sliced;
  };
  const whole = add([0, 1, 2]);
  expect(add([2, 0, 1]).digest()).toEqual(whole.digest());
  expect(add([2, 0, 1]).notes()).toEqual({ slices: { column: 'id', bounds: ['10', '20'], parts: ['db1/rows/00001.sql.zst', 'db1/rows/00002.sql.zst', 'db1/rows/00003.sql.zst'] } });
  expect(whole.digest()).toMatchObject({ rows: 8, bytes: 80 });
  for (const other of [[digest(3, 'a'), digest(0, 'b'), digest(5, 'd')], [digest(3, 'b'), digest(0, 'a'), digest(5, 'c')]]) expect(joinDigests(other).sha256).not.toBe(whole.digest().sha256);
});

const NOTES = {
  version: 1, flavor: 'mariadb', serverVersion: '10.11.19', settings: { sqlMode: '', lowerCaseTableNames: 0, maximumPacketBytes: 1e6, characterSet: 'utf8mb4', collation: 'utf8mb4_general_ci' },
  databases: [{
    name: 'shop', directory: 'db1', characterSet: 'utf8mb4', collation: 'utf8mb4_general_ci', lanes: { count: 2, reason: 'all at binlog.000001:4' }, position: 'binlog.000001:4',
    tables: [{ name: 'a', part: 'db1/rows/00001.sql.zst', bytes: 7 }, { name: 'never', bytes: 0 }],
  }],
};

test('notes of a copy that was made before tables were cut are read as ever', () => {
  expect(MySqlNotes.parse(NOTES)).toEqual(NOTES);
  const [database] = NOTES.databases;
  const cutAt = (bounds: string[]) => MySqlNotes.safeParse({ ...NOTES, databases: [{ ...database, tables: [{ name: 'a', bytes: 7, slices: { column: 'id', bounds, parts: ['1', '2'] } }] }] }).success;
  expect([cutAt(['18446744073709551615']), cutAt(['-9223372036854775808']), cutAt(['1 OR 1=1']), cutAt(['1e3']), cutAt([])]).toEqual([true, true, false, false, false]);
});

test('the page beside a copy names all parts of a table that was cut', () => {
  const notes = MySqlNotes.parse(NOTES);
  const [database] = notes.databases;
  const slices = { column: 'id', bounds: ['10'], parts: ['db1/rows/00001.sql.zst', 'db1/rows/00002.sql.zst'] };
  const page = readme({ ...notes, databases: [{ ...database, tables: [{ name: 'ev|ents', bytes: 1, slices }] }] }, new Date(0), []);
  expect(page).toContain('`ev\\|ents` of `db1` lies in 2 parts, all of which it needs: `rows/00001.sql.zst`, `rows/00002.sql.zst`');
  expect(readme(notes, new Date(0), [])).not.toContain('all of which it needs');
  expect(restoreScript(notes)).toContain('for part in "$directory"/rows/*.sql.zst');
});
