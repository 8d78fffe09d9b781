import { parseArgs } from 'node:util';

/** What needs no database. */
const WITHOUT_ENGINE = ['synth', 'sentinel'];

/** What an engine says of its measurements, by the engine's name. */
export type Measurable = Readonly<Record<string, {
  readonly measurements: readonly string[];
  readonly needs: Readonly<Record<string, string>>;
}>>;

export interface BenchOptions {
  /** Names of the engines that are measured. */
  readonly engines: readonly string[];
  /** Rows of a data set as the engine's own tool writes them, in bytes. */
  readonly sizeBytes: number;
  /** Tables beside the dominating one. */
  readonly tables: number;
  /** The data set is one table, of `sizeBytes`. */
  readonly oneTable: boolean;
  /** The data set is this many tables of a few rows each; 0 for none. */
  readonly smallTables: number;
  readonly runs: number;
  /** Measurements of all engines together, each engine's in the order of its turn. */
  readonly only: readonly string[];
  readonly jsonFile: string | undefined;
  readonly memoryMegabytes: number;
  readonly folder: string | undefined;
}

/** A command line that cannot be meant; the message names the value and what is allowed. */
export class UsageError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The help, with what each engine measures. */
export function usageOf(engines: Measurable): string {
  const own = Object.entries(engines).map(([name, { measurements }]) => `  ${name.padEnd(19)}  ${measurements.join(', ')}`);
  return `npm run bench -- [options]

Makes a database of each engine and measures, each in turn in one run: what people dump with and our dump worker with the local store
in the loop; what they restore with, into the tuned scratch server, and our verify worker (the whole drill); what the dumps cost
somebody who writes meanwhile; and, without a database, the synthesis of one policy and of fifty (synth), and a round of the sentinel on
200, 2,000 and 20,000 runs (sentinel). Prints medians and ratios.

  --engine NAMES       some of ${Object.keys(engines).join(', ')}, or all (default all)
  --size SIZE          rows of a data set as the engine's own tool writes them, such as 300MB or 1GB (default 1GB)
  --tables N           tables beside the dominating one, 1 to 1000 (default 12)
  --one-table SIZE     one table of that size instead
  --small-tables N     N tables of 20 rows each instead, 1 to 100000
  --runs N             turns, of which the median counts, 1 to 50 (default 3)
  --only NAMES         some of the measurements (default all): synth, sentinel, and of an engine those below
  --memory MEGABYTES   memory of our workers, 128 to 30720 (default 3008)
  --folder DIRECTORY   where data, copies and servers lie meanwhile (default a new one below the temporary folder)
  --json FILE          write every figure there as well
  --help               this text

Measurements, each engine's in the order of a turn:
${own.join('\n')}
`;
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };
const LEAST_BYTES = 1e6;
const MOST_BYTES = 1e12;

/** @throws UsageError @returns undefined when help is asked for */
export function parseOptions(args: readonly string[], all: Measurable): BenchOptions | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const modes = (['size', 'one-table', 'small-tables'] as const).filter((name) => values[name] !== undefined);
  if (modes.length > 1) throw new UsageError(`--${modes.join(' and --')} exclude each other`);
  const smallTables = values['small-tables'] === undefined ? 0 : integer('--small-tables', values['small-tables'], 1, 100_000);
  if (values.tables !== undefined && (smallTables > 0 || values['one-table'] !== undefined)) {
    throw new UsageError('--tables belongs to --size, not to --one-table or --small-tables');
  }
  const engines = enginesOf(values.engine, Object.keys(all));
  return {
    engines,
    sizeBytes: size(values['one-table'] !== undefined ? '--one-table' : '--size', values['one-table'] ?? values.size ?? '1GB'),
    tables: integer('--tables', values.tables ?? '12', 1, 1000),
    oneTable: values['one-table'] !== undefined,
    smallTables,
    runs: integer('--runs', values.runs ?? '3', 1, 50),
    only: measurements(values.only, engines.map((name) => all[name])),
    jsonFile: values.json,
    memoryMegabytes: integer('--memory', values.memory ?? '3008', 128, 30_720),
    folder: values.folder,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args], strict: true, allowPositionals: false,
      options: {
        'engine': text, 'size': text, 'tables': text, 'one-table': text, 'small-tables': text, 'runs': text, 'only': text, 'memory': text, 'folder': text, 'json': text,
        'help': { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function size(option: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)$/i.exec(value.trim());
  const bytes = match ? Math.round(Number(match[1]) * UNITS[match[2].toUpperCase()]) : Number.NaN;
  if (!(bytes >= LEAST_BYTES && bytes <= MOST_BYTES)) throw new UsageError(`${option} ${value}: give 1MB to 1000GB, such as 300MB`);
  return bytes;
}

function integer(option: string, value: string, least: number, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) throw new UsageError(`${option} ${value}: give an integer from ${least} to ${most}`);
  return number;
}

function enginesOf(value: string | undefined, all: readonly string[]): readonly string[] {
  if (value === undefined || value === 'all') return all;
  const named = value.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new UsageError(`--engine ${unknown}: give some of ${all.join(', ')}, or all`);
  return all.filter((name) => named.includes(name));
}

function measurements(value: string | undefined, engines: readonly Measurable[string][]): string[] {
  const all = [...new Set([...engines.flatMap((engine) => engine.measurements), ...WITHOUT_ENGINE])];
  if (value === undefined) return all;
  const named = value.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: give some of ${all.join(', ')}`);
  // Whoever restores needs what is restored.
  const wanted = new Set(named.flatMap((name) => [name, ...engines.flatMap(({ needs }) => needs[name] ?? [])]));
  return all.filter((name) => wanted.has(name));
}
