import { parseArgs } from 'node:util';

/** What the bench can measure, in the order in which each turn measures it. */
export const MEASUREMENTS = ['cron', 'custom', 'restic', 'dump', 'pg_restore', 'verify', 'writer', 'synth', 'sentinel'] as const;
export type Measurement = (typeof MEASUREMENTS)[number];

export interface BenchOptions {
  /** COPY text of the data set, in bytes. */
  readonly sizeBytes: number;
  /** Tables beside the dominating one. */
  readonly tables: number;
  /** The data set is one table, of `sizeBytes`. */
  readonly oneTable: boolean;
  /** The data set is this many tables of a few rows each; 0 for none. */
  readonly smallTables: number;
  readonly runs: number;
  readonly only: readonly Measurement[];
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

export const USAGE = `npm run bench -- [options]

Makes a database and measures, each in turn in one run: the cron line (pg_dump | gzip), pg_dump -Fc, restic --stdin and our dump worker
with the local store in the loop; pg_restore -j2 on the tuned scratch server and our verify worker (the whole drill); what the dumps
cost somebody who writes meanwhile; and, without a database, the synthesis of one policy and of fifty, and a round of the sentinel
on 200, 2,000 and 20,000 runs. Prints medians and ratios.

  --size SIZE          COPY text of the data set, such as 300MB or 1GB (default 1GB)
  --tables N           tables beside the dominating one, 1 to 1000 (default 12)
  --one-table SIZE     one table of that size instead
  --small-tables N     N tables of 20 rows each instead, 1 to 100000
  --runs N             turns, of which the median counts, 1 to 50 (default 3)
  --only NAMES         some of ${MEASUREMENTS.join(',')} (default all)
  --memory MEGABYTES   memory of our workers, 128 to 30720 (default 3008)
  --folder DIRECTORY   where data, copies and servers lie meanwhile (default a new one below the temporary folder)
  --json FILE          write every figure there as well
  --help               this text
`;

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };
const LEAST_BYTES = 1e6;
const MOST_BYTES = 1e12;

/** @throws UsageError @returns undefined when help is asked for */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const modes = (['size', 'one-table', 'small-tables'] as const).filter((name) => values[name] !== undefined);
  if (modes.length > 1) throw new UsageError(`--${modes.join(' and --')} exclude each other`);
  const smallTables = values['small-tables'] === undefined ? 0 : integer('--small-tables', values['small-tables'], 1, 100_000);
  if (values.tables !== undefined && (smallTables > 0 || values['one-table'] !== undefined)) {
    throw new UsageError('--tables belongs to --size, not to --one-table or --small-tables');
  }
  return {
    sizeBytes: size(values['one-table'] !== undefined ? '--one-table' : '--size', values['one-table'] ?? values.size ?? '1GB'),
    tables: integer('--tables', values.tables ?? '12', 1, 1000),
    oneTable: values['one-table'] !== undefined,
    smallTables,
    runs: integer('--runs', values.runs ?? '3', 1, 50),
    only: values.only === undefined ? MEASUREMENTS : measurements(values.only),
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
        'size': text, 'tables': text, 'one-table': text, 'small-tables': text, 'runs': text, 'only': text, 'memory': text, 'folder': text, 'json': text,
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

function measurements(value: string): Measurement[] {
  const named = value.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !(MEASUREMENTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: give some of ${MEASUREMENTS.join(', ')}`);
  // Whoever restores needs what is restored.
  const wanted = new Set(named);
  if (wanted.has('pg_restore')) wanted.add('custom');
  if (wanted.has('verify')) wanted.add('dump');
  return MEASUREMENTS.filter((name) => wanted.has(name));
}
