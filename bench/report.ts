import type { Measured, PgRestoreMeasured } from './commands';
import { median, megabytes, seconds } from './figures';
import type { DatasetSize } from './load-dataset';
import type { Measurement } from './options';
import type { SentinelFigures } from './sentinel';
import { MANY_POLICIES, type SynthFigures } from './synth';
import type { Figures } from './turns';
import type { VerifyMeasured } from './workers';
import type { WriterFigures } from './writer';

export interface BenchReport {
  readonly machine: {
    readonly cpus: number;
    readonly memoryBytes: number;
    readonly platform: string;
    readonly node: string;
    /** Undefined when no database was measured. */
    readonly postgres: string | undefined;
  };
  readonly dataset?: DatasetSize & { readonly description: string; readonly seconds: number };
  readonly runs: number;
  readonly figures: Figures;
  readonly writer?: Readonly<Record<string, WriterFigures>>;
  readonly synth?: SynthFigures;
  readonly sentinel?: readonly SentinelFigures[];
}

interface Line {
  readonly name: string;
  readonly wall: number;
  readonly against: Readonly<Record<string, number | undefined>>;
  readonly storedBytes?: number;
  readonly cpu?: number;
  readonly memory: Measured['memory'];
}

const TITLES: Readonly<Record<Exclude<Measurement, 'writer' | 'synth' | 'sentinel'>, string>> = {
  cron: 'pg_dump | gzip (the cron line)',
  custom: 'pg_dump -Fc',
  restic: 'pg_dump | restic --stdin',
  dump: 'dump worker, store in the loop',
  pg_restore: 'pg_restore -j2, tuned server',
  verify: 'verify worker, the whole drill',
};

/** Medians of a report, and ratios of medians, as they go into the JSON. */
export function mediansOf({ figures: { measured }, synth }: Pick<BenchReport, 'figures' | 'synth'>) {
  const wall = (name: keyof typeof TITLES): number | undefined => measured[name] && median(measured[name].map((one) => one.seconds));
  const ratio = (one: number | undefined, other: number | undefined): number | undefined =>
    one !== undefined && other !== undefined ? one / other : undefined;
  const restores = measured.pg_restore as PgRestoreMeasured[] | undefined;
  const analyzed = restores && median(restores.map((one) => one.seconds + one.analyzeSeconds));
  const drills = measured.verify as VerifyMeasured[] | undefined;
  const restoring = drills && median(drills.map((one) => one.restoreSeconds));
  return {
    seconds: {
      ...Object.fromEntries(Object.keys(TITLES).map((name) => [name, wall(name as keyof typeof TITLES)])),
      analyzed, restore: restoring,
    },
    ratios: {
      dumpOfCron: ratio(wall('dump'), wall('cron')),
      dumpOfCustom: ratio(wall('dump'), wall('custom')),
      restoreOfPgRestore: ratio(restoring, wall('pg_restore')),
      restoreOfAnalyzed: ratio(restoring, analyzed),
      drillOfPgRestore: ratio(wall('verify'), wall('pg_restore')),
      drillOfAnalyzed: ratio(wall('verify'), analyzed),
      manyPoliciesOfOne: synth && median(synth.many) / median(synth.one),
    },
  };
}

export function renderReport(report: BenchReport): string {
  const { machine, dataset, figures, runs } = report;
  const { measured, skipped } = figures;
  const { seconds: walls, ratios } = mediansOf(report);
  const line = (name: keyof typeof TITLES, against: Line['against']): Line | undefined => {
    const all = measured[name];
    const storedBytes = all?.at(-1)?.storedBytes;
    const [wall, cpu] = all ? [median(all.map((one) => one.seconds)), median(all.map(cpuOf))] : [];
    return all && wall !== undefined ? { name: TITLES[name], wall, cpu, against, storedBytes, memory: peakOf(all) } : undefined;
  };
  const dumps = (['cron', 'custom', 'restic', 'dump'] as const).map((name) => line(name, {
    'of cron': ratioOf(measured, name, 'cron'), 'of -Fc': ratioOf(measured, name, 'custom'),
  }));
  const restored = line('verify', {});
  const restores = [
    line('pg_restore', { 'of pg_restore': ratioOf(measured, 'pg_restore', 'pg_restore') }),
    walls.analyzed === undefined
      ? undefined
      : { name: '  and vacuumdb --analyze-only -j2', wall: walls.analyzed, against: { 'of both': 1 }, memory: NO_MEMORY },
    restored && walls.restore !== undefined
      ? { name: '  of which restore', wall: walls.restore, against: { 'of pg_restore': ratios.restoreOfPgRestore, 'of both': ratios.restoreOfAnalyzed }, memory: NO_MEMORY }
      : undefined,
    line('verify', { 'of pg_restore': ratios.drillOfPgRestore, 'of both': ratios.drillOfAnalyzed }),
  ];
  const text = [
    ...(dataset ? [`${dataset.description}: ${dataset.tables} tables, ${dataset.rows} rows, ${megabytes(dataset.copyTextBytes)} MB of COPY text, `
    + `${megabytes(dataset.diskBytes)} MB on disk`] : []),
    `${machine.postgres === undefined ? '' : `PostgreSQL ${machine.postgres}, `}Node ${machine.node}, ${machine.cpus} cores, ${(machine.memoryBytes / 1e9).toFixed(1)} GB; `
    + `medians of ${runs} turns; cpu is of command, servers and store; memory is the peak of all turns`,
    '',
    ...table(['dump', 'wall s', 'of cron', 'of -Fc', 'cpu s', 'stored MB', 'peak MB', 'Node MB', 'others MB'], dumps),
    ...table(['restore', 'wall s', 'of pg_restore', 'of both', 'cpu s', 'peak MB', 'Node MB', 'others MB'], restores),
  ];
  if (report.writer) text.push(...writerTable(report.writer));
  if (report.synth) text.push(...synthTable(report.synth));
  if (report.sentinel) text.push(...sentinelTable(report.sentinel));
  for (const [name, reason] of Object.entries(skipped)) text.push(`skipped: ${name}: ${reason}`);
  return `${text.join('\n')}\n`;
}

