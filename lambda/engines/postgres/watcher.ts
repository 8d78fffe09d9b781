import { TransientError } from '../../runtime/errors';
import type { Session } from './connection';
import type { Stop } from '../../runtime/stop';

export interface WatcherProps {
  readonly session: Session;
  /** Of every session of this attempt, pg_dump's too. */
  readonly applicationName: string;
  /** Server process of the session that holds locks and snapshot. */
  readonly coordinatorPid: number;
  readonly maximumBlockingSeconds: number;
  readonly stop: Stop;
  /** Milliseconds since any fixed instant. */
  readonly clock: () => number;
}

const MOST_MILLISECONDS_BETWEEN_LOOKS = 1000;

/** `pg_locks` is open to every role, while `pg_stat_activity` hides what others wait for. */
const BLOCKED = `
WITH ours AS (SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.application_name = $1 AND a.usename = current_user)
SELECT l.pid, l.mode, coalesce((SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = l.relation), 'a table') AS relation
FROM pg_catalog.pg_locks l
WHERE NOT l.granted AND l.pid <> ALL (ARRAY(SELECT pid FROM ours))
  AND pg_catalog.pg_blocking_pids(l.pid) && ARRAY(SELECT pid FROM ours)`;

/**
 * Looks again and again, until `done` is aborted, whether somebody waits for this dump. The longest wait allowed is a promise to the
 * application: a copy can be made again, a migration that hangs takes the application down.
 *
 * @throws TransientError BLOCKED_SOMEBODY, SNAPSHOT_LOST
 */
export async function watch(props: WatcherProps, done: AbortSignal): Promise<void> {
  const { session, stop, clock, maximumBlockingSeconds } = props;
  const since = new Map<number, number>();
  const wait = Math.min(MOST_MILLISECONDS_BETWEEN_LOOKS, maximumBlockingSeconds * 250);
  while (!done.aborted && !stop.signal.aborted) {
    const blocked = await session.rows<{ pid: number; mode: string; relation: string }>(BLOCKED, [props.applicationName]);
    const now = clock();
    for (const pid of since.keys()) if (!blocked.some((one) => one.pid === pid)) since.delete(pid);
    for (const { pid, mode, relation } of blocked) {
      const first = since.get(pid) ?? now;
      since.set(pid, first);
      // The next look would come too late.
      if (now - first + wait > maximumBlockingSeconds * 1000) {
        throw new TransientError(
          'BLOCKED_SOMEBODY',
          `Session ${pid} has waited ${Math.round((now - first) / 1000)} s for ${mode} on ${relation}, held up by this dump, which let go.`,
          'It is tried again; move the schedule away from migrations, or raise "maximumBlocking".',
        );
      }
    }
    const [{ alive }] = await session.rows<{ alive: boolean }>(
      'SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1) AS alive', [props.coordinatorPid],
    );
    if (!alive && !done.aborted) {
      throw new TransientError('SNAPSHOT_LOST', 'The session that held the dump\'s snapshot and locks was ended by the server.', 'It is tried again; find out who ends sessions (an administrator, a restart, a limit).');
    }
    await stop.pause(wait, done);
  }
}

/** Ends every other session of the attempt, pg_dump's too; a backend that waits for a lock would not notice its client's end. */
export async function endSessions(session: Session, applicationName: string): Promise<void> {
  await session.rows(
    `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
     WHERE a.application_name = $1 AND a.usename = current_user AND a.pid <> pg_catalog.pg_backend_pid()`,
    [applicationName],
  );
}

/** Ends sessions that an earlier attempt of the same run left behind, and says how many. */
export async function endOrphans(session: Session, prefix: string, own: string): Promise<number> {
  const ended = await session.rows<{ ended: boolean }>(
    `SELECT pg_catalog.pg_terminate_backend(a.pid) AS ended FROM pg_catalog.pg_stat_activity a
     WHERE pg_catalog.starts_with(a.application_name, $1) AND a.application_name <> $2 AND a.usename = current_user`,
    [prefix, own],
  );
  return ended.filter((row) => row.ended).length;
}
