/**
 * How names, literals and COPY blocks are written: by the dump, by the drill that counts again, and in the scripts that lie beside a copy.
 */

/** Words that `quote_ident` quotes in PostgreSQL 13 to 18 (`pg_get_keywords()`, every category but unreserved). */
const KEYWORDS = new Set((
  'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character '
  + 'check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema '
  + 'current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch '
  + 'float for foreign freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval '
  + 'into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table '
  + 'json_value lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull '
  + 'null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real references returning '
  + 'right row select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to '
  + 'trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat '
  + 'xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
).split(' '));

/** As `pg_catalog.quote_ident`: quotes only where they are needed. */
export function quoteIdent(name: string): string {
  if (name === '' || name.includes('\0')) throw new RangeError('a PostgreSQL name is not empty and has no zero byte');
  return /^[a-z_][a-z0-9_]*$/.test(name) && !KEYWORDS.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name`, both parts quoted where needed: the name of a table in COPY lines and in the census. */
export function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/** A string constant that reads the same whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  if (value.includes('\0')) throw new RangeError('a PostgreSQL string has no zero byte');
  const doubled = value.replaceAll('\'', '\'\'');
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** ` (a, "B")`, or nothing for a table without a column that can be written: COPY then writes one empty line a row, as pg_dump's does. */
function columnList(columns: readonly string[]): string {
  return columns.length > 0 ? ` (${columns.map(quoteIdent).join(', ')})` : '';
}

/** First line of a COPY block, newline included. `table` is quoted and qualified already, columns are not. */
export function copyHeader(table: string, columns: readonly string[]): string {
  return `COPY ${table}${columnList(columns)} FROM stdin;\n`;
}

/** Last line of a COPY block. */
export const COPY_END = '\\.\n';

/**
 * The statement that sends a table's rows as COPY text: what the census hashes, here and in the drill. `condition` is what an extension
 * says of its own table (`WHERE …`, or nothing).
 */
export function copyOut(table: string, columns: readonly string[], condition = ''): string {
  if (condition.trim() === '' || columns.length === 0) return `COPY ${table}${columnList(columns)} TO STDOUT`;
  return `COPY (SELECT ${columns.map(quoteIdent).join(', ')} FROM ONLY ${table} ${condition}) TO STDOUT`;
}

/** Settings that decide how a value looks in COPY text; both sides of a comparison must have them. */
export const COPY_SETTINGS: Readonly<Record<string, string>> = {
  bytea_output: 'hex',
  datestyle: 'ISO, YMD',
  extra_float_digits: '3',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  xmloption: 'content',
  synchronize_seqscans: 'off',
};

/** First lines of a rows part: with them psql reads it on any server, whatever its defaults. */
export function partPreamble(clientEncoding: string): string {
  return [
    `SET client_encoding = ${quoteLiteral(clientEncoding)};`,
    'SET standard_conforming_strings = on;',
    'SET statement_timeout = 0;',
    'SET search_path = \'\';',
    'SET row_security = off;',
    'SET datestyle = \'ISO, YMD\';',
    'SET intervalstyle = \'postgres\';',
    'SET xmloption = \'content\';',
    '',
  ].join('\n');
}
