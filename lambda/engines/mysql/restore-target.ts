import type { Readable } from 'node:stream';
import type { ResultSetHeader } from 'mysql2/promise';
import type { Exception } from '../../../lib/contract/verdict';
import { IntegrityError, messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';
import { connect, type Session, sessionOf } from './connection';
import { codeOf, failureOf } from './failures';
import type { Family } from './flavors';
import type { Cuts } from './slices';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A server to load into or to count, by its socket. */
export interface TargetConnection {
  readonly socket: string;
  readonly family: Family;
  readonly serverVersion: string;
  readonly administrator: Login;
  readonly loader: Login;
  readonly reader: Login;
  /** Whether the copy is of a server that returns rows in no order, and writes values in its own way. */
  readonly otherServer?: boolean;
  /** By database and table, how the copy's large tables were cut: they are counted in the same slices. @default none was */
  readonly cuts?: ReadonlyMap<string, ReadonlyMap<string, Cuts>>;
  /** What the scratch server itself is no exact likeness in. */
  readonly exceptions: readonly Exception[];
  /** The reason behind a failure when the server's disk is full. */
  readonly diskFull?: (error: unknown) => Promise<Error | undefined>;
}

export interface TargetSession extends Session {
  /**
   * Runs a `LOAD DATA LOCAL` whose file is the stream. Whatever file a server asks for, it gets this stream and nothing else.
   *
   * @returns what the server says of it, such as `Records: 2  Deleted: 0  Skipped: 0  Warnings: 0`
   */
  load(sql: string, file: Readable): Promise<string>;
}

/** A session whose errors are as the server said them, for `restoreError` to judge. */
export async function openTarget(
  target: TargetConnection, login: Login, database: string | undefined, signal: AbortSignal,
): Promise<TargetSession> {
  signal.throwIfAborted();
  const scene = { host: target.socket, port: 0, user: login.user, ...database === undefined ? {} : { database } };
  const connection = await connect(() => Promise.resolve({ socketPath: target.socket, ...login, database }), scene);
  const cut = (): void => connection.destroy();
  signal.addEventListener('abort', cut, { once: true });
  const session = sessionOf(connection, scene);
  return {
    ...session,
    load: async (sql, file) => {
      // A connection that we cut tells nobody who waits for it.
      let ended: (() => void) | undefined;
      const aborted = new Promise<never>((_, reject) => {
        ended = () => reject(signal.reason as Error);
        signal.addEventListener('abort', ended, { once: true });
      });
      try {
        const [answer] = await Promise.race([connection.query({ sql, infileStreamFactory: () => file }), aborted]);
        return (answer as ResultSetHeader).info.trim();
      } catch (error) {
        throw signal.aborted ? signal.reason : failureOf(error, scene);
      } finally {
        if (ended) signal.removeEventListener('abort', ended);
      }
    },
    close: async () => {
      signal.removeEventListener('abort', cut);
      await session.close();
    },
  };
}

/** What a restore or a count ran into, in our words: an abort and a full disk are the reason behind whatever else was said. */
export async function restoreError(error: unknown, target: TargetConnection, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  const cause = error instanceof RunError && error.cause !== undefined ? error.cause : error;
  // A client says of a full disk only that a table is full.
  const reason = error instanceof IntegrityError && error.code !== 'RESTORE_FAILED' ? undefined : await target.diskFull?.(cause);
  if (reason) return reason;
  if (error instanceof IntegrityError || error instanceof RefusedError && error.code.startsWith('SCRATCH')) return error;
  if (/^ER_(DISK_FULL|RECORD_FILE_FULL)$/.test(codeOf(cause))) {
    return new RefusedError('TARGET_FULL', 'The disk of the target server is full.', 'Give it more room, or restore into another server.', { cause });
  }
  if (failureOf(cause, { host: '', port: 0, user: '' }) instanceof TransientError && codeOf(cause) !== 'ER_NO_SUCH_TABLE') {
    return new TransientError('SCRATCH_LOST', `The connection to the target server was lost (${messageOf(cause)}).`, 'It is tried again; if it stays so, give the worker more memory.', { cause });
  }
  if (codeOf(cause).startsWith('ER_')) {
    return new IntegrityError('RESTORE_FAILED', `The copy does not restore: ${messageOf(cause)} (${codeOf(cause)}).`, 'Mend what it names in the source, and dump again.', { cause });
  }
  return error;
}
