import { setTimeout as pause } from 'node:timers/promises';
import { TransientError } from '../../runtime/errors';
import type { Stop } from '../../runtime/stop';
import type { Session } from './connection';

const POLL_MILLISECONDS = 500;

export interface LockWatchProps {
  readonly session: Session;
  readonly stop: Stop;
  readonly database: string;
  /** Longest wait for a lock, in seconds. */
  readonly seconds: number;
}

interface Process { Id: number; User: string; db: string | null; Time: number | string; State: string | null }

/**
 * Stops a dump whose tools wait for somebody's lock: a tool waits for a table as long as the server has patience, which is a day on MariaDB
 * and a year on MySQL (`lock_wait_timeout`). Everybody may see and end their own sessions. It ends when the dump does.
 */
export async function watchLocks({ session, stop, database, seconds }: LockWatchProps): Promise<void> {
  while (!stop.signal.aborted) {
    await pause(POLL_MILLISECONDS, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    if (stop.signal.aborted) return;
    const waiting = (await session.rows<Process>('SHOW PROCESSLIST')).find(({ User, db, Time, State }) => (
      User === session.scene.user && db === database && /^Waiting for (table|.* lock)/i.test(State ?? '') && Number(Time) >= seconds));
    if (!waiting) continue;
    stop.because(new TransientError(
      'LOCK_TIMEOUT', `A lock on a table of database "${database}" was not to be had within ${seconds} s.`,
      'It is tried again; move the schedule away from long writes and migrations, or lengthen the lock timeout.',
    ));
    // A server's thread that waits does not see that its client is gone.
    await session.run(`KILL ${waiting.Id}`);
  }
}
