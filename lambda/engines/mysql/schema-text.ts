/** A definition without what makes loading slow, and the statements that bring it back. */
export interface LightTable {
  /** Unquoted. */
  readonly name: string;
  readonly create: string;
  /** Clauses of one `ALTER TABLE` for indexes, and of another for foreign keys. */
  readonly keys: readonly string[];
  readonly foreignKeys: readonly string[];
}

const CREATE_TABLE = /^CREATE TABLE `((?:[^`]|``)*)` \($/;

/**
 * Takes indexes and foreign keys out of the tables of a dump's schema: rows go several times faster into a table without them, and an
 * index is built from all rows at once. What cannot be added later without a change stays: the primary key, the keys of a table without
 * one (its rows lie in their order), those that AUTO_INCREMENT needs, full-text and spatial ones, and those of engines but InnoDB.
 *
 * The tools write a table's definition as the server shows it, a column or key a line; no line break stands within.
 */
export function lighten(schema: string): { readonly schema: string; readonly tables: readonly LightTable[] } {
  const out: string[] = [];
  const tables: LightTable[] = [];
  const lines = schema.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const begin = CREATE_TABLE.exec(lines[at]);
    const end = begin ? lines.findIndex((line, index) => index > at && line.startsWith(')')) : -1;
    if (!begin || end < 0) {
      out.push(lines[at]);
      continue;
    }
    const table = lightTable(begin[1].replaceAll('``', '`'), lines.slice(at, end + 1));
    tables.push(table);
    out.push(table.create);
    at = end;
  }
  return { schema: out.join('\n'), tables };
}

function lightTable(name: string, lines: readonly string[]): LightTable {
  const whole = { name, create: lines.join('\n'), keys: [], foreignKeys: [] };
  const last = lines[lines.length - 1];
  if (!/^\) ENGINE=InnoDB\b/.test(last)) return whole;
  const items = lines.slice(1, -1).map((line) => line.replace(/,$/, ''));
  const foreignKeys = items.filter((item) => /^ {2}CONSTRAINT `(?:[^`]|``)*` FOREIGN KEY /.test(item));
  const keys = movable(items) ? items.filter((item) => /^ {2}(UNIQUE )?KEY /.test(item)) : [];
  const kept = items.filter((item) => !keys.includes(item) && !foreignKeys.includes(item));
  return { name, create: [lines[0], kept.join(',\n'), last].join('\n'), keys: keys.map((key) => key.trim()), foreignKeys: foreignKeys.map((key) => key.trim()) };
}

function movable(items: readonly string[]): boolean {
  const primary = items.map((item) => /^ {2}PRIMARY KEY \(`((?:[^`]|``)*)`/.exec(item)?.[1]).find((first) => first !== undefined);
  if (primary === undefined || items.some((item) => /^ {2}(FULLTEXT|SPATIAL) KEY /.test(item))) return false;
  const counter = items.find((item) => /^ {2}`.* AUTO_INCREMENT\b/.test(item) && !item.includes(' DEFAULT '));
  return counter === undefined || counter.startsWith(`  \`${primary}\` `);
}