const NO_MEMORY: Measured['memory'] = { tree: undefined, worker: undefined, children: undefined };

function ratioOf(measured: Figures['measured'], one: keyof typeof TITLES, other: keyof typeof TITLES): number | undefined {
  const [a, b] = [measured[one], measured[other]];
  return a && b ? median(a.map((run) => run.seconds)) / median(b.map((run) => run.seconds)) : undefined;
}

/** All that this run had done for it: the command, its server, the store. */
function cpuOf({ cpuSeconds }: Measured): number {
  return Object.values(cpuSeconds).reduce((sum, one) => sum + one, 0);
}

function peakOf(all: readonly Measured[]): Measured['memory'] {
  const most = (of: (memory: Measured['memory']) => number | undefined): number | undefined => {
    const known = all.map((one) => of(one.memory)).filter((bytes) => bytes !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  };
  return { tree: most((one) => one.tree), worker: most((one) => one.worker), children: most((one) => one.children) };
}

function table(heads: readonly string[], lines: readonly (Line | undefined)[]): string[] {
  const rows = lines.filter((line) => line !== undefined).map((line) => heads.map((head, i) => {
    const bytes = { 'stored MB': line.storedBytes, 'peak MB': line.memory.tree, 'Node MB': line.memory.worker, 'others MB': line.memory.children };
    if (i === 0) return line.name;
    if (head === 'wall s') return seconds(line.wall);
    if (head === 'cpu s') return line.cpu === undefined ? '–' : seconds(line.cpu);
    const value = head in bytes ? bytes[head as keyof typeof bytes] : undefined;
    if (head in bytes) return value === undefined ? '–' : megabytes(value);
    return line.against[head]?.toFixed(2) ?? '–';
  }));
  return rows.length === 0 ? [] : aligned([heads, ...rows]);
}

function writerTable(writer: Readonly<Record<string, WriterFigures>>): string[] {
  const rows = Object.entries(writer).map(([during, one]) => [
    during, String(one.transactions),
    ...[one.medianMilliseconds, one.p95Milliseconds, one.worstMilliseconds].map((value) => value.toFixed(1)),
  ]);
  return aligned([['a writer meanwhile', 'transactions', 'median ms', 'p95 ms', 'worst ms'], ...rows]);
}

/** Each against the first. */
function sentinelTable(all: readonly SentinelFigures[]): string[] {
  const [first] = all;
  const of = (value: number, base: number): string => (value / base).toFixed(2);
  return aligned([
    ['sentinel', 'requests', 'of first', 'wall s', 'of first', 'memory MB', 'of first'],
    ...all.map(({ runs, requests, seconds: wall, memoryBytes }) => [
      `${runs} runs`, String(requests), of(requests, first.requests), seconds(wall), of(wall, first.seconds),
      megabytes(memoryBytes), of(memoryBytes, first.memoryBytes),
    ]),
  ]);
}

function synthTable({ one, many }: SynthFigures): string[] {
  const of = (all: readonly number[]): string => (median(all) / median(one)).toFixed(2);
  return aligned([
    ['synth', 'cpu s', 'of one'], ['one policy', seconds(median(one)), of(one)], [`${MANY_POLICIES} policies`, seconds(median(many)), of(many)],
  ]);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join('  '));
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1), ''];
}
