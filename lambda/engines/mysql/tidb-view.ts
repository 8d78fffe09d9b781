import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { EngineContext } from '../../runtime/engine';
import { messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';
import { openSession, type Session, type SessionPlace } from './connection';
import type { ServerFacts } from './preflight';
import { durationSeconds, inWords, raisedLife, readingSeconds, readLife, refuseShortLife } from './tidb-life';

/** Held by the run that raised the life time: without it a raised one is what a killed run left. */
const LOCK = 'backup-policy tidb_gc_life_time';
/** TiDB, "Locking Functions": one second is the least. */
const LOCK_SECONDS = 1;
const ALIVE_MILLISECONDS = 60_000;

/** One state of the whole cluster that any number of sessions may read. */
export interface TiDbView {
  /** Its timestamp of the cluster's clock, decimal. */
  readonly tso: string;
  readonly at: Date;
}

/**
 * What a dump of TiDB stands on: a transaction of its own whose timestamp every tool reads at (`tidb_snapshot`), and the life time of
 * versions where that had to be raised. `close` puts it back, and so does the next run when this one is killed.
 */
export class TiDbViews {
  /** @throws RefusedError GC_TOO_SHORT, NO_PERMISSION; TransientError GC_RAISED */
  static async open(context: EngineContext<MySqlConfig>, place: SessionPlace, server: ServerFacts): Promise<TiDbViews> {
    const session = await openSession(place);
    const views = new TiDbViews(context, place, session);
    try {
      await views.secureLife(readingSeconds(context.config, server));
      return views;
    } catch (error) {
      await views.close();
      throw error;
    }
  }

  private former: string | undefined;
  private raised: string | undefined;
  private readonly alive: NodeJS.Timeout;

  private constructor(
    private readonly context: EngineContext<MySqlConfig>, private readonly place: SessionPlace, private readonly session: Session,
  ) {
    // Servers and what stands before them end sessions that say nothing; a failure is told by onLost.
    this.alive = setInterval(() => void session.rows('SELECT 1').catch(() => undefined), ALIVE_MILLISECONDS);
    this.alive.unref();
  }

  onLost(listener: (error: Error) => void): void {
    this.session.onLost(listener);
  }

  /** A new view; the transaction behind it stays open until the next one, and holds garbage collection back. */
  async begin(): Promise<TiDbView> {
    await this.session.run('ROLLBACK');
    await this.session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const [{ tso }] = await this.session.rows<{ tso: string | number }>('SELECT @@tidb_current_ts AS tso');
    const text = String(tso);
    if (!/^\d{16,19}$/.test(text)) throw new RefusedError('MYSQL_ERROR', `The server says "${text}" for the timestamp of a transaction (tidb_current_ts).`, 'Look at the server\'s version: TiDB 6.5 or newer.');
    // TiDB, "TimeStamp Oracle": milliseconds before the last 18 bits.
    return { tso: text, at: new Date(Number(BigInt(text) >> 18n)) };
  }

  /** Puts back what was raised, and ends the session. Never throws: what could not be put back is said, and the next run sees it. */
  async close(): Promise<void> {
    clearInterval(this.alive);
    if (this.raised !== undefined) {
      const back = await this.putBack(this.session) || await openSession(this.place).then(async (session) => {
        const done = await this.putBack(session);
        await session.close();
        return done;
      }, () => false);
      if (!back) this.context.log.warn('tidb_gc_life_time could not be put back; the next run does', { raised: this.raised, former: this.former });
    }
    await this.session.close();
  }

  private async secureLife(needed: number): Promise<void> {
    const { context: { config, log }, session } = this;
    const life = await readLife(session);
    refuseShortLife(config, life, needed);
    if (life.formerSeconds !== undefined) log.warn('an earlier run left tidb_gc_life_time raised', { raised: life.text, formerSeconds: life.formerSeconds });
    if (config.tidb?.garbageCollection !== 'raise' || life.formerSeconds === undefined && life.seconds >= needed) return;
    const [{ got }] = await session.rows<{ got: number | string | null }>(`SELECT GET_LOCK('${LOCK}', ${LOCK_SECONDS}) AS got`);
    if (Number(got) !== 1) {
      throw new TransientError('GC_RAISED', 'Another run has raised tidb_gc_life_time of this server and is still at work.', 'It is tried again; give the protections of one server different hours.');
    }
    // What the run that held the lock until now put back is what counts.
    const now = await readLife(session);
    const former = now.formerSeconds ?? now.seconds;
    this.former = now.formerSeconds === undefined ? now.text : `${former}s`;
    await this.raise(former, needed);
  }

  private async raise(former: number, needed: number): Promise<void> {
    const { session, context: { log } } = this;
    // Garbage collection counts from the transaction's beginning, which is still to come.
    const value = raisedLife(Math.max(former, Math.ceil(needed * 1.5)), former);
    this.raised = value;
    try {
      await session.run(`SET GLOBAL tidb_gc_life_time = '${value}'`);
    } catch (error) {
      this.raised = undefined;
      throw new RefusedError(
        error instanceof RunError && error.code === 'NO_PERMISSION' ? 'NO_PERMISSION' : 'GC_TOO_SHORT',
        `Reading is expected to take ${inWords(needed)}, the server keeps versions for ${inWords(former)}, and that could not be raised: ${messageOf(error)}`,
        'GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO the user; on TiDB Cloud Starter and Essential nobody may set it: TiDbGarbageCollection.HOLD.', { cause: error },
      );
    }
    log.info('tidb_gc_life_time raised', { from: this.former, to: value });
    const { text } = await readLife(session);
    if (Math.abs(durationSeconds(text) - durationSeconds(value)) > 1e-6) {
      throw new RefusedError('GC_TOO_SHORT', `The server took "${value}" for tidb_gc_life_time and says "${text}".`, 'Set it by hand, or use TiDbGarbageCollection.HOLD.');
    }
  }

  private async putBack(session: Session): Promise<boolean> {
    try {
      const { text } = await readLife(session);
      // Somebody else's wish by now.
      if (this.raised !== undefined && Math.abs(durationSeconds(text) - durationSeconds(this.raised)) > 1e-6) return true;
      await session.run(`SET GLOBAL tidb_gc_life_time = '${this.former}'`);
      this.raised = undefined;
      return true;
    } catch {
      return false;
    }
  }
}
