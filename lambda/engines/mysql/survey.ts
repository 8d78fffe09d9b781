import { createHash } from 'node:crypto';
import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { LeftOut } from '../../../lib/contract/manifest';
import { RefusedError } from '../../runtime/errors';
import { columnTraps } from './column-traps';
import { quoteIdent, type Session } from './connection';
import { flavorOf, isTiDb } from './flavors';
import { missingRights, type Right } from './grants';
import { withoutPositions } from './tidb-schema';

/** Engines whose rows a consistent snapshot holds. */
const TRANSACTIONAL = new Set(['innodb', 'tokudb', 'rocksdb', 'tidb']);
/** Engines that keep no rows of their own, or none that a dump could read. */
const WITHOUT_ROWS = new Set(['blackhole', 'federated', 'connect', 'spider', 'merge', 'mrg_myisam', 'memory', 'performance_schema', 'sequence']);

export type RelationKind = 'table' | 'view' | 'sequence';

export interface Relation {
  readonly name: string;
  readonly kind: RelationKind;
  readonly engine: string;
  /** Bytes of its rows, an estimate. */
  readonly bytes: number;
  /** Changes with every TRUNCATE, RENAME and most ALTERs, which a dump in one transaction would not notice. */
  readonly createdAt: string;
  /** SHA-256 of its definition, without the position of AUTO_INCREMENT. */
  readonly definition: string;
  /** Whether it keeps what its rows were before. */
  readonly versioned: boolean;
  /** The next AUTO_INCREMENT value, decimal text. */
  readonly autoIncrement?: string;
}

export interface Survey {
  readonly database: string;
  readonly relations: readonly Relation[];
  /** Tables whose rows are copied, by name. */
  readonly rows: readonly Relation[];
  /** Of these, those that a snapshot does not hold. */
  readonly nonTransactional: readonly Relation[];
  /** Tables that are in no way in the copy. */
  readonly excluded: readonly string[];
  /** Tables whose rows are left out. */
  readonly schemaOnly: readonly string[];
  readonly triggers: readonly string[];
  readonly routines: readonly string[];
  readonly events: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly characterSet: string;
  readonly collation: string;
}

interface TableRow {
  name: string;
  type: string;
  engine: string | null;
  bytes: string | number | null;
  createdAt: string | null;
  next: string | number | null;
}

/**
 * What a database holds.
 *
 * @throws RefusedError NO_PERMISSION for rights without which a part of it would be left out silently, NON_TRANSACTIONAL, MASKED_COLUMNS
 */
export async function survey(session: Session, config: MySqlConfig, database: string): Promise<Survey> {
  await requireRights(session, config, database);
  const [schema] = await session.rows<{ characterSet: string; collation: string }>(
    'SELECT DEFAULT_CHARACTER_SET_NAME AS characterSet, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [database],
  );
  const relations = await readRelations(session, database, isTiDb(config));
  const base = relations.filter(({ kind }) => kind === 'table');
  const excluded = base.filter(({ name }) => matches(config.tables.exclude, database, name)).map(({ name }) => name);
  const kept = base.filter(({ name }) => !excluded.includes(name));
  const without = kept.filter(({ engine }) => WITHOUT_ROWS.has(engine));
  const schemaOnly = kept.map(({ name }) => name)
    .filter((name) => without.some((table) => table.name === name) || matches(config.tables.schemaOnly, database, name));
  const rows = kept.filter(({ name }) => !schemaOnly.includes(name));
  const nonTransactional = rows.filter(({ engine }) => !TRANSACTIONAL.has(engine));
  if (nonTransactional.length > 0 && config.nonTransactional === 'refuse') {
    const named = nonTransactional.slice(0, 5).map(({ name, engine }) => `${name} (${engine})`).join(', ');
    throw new RefusedError(
      'NON_TRANSACTIONAL', `Of database "${database}" ${nonTransactional.length} ${nonTransactional.length === 1 ? 'table has' : 'tables have'} no transactions: ${named}${nonTransactional.length > 5 ? ', …' : ''}.`,
      'ALTER TABLE … ENGINE=InnoDB, or let the policy lock them while the dump lasts (nonTransactional), or exclude them.',
    );
  }
  const names = async (sql: string): Promise<string[]> => (await session.rows<{ name: string }>(sql, [database])).map(({ name }) => name);
  return {
    database, relations, rows, nonTransactional, excluded, schemaOnly,
    triggers: await names('SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ORDER BY 1'),
    routines: await names('SELECT CONCAT(ROUTINE_TYPE, \' \', ROUTINE_NAME) AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? ORDER BY 1'),
    events: await names('SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY 1'),
    leftOut: [
      ...excluded.map((name): LeftOut => ({ database, kind: 'table', name, reason: 'excluded by the policy' })),
      ...schemaOnly.map((name): LeftOut => ({ database, kind: 'rows', name, reason: without.some((table) => table.name === name) ? 'its engine keeps no rows of its own' : 'the policy asks for its definition only' })),
      ...relations.filter(({ versioned }) => versioned).map(({ name }): LeftOut => (
        { database, kind: 'history', name, reason: 'of a system-versioned table the rows that are current are in the copy, and not the earlier ones' })),
      // TiDB writes all digits of a FLOAT.
      ...isTiDb(config) ? [] : await columnTraps(session, database, rows),
    ],
    characterSet: schema.characterSet, collation: schema.collation,
  };
}

