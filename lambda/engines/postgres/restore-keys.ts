import type { ArchiveEntry } from './archive';

const NAME = '(?:"(?:[^"]|"")+"|[^\\s".,();]+)';
const COLUMNS = `\\(${NAME}(?:, ${NAME})*\\)`;
const KEY = new RegExp(
  `^ALTER TABLE ONLY (${NAME}\\.${NAME})\\s+ADD CONSTRAINT (${NAME}) (PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (${COLUMNS})( INCLUDE ${COLUMNS})?( WITH \\([^()]*\\))?`
  + '((?: NOT)? DEFERRABLE)?( INITIALLY DEFERRED)?;\\s*([\\s\\S]*)$', 'u');

export interface KeySteps {
  /** Takes a lock that lets other indexes of the table be built beside it. */
  readonly build: string;
  /** A moment under an exclusive lock. */
  readonly attach: string;
}

/**
 * A primary key or unique constraint as an index and its adoption; undefined for what cannot be taken apart (exclusion constraints,
 * WITHOUT OVERLAPS, partitioned tables' own).
 */
export function splitKey(entry: ArchiveEntry): KeySteps | undefined {
  const match = KEY.exec(entry.definition);
  if (!match) return undefined;
  const [, table, name, kind, nulls = '', columns, include = '', options = '', deferrable = '', initially = '', rest] = match;
  return {
    build: `CREATE UNIQUE INDEX ${name} ON ${table} USING btree ${columns}${include}${nulls}${options}`,
    attach: `ALTER TABLE ONLY ${table} ADD CONSTRAINT ${name} ${kind} USING INDEX ${name}${deferrable}${initially};\n${rest}`,
  };
}
