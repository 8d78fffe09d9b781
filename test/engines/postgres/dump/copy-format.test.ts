import fc from 'fast-check';
import { copyHeader, copyOut, qualified, quoteIdent, quoteLiteral } from '../../../../lambda/engines/postgres/copy-format';
import { shellQuote } from '../../../../lambda/engines/postgres/guide';
import { matcher } from '../../../../lambda/engines/postgres/selection';
import { settingClause } from '../../../../lambda/engines/postgres/settings-sql';
import { execFileSync } from 'node:child_process';
import { Surroundings } from './support';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((value) => value.replaceAll(/\0|[\uD800-\uDFFF]/g, '?'));
const hostile = fc.array(fc.constantFrom('"', '\'', '\\', ';', '\n', '$(', '`', '$$', '%', ' ', 'é', '𝒳', 'a', 'Z', '_', '-', '.', '--', '/*', '\t', '\r'), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(''));
const names = fc.oneof(text, hostile, fc.constantFrom('select', 'user', 'name', 'between', 'table', 'abc', 'a1', '1a', 'Abc'));

describe('names and literals', () => {
  let here: Surroundings;

  beforeAll(async () => {
    here = await Surroundings.open();
  });
  afterAll(() => here?.close());

  test('are quoted as the server itself quotes them, and mean themselves', async () => {
    const client = await here.client('postgres');
    try {
      await fc.assert(fc.asyncProperty(names, async (name) => {
        const { rows } = await client.query<{ ident: string; same: string }>(`SELECT quote_ident($1) AS ident, ${quoteLiteral(name)}::text AS same`, [name]);
        expect(rows[0]).toEqual({ ident: quoteIdent(name), same: name });
      }), { numRuns: 400 });
      for (const setting of ['on', 'off']) {
        await client.query(`SET standard_conforming_strings = ${setting}; SET escape_string_warning = off; SET backslash_quote = on`);
        const { rows } = await client.query<{ same: string }>(`SELECT ${quoteLiteral('a\\\'b\\\\\n')}::text AS same`);
        expect(rows[0].same).toBe('a\\\'b\\\\\n');
      }
    } finally {
      await client.end();
    }
  });

  test('every keyword that the server quotes is known', async () => {
    const words = await here.sql('postgres', 'SELECT word FROM pg_get_keywords() WHERE quote_ident(word) <> word');
    for (const { word } of words) expect(quoteIdent(word as string)).toBe(`"${word}"`);
  });

  test('names without meaning are refused', () => {
    expect(() => quoteIdent('')).toThrow(RangeError);
    expect(() => quoteIdent('a\0b')).toThrow(RangeError);
    expect(() => quoteLiteral('a\0b')).toThrow(RangeError);
  });

  test('COPY statements', () => {
    const table = qualified('public', 'Odd name');
    expect(copyHeader(table, ['id', 'a"b'])).toBe('COPY public."Odd name" (id, "a""b") FROM stdin;\n');
    expect(copyHeader(table, [])).toBe('COPY public."Odd name" FROM stdin;\n');
    expect(copyOut(table, ['id'])).toBe('COPY public."Odd name" (id) TO STDOUT');
    expect(copyOut(table, ['id'], 'WHERE id > 5')).toBe('COPY (SELECT id FROM ONLY public."Odd name" WHERE id > 5) TO STDOUT');
  });

  test('a stored setting is set again to what it was', async () => {
    const role = 'setting_role';
    await here.sql('postgres', `CREATE ROLE ${role}`);
    const stored = `SELECT array_to_string(setconfig, '|') AS config FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE rolname = '${role}'`;
    await here.sql('postgres', `ALTER ROLE ${role} SET search_path = "$user", "a,b""c", public; ALTER ROLE ${role} SET work_mem = '5MB'; ALTER ROLE ${role} SET custom.value = 'it''s \\ "x", y'`);
    const [{ config }] = await here.sql('postgres', stored);
    const clauses = (config as string).split('|').map(settingClause);
    await here.sql('postgres', `ALTER ROLE ${role} RESET ALL; ${clauses.map((clause) => `ALTER ROLE ${role} SET ${clause}`).join('; ')}`);
    expect((await here.sql('postgres', stored))[0].config).toBe(config);
  });

  test('patterns match with * only', () => {
    const matches = matcher(['public.log_*', 'a+b.c?']);
    expect(matches('public.log_2020')).toBe(true);
    expect(matches('public.logs')).toBe(false);
    expect(matches('aab.c')).toBe(false);
    expect(matches('a+b.c?')).toBe(true);
    expect(matcher(['*.*'])('x.with\nnewline')).toBe(true);
  });

  test('a word of the shell is what it says', () => {
    fc.assert(fc.property(names, (name) => {
      expect(execFileSync('bash', ['-c', `printf %s ${shellQuote(name)}`]).toString()).toBe(name);
    }), { numRuns: 20 });
  });
});
