import type { Exception } from '../../../lib/contract/verdict';

/** What TiDB's features are called in its comments (TiDB, "Comment Syntax"), in words. */
const WORDS: Readonly<Record<string, string>> = {
  clustered_index: 'whether the primary key is clustered', auto_rand: 'AUTO_RANDOM', auto_rand_base: 'the position of AUTO_RANDOM',
  auto_id_cache: 'AUTO_ID_CACHE', placement: 'placement policy', ttl: 'time to live', global_index: 'global index', resource_group: 'resource group',
  vector: 'vector index', sequence: 'default from a sequence',
};

/**
 * A schema of TiDB as MySQL takes it. What stands in `/*T! … *\/` MySQL skips by itself; the rest that only TiDB knows is taken out. All of
 * it is named: a scratch server of MySQL does not show that it comes up again.
 *
 * @param binary whether the cluster compares every text by its bytes, whatever its collation is called
 */
export function schemaForMySql(
  schema: string, database: string, binary: boolean,
): { readonly schema: string; readonly exceptions: readonly Exception[] } {
  const found = new Map<string, Set<string>>();
  let table = '';
  const name = (feature: string): void => void found.set(table, (found.get(table) ?? new Set()).add(WORDS[feature] ?? feature));
  const lines = schema.split('\n').map((line) => {
    const begin = /^CREATE (GLOBAL TEMPORARY )?TABLE (`(?:[^`]|``)*`) \($/.exec(line);
    if (begin) {
      table = begin[2].slice(1, -1).replaceAll('``', '`');
      if (begin[1]) name('global temporary table');
      return `CREATE TABLE ${begin[2]} (`;
    }
    if (line.startsWith('--') || line.startsWith('/*!')) return line;
    for (const [, features = 'other', text] of line.matchAll(/\/\*T!(?:\[([\w,]+)\])?([^*]*)\*\//g)) {
      if (text !== undefined) for (const feature of features.split(',')) name(feature);
    }
    let changed = line.replace(/ ON COMMIT DELETE ROWS(?=;?$)/, '').replace(/ \/\* CACHED ON \*\//, () => {
      name('cached table');
      return '';
    });
    changed = changed.replace(/^( {2}`(?:[^`]|``)*` .*?) DEFAULT \(?(?:nextval\(|NEXT VALUE FOR )(?:`(?:[^`]|``)*`\.)?`(?:[^`]|``)*`\)?\)?/i, (_all, before: string) => {
      name('sequence');
      return before;
    });
    return binary ? changed.replaceAll(/\b(COLLATE[ =])(utf8mb4|utf8mb3|utf8|gbk|gb18030)_\w+_ci\b/g, (_all, word: string, set: string) => {
      name('a collation that this cluster does not apply (new_collations_enabled_on_first_bootstrap is off)');
      return `${word}${set}_bin`;
    }) : changed;
  });
  const exceptions = [...found].map(([one, features]): Exception => (
    { code: 'TIDB_ONLY', name: `${database}: ${one}`, reason: `the scratch server is MySQL, which does not know: ${[...features].join(', ')}` }));
  return { schema: lines.join('\n'), exceptions };
}

/** Why a verdict on a copy of TiDB is never without an exception. */
export function otherServer(version: string): Exception {
  return {
    code: 'OTHER_SERVER', name: `MySQL ${version} for TiDB`,
    reason: 'a TiDB cluster has no place in a worker: the copy came up in MySQL, every row compared by content, FLOAT to its six digits, and what only TiDB knows not tried',
  };
}

/** A definition without what changes by itself: where the next numbers begin. */
export function withoutPositions(definition: string): string {
  return definition.replace(/ AUTO_INCREMENT=\d+/, '').replace(/ \/\*T!\[auto_rand_base\] AUTO_RANDOM_BASE=\d+ \*\//, '');
}

/** SQL modes that TiDB takes and MySQL 8 does not (TiDB, "SQL Mode"). */
const GONE = new Set([
  'NO_AUTO_CREATE_USER', 'DB2', 'MAXDB', 'MSSQL', 'MYSQL323', 'MYSQL40', 'NO_FIELD_OPTIONS', 'NO_KEY_OPTIONS', 'NO_TABLE_OPTIONS', 'ORACLE', 'POSTGRESQL',
]);

export function sqlModeForMySql(mode: string): string {
  return mode.split(',').filter((one) => !GONE.has(one.trim().toUpperCase())).join(',');
}
