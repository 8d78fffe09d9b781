import { Readable } from 'node:stream';
import { quoteIdent } from './connection';
import { OtherFormError, PartRows, type RowsOf, type StoredRows } from './part-rows';
import type { TargetSession } from './restore-target';

/** A column as its definition says. */
export interface ColumnForm {
  readonly name: string;
  /** Whether a statement without a list of columns has a value for it. */
  readonly listed: boolean;
  /**
   * How a dump writes its values: as a literal that a field can hold as it is, or in hexadecimal.
   * Those of generated columns are passed over; that of AUTO_INCREMENT may be 0.
   */
  readonly written: 'plain' | 'hexadecimal' | 'generated' | 'counted';
}

const PLAIN = /^(tinyint|smallint|mediumint|int|bigint|decimal|float|double|char|varchar|tinytext|text|mediumtext|longtext|enum|set|date|datetime|timestamp|time|year|json|uuid|inet[46])$/;
const HEXADECIMAL = /^(bit|binary|varbinary|tinyblob|blob|mediumblob|longblob|geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection)$/;

/**
 * How the columns of a table are written, from its definition as the server shows it.
 *
 * @returns undefined for a table whose rows have to be put in by statements: another engine than InnoDB, a type that is not known here
 */
export function columnForms(create: string): readonly ColumnForm[] | undefined {
  const lines = create.split('\n');
  if (!/^\) ENGINE=InnoDB\b/.test(lines[lines.length - 1])) return undefined;
  const forms: ColumnForm[] = [];
  for (const line of lines) {
    const column = /^ {2}`((?:[^`]|``)*)` (\w+)(.*)$/.exec(line);
    if (!column) continue;
    const [, name, type, rest] = column;
    const plain = PLAIN.test(type);
    if (!plain && !HEXADECIMAL.test(type)) return undefined;
    const said = withoutTexts(rest);
    const special = / GENERATED ALWAYS AS /.test(said) ? 'generated' : / AUTO_INCREMENT\b/.test(said) ? 'counted' : undefined;
    const written = special ?? (plain ? 'plain' : 'hexadecimal');
    forms.push({ name: name.replaceAll('``', '`'), listed: !/ INVISIBLE\b/.test(said), written });
  }
  return forms.length > 0 ? forms : undefined;
}

/** A default or a comment may say anything. */
function withoutTexts(text: string): string {
  return text.replaceAll(/'(?:[^'\\]|''|\\.)*'/g, '\'\'');
}

/**
 * Loads the rows of parts by the statement that takes them as text: about half the work of INSERT for the server, which has no values to
 * parse as SQL. A row as the dump tool writes it is a line of fields; what is in hexadecimal is turned back.
 *
 * Rows of one table are one file to the server, wherever its parts end: only the first statement meets an empty table, which it fills
 * without a word of undo for each row, and alone. The server takes what is wrong in such a file as well as it can and only warns, so any
 * warning ends it.
 *
 * @throws OtherFormError when the parts' statements have to be run instead, whatever was loaded; what a part's stream fails with
 */
export async function loadRows(
  session: TargetSession, parts: readonly StoredRows[], forms: ReadonlyMap<string, readonly ColumnForm[]>,
): Promise<void> {
  const reader = new PartRows(parts);
  try {
    for (let of = await reader.next(); of !== undefined;) {
      const columns = forms.get(of.table);
      if (!columns) throw new OtherFormError(`table ${of.table} is not to be loaded so`);
      of = await loadTable(session, loadStatement(of, columns), of, reader);
    }
  } finally {
    reader.close();
  }
}

/**
 * Resolves once no load is about to end. mysql2 ends every file by one packet in a buffer that all connections share: of two that end
 * together one would number the other's anew, and the server waits half a minute for the one that is lost.
 */
let ending = Promise.resolve();

/** Loads the table that the reader has come to; returns the one behind it. */
async function loadTable(session: TargetSession, statement: string, table: RowsOf, reader: PartRows): Promise<RowsOf | undefined> {
  let next: RowsOf | undefined;
  let failure: Error | undefined;
  let over: (() => void) | undefined;
  const isOver = new Promise<void>((resolve) => {
    over = resolve;
  });
  // The client library takes an error of its input for the input's end.
  const rows = async function* (): AsyncGenerator<Buffer> {
    try {
      do {
        yield* reader.rows();
        next = await reader.next();
      } while (next !== undefined && isSame(next, table));
    } catch (error) {
      failure = error as Error;
    }
    const others = ending;
    ending = others.then(() => isOver);
    await others;
  };
  const stream = Readable.from(rows(), { objectMode: false, highWaterMark: 1024 * 1024 });
  try {
    const info = await session.load(statement, stream);
    if (failure !== undefined) throw failure;
    if (!/^Records: \d+ +Deleted: 0 +Skipped: 0 +Warnings: 0$/.test(info)) throw new OtherFormError(`table ${table.table}: ${info}`);
    return next;
  } finally {
    stream.destroy();
    over?.();
  }
}

function isSame(a: RowsOf, b: RowsOf): boolean {
  return a.table === b.table && JSON.stringify(a.columns) === JSON.stringify(b.columns);
}

function loadStatement({ table, columns: named }: RowsOf, forms: readonly ColumnForm[]): string {
  const columns = named === undefined
    ? forms.filter(({ listed }) => listed)
    : named.map((name) => {
      const form = forms.find((one) => one.name === name);
      if (!form) throw new OtherFormError(`table ${table} has no column ${name}`);
      return form;
    });
  const turning = columns.some(({ written }) => written === 'hexadecimal');
  // Behind a SET the server forgets that a row has a counter of its own, and numbers it anew when it is 0: it is set too then.
  const direct = ({ written }: ColumnForm): boolean => written === 'plain' || written === 'counted' && !turning;
  const fields = columns.map((column, index) => (direct(column) ? quoteIdent(column.name) : `@v${index}`));
  const turned = columns.flatMap((column, index) => {
    if (direct(column) || column.written === 'generated') return [];
    return [`${quoteIdent(column.name)} = ${column.written === 'counted' ? `@v${index}` : `UNHEX(SUBSTR(@v${index}, 3))`}`];
  });
  return `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${quoteIdent(table)} CHARACTER SET utf8mb4 `
    + 'FIELDS TERMINATED BY \',\' OPTIONALLY ENCLOSED BY \'\\\'\' ESCAPED BY \'\\\\\' LINES STARTING BY \'(\' TERMINATED BY \'),\\n\' '
    + `(${fields.join(', ')})${turned.length > 0 ? ` SET ${turned.join(', ')}` : ''}`;
}
