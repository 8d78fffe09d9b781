/** What a CREATE TABLE says to TiDB alone, so that SHOW CREATE TABLE says it again (TiDB, "Comment Syntax"). */
interface Own {
  readonly columns: Map<string, string>;
  primary: string;
  options: string;
}

const OWN = /\/\*T!.*?\*\/|DEFAULT nextval\([^)]*\)/g;

/** The definitions of a cluster, as far as MySQL forgets them. */
export class Definitions {
  private readonly tables = new Map<string, Own>();

  /** One line a column or key, as TiDB shows them. */
  learn(sql: string): void {
    const name = /^CREATE (?:GLOBAL TEMPORARY )?TABLE `?([\w ]+)`? \(\n/.exec(sql)?.[1];
    if (name === undefined) return;
    const own: Own = { columns: new Map(), primary: '', options: '' };
    for (const line of sql.split('\n').slice(1)) {
      const said = (line.match(OWN) ?? []).join(' ');
      if (said === '') continue;
      const column = /^ *`?(\w+)`? /.exec(line)?.[1] ?? '';
      if (line.startsWith(')')) own.options = said;
      else if (/^ *PRIMARY KEY/.test(line)) own.primary = said;
      else own.columns.set(column, said);
    }
    this.tables.set(name, own);
  }

  /** The same without what MySQL would not take. */
  plain(sql: string): string {
    return /^CREATE TABLE/.test(sql) ? sql.replaceAll(/ DEFAULT nextval\([^)]*\)/g, '') : sql;
  }

  show(table: string, definition: string): string {
    const own = this.tables.get(table);
    if (!own) return definition;
    return definition.split('\n').map((line) => {
      const comma = line.endsWith(',') ? ',' : '';
      const bare = comma ? line.slice(0, -1) : line;
      const column = /^ {2}`(\w+)` /.exec(line)?.[1];
      const said = line.startsWith(')') ? own.options : /^ {2}PRIMARY KEY/.test(line) ? own.primary : own.columns.get(column ?? '') ?? '';
      return said === '' ? line : `${said.startsWith('DEFAULT') ? bare.replace(' DEFAULT NULL', '') : bare} ${said}${comma}`;
    }).join('\n');
  }
}
