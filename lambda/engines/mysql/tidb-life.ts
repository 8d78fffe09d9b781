import type { MySqlConfig } from '../../../lib/contract/engines/mysql';
import { RefusedError } from '../../runtime/errors';
import type { Session } from './connection';
import type { ServerFacts } from './preflight';

/** A dump of TiDB is slower than this only on a server that is busy with other things. */
const BYTES_PER_SECOND = 8 * 1024 * 1024;
const LEAST_SECONDS = 60;
/** TiDB Cloud, "Limitations of TiDB Cloud Starter and Essential": a transaction lasts 30 minutes at most. */
const SERVERLESS_TRANSACTION_SECONDS = 30 * 60;

/** For how long a server keeps the versions of its rows. */
export interface Life {
  /** As the server says it, such as `10m0s`. */
  readonly text: string;
  readonly seconds: number;
  /** Life before a run that was killed raised it. */
  readonly formerSeconds?: number;
  /** Seconds for which an open transaction keeps them. */
  readonly heldSeconds: number;
}

/** How long reading may take: as declared, or from the size. */
export function readingSeconds(config: MySqlConfig, { bytes }: Pick<ServerFacts, 'bytes'>): number {
  return config.tidb?.readSeconds ?? LEAST_SECONDS + Math.ceil(bytes / BYTES_PER_SECOND);
}

/** TiDB, "System Variables": tidb_gc_enable, tidb_gc_life_time, tidb_gc_max_wait_time. */
export async function readLife(session: Session): Promise<Life> {
  const [row] = await session.rows<{ text: string; enabled: number | string; held: number | string; version: string }>(
    'SELECT @@GLOBAL.tidb_gc_life_time AS text, @@GLOBAL.tidb_gc_enable AS enabled, @@GLOBAL.tidb_gc_max_wait_time AS held, VERSION() AS version',
  );
  const off = ['0', 'OFF'].includes(String(row.enabled).toUpperCase());
  const seconds = off ? Number.MAX_SAFE_INTEGER : durationSeconds(row.text);
  const held = Number(row.held);
  const former = formerSeconds(row.text);
  return {
    text: row.text, seconds, ...former === undefined ? {} : { formerSeconds: former },
    heldSeconds: /serverless|starter|essential/i.test(row.version) ? Math.min(held, SERVERLESS_TRANSACTION_SECONDS) : held,
  };
}

/**
 * Held against what keeps the versions that a dump reads.
 *
 * @throws RefusedError GC_TOO_SHORT
 */
export function refuseShortLife(config: MySqlConfig, life: Life, needed: number): void {
  const treatment = config.tidb?.garbageCollection ?? 'refuse';
  // What a killed run left raised may be put back by the next at any time.
  const own = life.formerSeconds ?? life.seconds;
  if (own >= needed || treatment === 'raise' || treatment === 'hold' && life.heldSeconds >= needed) return;
  const kept = treatment === 'hold'
    ? `an open transaction holds them for ${inWords(life.heldSeconds)} at most (tidb_gc_max_wait_time${life.heldSeconds === SERVERLESS_TRANSACTION_SECONDS ? ', and the 30 minutes that TiDB Cloud allows' : ''})`
    : `the server keeps them for ${inWords(own)} (tidb_gc_life_time)`;
  throw new RefusedError(
    'GC_TOO_SHORT', `Reading is expected to take ${inWords(needed)}, and of the rows' versions that it needs ${kept}.`,
    `SET GLOBAL tidb_gc_life_time = '${Math.ceil(needed / 60)}m' on the server, or let the source raise it for the dump (TiDbGarbageCollection.RAISE) or hold it back by a transaction (HOLD); a shorter readTime where the estimate is too long.`,
  );
}

/** Go's form of a duration, such as `1h10m0.5s`. @throws RefusedError for another one */
export function durationSeconds(text: string): number {
  const unit: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, 'µs': 1e-6, ns: 1e-9 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) {
    throw new RefusedError('MYSQL_ERROR', `The server's tidb_gc_life_time is "${text}", which is no duration.`, 'Look at it on the server.');
  }
  return parts.reduce((sum, [, figure, name]) => sum + Number(figure) * unit[name], 0);
}

/** The last digits of a life time that this library raised. */
const MARK = 417;
const MOST_SECONDS = 999_999;

/**
 * A life time that tells the next run what it was before, in nanoseconds that nobody misses: where a worker is killed, nothing else of it
 * is left on the server, and a table of its own would need a right to write.
 */
export function raisedLife(seconds: number, former: number): string {
  const whole = Math.ceil(seconds);
  const nanoseconds = String(Math.min(MOST_SECONDS, Math.ceil(former)) * 1000 + MARK).padStart(9, '0');
  return `${Math.floor(whole / 3600)}h${Math.floor(whole / 60) % 60}m${whole % 60}.${nanoseconds}s`;
}

/** What a life time was before this library raised it; undefined when it did not. */
export function formerSeconds(text: string): number | undefined {
  const match = /\.(\d{9})s$/.exec(text);
  return match && Number(match[1]) % 1000 === MARK ? Math.floor(Number(match[1]) / 1000) : undefined;
}

export function inWords(seconds: number): string {
  if (seconds === Number.MAX_SAFE_INTEGER) return 'ever';
  const minutes = Math.round(seconds / 60);
  return seconds < 120 ? `${Math.round(seconds)} s` : minutes < 120 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
}
