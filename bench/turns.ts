import { join } from 'node:path';
import { cronLine, customFormat, findRestic, pgRestore, restic, type Measured, type PgRestoreMeasured, type Target } from './commands';
import type { Measurement } from './options';
import type { VerifyMeasured, Workers } from './workers';

/** Every turn's figures of each measurement, and why some have none. */
export interface Figures {
  readonly measured: Partial<Record<Exclude<Measurement, 'writer' | 'synth' | 'sentinel'>, Measured[]>>;
  readonly skipped: Partial<Record<Measurement, string>>;
}

export interface TurnsProps {
  readonly source: Target;
  readonly scratch: Target['server'];
  readonly workers: Workers | { readonly reason: string };
  readonly folder: string;
  readonly only: readonly Measurement[];
  readonly runs: number;
  readonly onProgress: (line: string) => void;
}

/** Measures each in turn, so that what the machine does meanwhile falls on all alike. */
export async function takeTurns(props: TurnsProps): Promise<Figures> {
  const { source, folder, only, onProgress } = props;
  const skipped: Figures['skipped'] = {};
  const measured: Figures['measured'] = {};
  const measures = new Map<Exclude<Measurement, 'writer' | 'synth' | 'sentinel'>, () => Promise<Measured>>();
  const copies = join(folder, 'copies');
  if (only.includes('cron')) measures.set('cron', () => cronLine(source, copies));
  if (only.includes('custom')) measures.set('custom', () => customFormat(source, copies));
  if (only.includes('restic')) {
    const found = await findRestic();
    if ('reason' in found) skipped.restic = found.reason;
    else measures.set('restic', () => restic(source, copies, found.environment));
  }
  const { workers } = props;
  if (only.includes('dump')) {
    if ('reason' in workers) skipped.dump = workers.reason;
    else measures.set('dump', () => workers.dump());
  }
  if (only.includes('pg_restore')) measures.set('pg_restore', () => restoreIntoNew(props.scratch, copies));
  if (only.includes('verify')) {
    if ('reason' in workers) skipped.verify = workers.reason;
    else measures.set('verify', () => workers.verify());
  }
  for (let turn = 1; turn <= props.runs; turn++) {
    for (const [name, measure] of measures) {
      const figures = await measure();
      (measured[name] ??= []).push(figures);
      const cpu = Object.entries(figures.cpuSeconds).filter(([, spent]) => spent >= 0.1).map(([who, spent]) => `${who} ${spent.toFixed(1)}`);
      onProgress(`turn ${turn} of ${props.runs}: ${name} ${figures.seconds.toFixed(2)} s${detail(figures)}, cpu ${cpu.join(', ')}`);
    }
  }
  return { measured, skipped };
}

function detail(figures: Measured): string {
  if ('analyzeSeconds' in figures) return ` (and statistics ${(figures as PgRestoreMeasured).analyzeSeconds.toFixed(2)})`;
  if (!('restoreSeconds' in figures)) return '';
  const { restoreSeconds, scratchSeconds, censusSeconds } = figures as VerifyMeasured;
  return ` (scratch ${scratchSeconds.toFixed(2)}, restore ${restoreSeconds.toFixed(2)}, census ${censusSeconds.toFixed(2)})`;
}

async function restoreIntoNew(server: Target['server'], copies: string): Promise<Measured> {
  const database = 'restored';
  await server.createDatabase(database);
  try {
    return await pgRestore({ server, database }, copies);
  } finally {
    await server.dropDatabase(database);
  }
}
