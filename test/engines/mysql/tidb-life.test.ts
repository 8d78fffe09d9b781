import fc from 'fast-check';
import { durationSeconds, formerSeconds, raisedLife } from '../../../lambda/engines/mysql/tidb-life';
import { RowDigest, type ValueKind } from '../../../lambda/engines/mysql/row-digest';
import { schemaForMySql, sqlModeForMySql, withoutPositions } from '../../../lambda/engines/mysql/tidb-schema';
import { goDuration } from './tidb/clock';

describe('a life time that was raised', () => {
  test('tells what it was before, in the form that Go gives it back', () => {
    fc.assert(fc.property(fc.integer({ min: 600, max: 999_999 }), fc.integer({ min: 600, max: 604_800 }), (former, seconds) => {
      const shown = goDuration(raisedLife(seconds, former))!.text;
      expect(formerSeconds(shown)).toBe(former);
      expect(Math.floor(durationSeconds(shown))).toBe(seconds);
    }));
  });

  test.each(['10m0s', '1h0m0s', '10m0.5s', '720h0m0s'])('is not seen in %s, which somebody set', (text) => {
    expect(formerSeconds(text)).toBeUndefined();
  });

  test.each([['10m0s', 600], ['1h30m0.25s', 5400.25], ['500ms', 0.5]])('%s is %d seconds', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  test('what is no duration is refused', () => {
    expect(() => durationSeconds('ten minutes')).toThrow(/no duration/);
  });
});

describe('the sum of rows in no order', () => {
  const sum = (rows: readonly string[], kinds: readonly ValueKind[] = ['other'], cuts: readonly number[] = []) => {
    const digest = new RowDigest(kinds);
    const text = Buffer.from(rows.map((row) => `(${row})`).join(','), 'utf8');
    let from = 0;
    for (const cut of [...cuts.map((one) => one % (text.length + 1)), text.length].sort((a, b) => a - b)) {
      digest.see(text.subarray(from, cut));
      from = cut;
    }
    return digest.end();
  };
  const literal = fc.string().map((text) => `'${text.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'').replaceAll('\n', '\\n')}'`);
  const row = fc.tuple(fc.oneof(literal, fc.integer().map(String), fc.constant('NULL'), fc.constant('0x28292C27')), literal).map((values) => values.join(','));

  test('is the same whatever their order and wherever the bytes are cut', () => {
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (rows, cuts) => {
      expect(sum([...rows].reverse(), ['other', 'other'], cuts)).toEqual(sum(rows, ['other', 'other']));
      expect(sum(rows, ['other', 'other']).rows).toBe(rows.length);
    }));
  });

  test('is another when a row is missing, doubled or changed by a byte', () => {
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(), (rows, which) => {
      const at = which % rows.length;
      const whole = sum(rows).sha256;
      expect(sum([...rows, rows[at]]).sha256).not.toBe(whole);
      expect(sum(rows.filter((_, index) => index !== at)).sha256).not.toBe(whole);
      expect(sum(rows.map((one, index) => (index === at ? `${one},1` : one))).sha256).not.toBe(whole);
    }));
  });

  test.each<[ValueKind, string, string]>([
    ['json', '\'{\\"b\\": 1, \\"aa\\": [1, null]}\'', '\'{\\"aa\\":[1,null],\\"b\\":1}\''],
    ['json', '\'{\\"é\\": 1.0}\'', '\'{\\"é\\": 1}\''],
    ['double', '100000000000000000000', '1e20'],
    ['float', '16777216', '16777200'],
  ])('%s %s and %s are one value', (kind, one, other) => {
    expect(sum([one], [kind])).toEqual(sum([other], [kind]));
  });

  test.each<[ValueKind, string, string]>([
    ['json', '\'{\\"a\\": 12345678901234567890}\'', '\'{\\"a\\": 12345678901234567891}\''], ['json', '\'[1,2]\'', '\'[2,1]\''],
    ['json', 'NULL', '\'null\''], ['double', '0.1', '0.2'], ['other', '1.0', '1'],
  ])('%s %s and %s are two', (kind, one, other) => {
    expect(sum([one], [kind]).sha256).not.toBe(sum([other], [kind]).sha256);
  });
});

describe('a schema for MySQL', () => {
  const SCHEMA = [
    'CREATE TABLE `a` (', '  `id` bigint NOT NULL /*T![auto_rand] AUTO_RANDOM(5) */,', '  `n` bigint DEFAULT nextval(`shop`.`numbers`),',
    '  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */', ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci /*T![ttl] TTL=`at` + INTERVAL 1 DAY */;',
    'CREATE GLOBAL TEMPORARY TABLE `b` (', '  `id` int DEFAULT NULL', ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ON COMMIT DELETE ROWS;',
  ].join('\n');

  test('lacks what only TiDB knows, and says so of each table', () => {
    const { schema, exceptions } = schemaForMySql(SCHEMA, 'shop', false);
    expect(schema).not.toMatch(/nextval|GLOBAL TEMPORARY|ON COMMIT/);
    expect(schema).toContain('utf8mb4_general_ci');
    expect(exceptions).toEqual([
      { code: 'TIDB_ONLY', name: 'shop: a', reason: expect.stringContaining('AUTO_RANDOM, default from a sequence, whether the primary key is clustered, time to live') as string },
      { code: 'TIDB_ONLY', name: 'shop: b', reason: expect.stringContaining('global temporary table') as string },
    ]);
  });

  test('compares bytes where the cluster does', () => {
    const { schema, exceptions } = schemaForMySql(SCHEMA, 'shop', true);
    expect(schema).not.toContain('_ci');
    expect(exceptions[0].reason).toContain('new_collations_enabled_on_first_bootstrap');
  });

  test('what moves by itself is no change of a definition', () => {
    expect(withoutPositions('CREATE TABLE `a` () AUTO_INCREMENT=30001 /*T![auto_rand_base] AUTO_RANDOM_BASE=5 */')).toBe('CREATE TABLE `a` ()');
  });

  test('modes that MySQL 8 no longer has are left out', () => {
    expect(sqlModeForMySql('STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION')).toBe('STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION');
  });
});
