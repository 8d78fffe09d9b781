import type { DatasetSize, LineLayout, TableLayout } from './engine';
import { median, megabytes, seconds } from './figures';
import type { Measured } from './measured';
import type { SentinelFigures } from './sentinel';
import { MANY_POLICIES, type SynthFigures } from './synth';
import type { Figures } from './turns';
import type { WriterFigures } from './writer';

export interface BenchReport {
  readonly machine: {
    readonly cpus: number;
    readonly memoryBytes: number;
    readonly platform: string;
    readonly node: string;
  };
  readonly runs: number;
  readonly engines: readonly EngineReport[];
  readonly synth?: SynthFigures;
  readonly sentinel?: readonly SentinelFigures[];
}

export interface EngineReport {
  /** With its version. */
  readonly server: string;
  readonly dataset: DatasetSize & { readonly description: string; readonly seconds: number };
  readonly textName: string;
  readonly layout: readonly TableLayout[];
  readonly figures: Figures;
  readonly writer?: Readonly<Record<string, WriterFigures>>;
}

/** Medians of each line, and its ratios to others by their names, as they go into the JSON. */
export interface Medians {
  readonly seconds: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface Line {
  readonly name: string;
  readonly wall: number;
  readonly against: Readonly<Record<string, number | undefined>>;
  readonly storedBytes?: number;
  readonly cpu?: number;
  readonly memory: Measured['memory'];
}

export function mediansOf({ layout, figures: { measured } }: Pick<EngineReport, 'layout' | 'figures'>): Medians {
  const lines = layout.flatMap((table) => table.lines.map((line) => ({ table, line })));
  const walls = Object.fromEntries(lines.flatMap(({ line }) => {
    const all = measured[line.measurement];
    return all ? [[line.name, median(all.map(line.seconds ?? ((one) => one.seconds)))]] : [];
  }));
  const ratios = lines.flatMap(({ table, line }) => {
    const bases = comparedWith(table, line).filter(({ line: base }) => line.name in walls && base in walls);
    const against = Object.fromEntries(bases.map(({ line: base }) => [base, walls[line.name] / walls[base]]));
    return bases.length > 0 ? [[line.name, against] as const] : [];
  });
  return { seconds: walls, ratios: Object.fromEntries(ratios) };
}

function comparedWith(table: TableLayout, { against }: LineLayout): TableLayout['against'] {
  return table.against.filter(({ line }) => against?.includes(line) ?? true);
}

export function renderReport({ machine, runs, engines, synth, sentinel }: BenchReport): string {
  const text = [
    `Node ${machine.node}, ${machine.cpus} cores, ${(machine.memoryBytes / 1e9).toFixed(1)} GB; `
    + `medians of ${runs} turns; cpu is of command, servers and store; memory is the peak of all turns`,
    '',
    ...engines.flatMap(engineText),
  ];
  if (synth) text.push(...synthTable(synth));
  if (sentinel) text.push(...sentinelTable(sentinel));
  return `${text.join('\n')}\n`;
}

function engineText(report: EngineReport): string[] {
  const { server, dataset, textName, layout, figures: { measured, skipped }, writer } = report;
  const medians = mediansOf(report);
  const text = [
    `${server}, ${dataset.description}: ${dataset.tables} tables, ${dataset.rows} rows, ${megabytes(dataset.textBytes)} MB of ${textName}, ${megabytes(dataset.diskBytes)} MB on disk`,
    '',
  ];
  for (const one of layout) {
    const lines = one.lines.map((line) => lineOf(one, line, measured[line.measurement], medians));
    const heads = one.against.map(({ head }) => `of ${head}`);
    const stored = one.title === 'dump' ? ['stored MB'] : [];
    text.push(...table([one.title, 'wall s', ...heads, 'cpu s', ...stored, 'peak MB', 'Node MB', 'others MB'], lines));
  }
  if (writer) text.push(...writerTable(writer));
  for (const [name, reason] of Object.entries(skipped)) text.push(`skipped: ${name}: ${reason}`);
  return text;
}

/** What is a share of a measurement has seconds of its own, and nothing else. */
function lineOf(
  of: TableLayout, line: LineLayout, all: readonly Measured[] | undefined, { seconds: walls, ratios }: Medians,
): Line | undefined {
  if (!all) return undefined;
  const against = Object.fromEntries(of.against.map(({ head, line: base }) => [`of ${head}`, ratios[line.name]?.[base]]));
  const common = { name: line.title, wall: walls[line.name], against };
  if (line.seconds) return { ...common, memory: NO_MEMORY };
  return { ...common, cpu: median(all.map(cpuOf)), storedBytes: all.at(-1)?.storedBytes, memory: peakOf(all) };
}

const NO_MEMORY: Measured['memory'] = { tree: undefined, worker: undefined, children: undefined };

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