/** What there is, by name, with what tells that it was changed. */
export async function readRelations(session: Session, database: string, tidb = false): Promise<Relation[]> {
  const found = await session.rows<TableRow>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, DATA_LENGTH AS bytes, CREATE_TIME AS createdAt, AUTO_INCREMENT AS next
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'TEMPORARY' ORDER BY TABLE_NAME`, [database],
  );
  const relations: Relation[] = [];
  for (const { name, type, engine, bytes, createdAt, next } of found) {
    const kind: RelationKind = type === 'VIEW' || type === 'SYSTEM VIEW' ? 'view' : type === 'SEQUENCE' ? 'sequence' : 'table';
    const shown = await session.rows<Record<string, string>>(`SHOW CREATE ${tidb && kind === 'sequence' ? 'SEQUENCE' : 'TABLE'} ${quoteIdent(database)}.${quoteIdent(name)}`);
    // A view's columns name their database or not, as the view was once written and before it is read again.
    const text = withoutPositions(Object.values(shown[0])[1] ?? '').replaceAll(`${quoteIdent(database)}.`, '');
    relations.push({
      name, kind, engine: (engine ?? '').toLowerCase(), bytes: Number(bytes ?? 0), createdAt: createdAt ?? '',
      definition: createHash('sha256').update(text).digest('hex'), versioned: type === 'SYSTEM VERSIONED',
      ...kind === 'table' && next !== null ? { autoIncrement: String(next) } : {},
    });
  }
  return relations;
}

async function requireRights(session: Session, config: MySqlConfig, database: string): Promise<void> {
  const grants = (await session.rows<Record<string, string>>('SHOW GRANTS')).map((row) => Object.values(row)[0]);
  // TiDB has no triggers, events and routines (TiDB, "MySQL Compatibility").
  const needed: Right[] = isTiDb(config) ? ['SELECT', 'SHOW VIEW'] : ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT', ...config.nonTransactional === 'lock' ? ['LOCK TABLES' as const] : []];
  const missing = missingRights(grants, database, needed);
  const { user } = session.scene;
  if (missing.length > 0) {
    throw new RefusedError(
      'NO_PERMISSION', `User "${user}" has no ${missing.join(', ')} on database "${database}": what it does not see would be left out without a word.`,
      `GRANT ${missing.join(', ')} ON ${quoteIdent(database)}.* TO the user.`,
    );
  }
  if (isTiDb(config)) return;
  if (flavorOf(config).family === 'mariadb') {
    await session.rows('SELECT 1 FROM mysql.proc LIMIT 1').catch((cause: unknown) => {
      throw new RefusedError(
        'NO_PERMISSION', `User "${user}" may not read mysql.proc: procedures and functions would be left out without a word.`,
        'GRANT SELECT ON mysql.proc TO the user.', { cause },
      );
    });
  } else if (missingRights(grants, 'mysql', ['SELECT']).length > 0 && !grants.some((grant) => /SHOW_ROUTINE/.test(grant))) {
    throw new RefusedError('NO_PERMISSION', `User "${user}" has no SHOW_ROUTINE: procedures and functions would be left out without a word.`, 'GRANT SHOW_ROUTINE ON *.* TO the user.');
  }
}

/** Whether a pattern names the table; `*` stands for any run of characters. */
export function matches(patterns: readonly string[], database: string, table: string): boolean {
  return patterns.some((pattern) => {
    const [wantedDatabase, wantedTable] = pattern.split('.');
    return like(wantedDatabase, database) && like(wantedTable, table);
  });
}

function like(pattern: string, name: string): boolean {
  const expression = pattern.split('*').map((text) => text.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*');
  return new RegExp(`^${expression}$`, 'su').test(name);
}
