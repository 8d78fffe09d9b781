import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { TransientError } from '../../runtime/errors';
import type { Relation } from './catalog';
import { listColumns, listSizes } from './catalog';
import type { Session } from './connection';
import { qualified } from './copy-format';
import { codeOf } from './failures';
import type { ServerFacts } from './preflight';
import { refuseWhatIsHidden, survey } from './survey';
import type { Survey } from './survey';

/** One state of a database that stays readable: every table locked against change of its form, one snapshot exported. */
export interface LockedView {
  readonly snapshot: string;
  /** The instant whose commits are all in the snapshot. */
  readonly recoveryPoint: Date;
  readonly survey: Survey;
  /** Writable columns by table. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Bytes on disk by table. */
  readonly sizes: ReadonlyMap<string, number>;
}

const TRIES = 5;
const TABLES_A_STATEMENT = 500;
const UNDEFINED = new Set(['42P01', '3F000', '42809']);

/**
 * Locks first, snapshot afterwards: a TRUNCATE between a snapshot and its late reader would give no rows and no error. The tables are
 * listed before the locks and again in the snapshot; when they differ, somebody created or dropped one meanwhile, and it begins anew.
 *
 * @throws TransientError LOCK_TIMEOUT, SOURCE_KEEPS_CHANGING
 */
export async function lockView(session: Session, config: PostgresConfig, server: ServerFacts): Promise<LockedView> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const before = await survey(session, config, server);
    refuseWhatIsHidden(before, session);
    const replayed = server.standby ? await replayedUntil(session) : undefined;
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await session.run(`SET LOCAL lock_timeout = '${config.lockTimeoutSeconds}s'`);
    if (await lock(session, toLock(before))) {
      const [{ snapshot, at }] = await session.rows<{ snapshot: string; at: Date }>(
        'SELECT pg_catalog.pg_export_snapshot() AS snapshot, pg_catalog.statement_timestamp() AS at',
      );
      const after = await survey(session, config, server);
      if (identity(before) === identity(after)) {
        refuseWhatIsHidden(after, session);
        const oids = after.selection.rows.map(({ oid }) => oid);
        const [columns, sizes] = [await listColumns(session, oids), await listSizes(session, oids)];
        return { snapshot, recoveryPoint: replayed ?? at, survey: after, columns, sizes };
      }
    }
    await session.run('ROLLBACK');
  }
  throw new TransientError(
    'SOURCE_KEEPS_CHANGING',
    `Tables of database "${session.scene.database}" were created, dropped or renamed in each of ${TRIES} tries to lock them.`,
    'Move the schedule away from migrations, or exclude the tables that come and go.',
  );
}

/** pg_dump locks what it describes, so what is kept as schema only is locked too. */
function toLock({ relations, selection, hostSchemas }: Survey): Relation[] {
  const excluded = new Set(selection.excluded.map(({ oid }) => oid));
  const rows = new Set(selection.rows.map(({ oid }) => oid));
  return relations.filter((relation) => (relation.kind === 'r' || relation.kind === 'p')
    && (rows.has(relation.oid) || (relation.extension === null && !excluded.has(relation.oid) && !hostSchemas.includes(relation.schema))));
}

/** False when one of the tables is gone meanwhile; the transaction is spent then. */
async function lock(session: Session, tables: readonly Relation[]): Promise<boolean> {
  for (let start = 0; start < tables.length; start += TABLES_A_STATEMENT) {
    const names = tables.slice(start, start + TABLES_A_STATEMENT).map(({ schema, name }) => `ONLY ${qualified(schema, name)}`);
    try {
      await session.run(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
    } catch (error) {
      if (UNDEFINED.has(codeOf((error as Error).cause))) return false;
      throw error;
    }
  }
  return true;
}

function identity({ relations, selection }: Survey): string {
  const chosen = new Set([...selection.rows, ...selection.schemaOnly]);
  return relations.filter(({ kind }) => kind === 'r' || kind === 'p')
    .map((relation) => `${relation.oid} ${qualified(relation.schema, relation.name)} ${relation.kind} ${chosen.has(relation)}`).join('\n');
}

/** A standby that has replayed no commit since its start knows its last checkpoint only. */
async function replayedUntil(session: Session): Promise<Date> {
  const [{ at }] = await session.rows<{ at: Date }>(
    'SELECT coalesce(pg_catalog.pg_last_xact_replay_timestamp(), (SELECT c.checkpoint_time FROM pg_catalog.pg_control_checkpoint() c)) AS at',
  );
  return at;
}

/** At the end: the session that held the locks and the snapshot must have held them until now. */
export async function confirmHeld(session: Session, view: LockedView): Promise<void> {
  const [{ held }] = await session.rows<{ held: boolean }>(
    `SELECT pg_catalog.pg_backend_pid() = $1 AND pg_catalog.current_setting('transaction_isolation') = 'repeatable read' AS held`,
    [session.pid],
  );
  if (!held) {
    throw new TransientError('SNAPSHOT_LOST', `The session that held snapshot ${view.snapshot} of database "${session.scene.database}" is another one now.`, 'It is tried again; a pooler in between must pool by session.');
  }
}
