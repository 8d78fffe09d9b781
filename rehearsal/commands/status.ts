import { writeFile } from 'node:fs/promises';
import type { ParseArgsOptionsConfig } from 'node:util';
import { type Assembly, readAssembly } from '../assembly';
import type { Terminal } from '../command-line';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { statusHtml } from '../status/html';
import { openKeptStore } from '../status/kept-store';
import type { Status } from '../status/model';
import { prometheusText } from '../status/prometheus';
import { readStatus, type ReadProps, type Source } from '../status/read-status';
import { statusText } from '../status/text';
import { watch } from '../status/watch';
import { UsageError } from '../usage';
import { CHOICE_OPTIONS, choosePolicies } from '../choose-policy';
import { isForeseen } from './foreseen';
import { parseOptions } from './options';

export const STATUS_USAGE = `usage: backup-policy status [options]

How the backups of an app are, by what its store really holds: the deployed sentinel looks at it once more, and what it sees is held
against the declared alarms. Of each protection: the newest proven copy and how old it is, the last drill, copies and size, replicas,
the last 30 days (■ every run proven, ◧ a run is missing, ▲ a copy is not proven, ✗ no proven copy, · nothing was due), and what is
wrong, with the section of the runbook.

  --app FOLDER          what \`cdk synth\` wrote and was deployed                         (default: cdk.out)
  --application NAME    only the policies of this application                          (default: all of the app)
  --environment NAME    only those of this environment                                 (default: all)
  --region NAME         region of stacks that leave it to the deployment               (default: AWS_REGION)
  --local               run the sentinel's code here, with your own rights             (default: the deployed function is asked)
  --store FOLDER        the store that \`rehearse --keep\` left, such as report/store; nothing of AWS is asked
  --at INSTANT          with --store: the instant to look at it                        (default: now, or after its last write)
  --json                print the status as JSON
  --prometheus          print it in Prometheus' text format 0.0.4, for a textfile collector
  --html FILE           write it as a page that needs nothing else
  --watch               look again and again, until Ctrl-C
  --every SECONDS       with --watch: how often, 5 at least                            (default: 60)
  --verbose             print what the sentinel logs
  --help

Exit code: 0 all is well, or waits, or is paused; 1 something breaches its limit; 2 wrong usage, or something could not be read.
`;

const OPTIONS = {
  ...CHOICE_OPTIONS,
  region: { type: 'string' },
  local: { type: 'boolean', default: false },
  store: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
  prometheus: { type: 'boolean', default: false },
  html: { type: 'string' },
  watch: { type: 'boolean', default: false },
  every: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

type Options = ReturnType<typeof parse>;

const WATCH_SECONDS = 60;
const LEAST_WATCH_SECONDS = 5;

/** The page could not be written. */
class PageError extends Error {}

function parse(args: readonly string[]) {
  return parseOptions(args, OPTIONS, STATUS_USAGE);
}

/**
 * `backup-policy status`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function statusCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parse(args);
  if (options.help) {
    terminal.stdout.write(STATUS_USAGE);
    return 0;
  }
  const seconds = checked(options);
  const opened: Opened = {};
  try {
    const assembly = readAssembly(options.app);
    const policies = choosePolicies(assembly, options, STATUS_USAGE);
    const source = await sourceOf(options, terminal, assembly, opened);
    const props: ReadProps = {
      assembly, policies, source, env: terminal.env, signal: terminal.signal,
      onLog: options.verbose ? (line) => void terminal.stderr.write(`${line}\n`) : () => undefined,
    };
    const look = async (): Promise<Status> => {
      const status = await readStatus(props);
      if (options.html !== undefined) await writePage(options.html, status);
      return status;
    };
    const show = (status: Status): string => shown(status, options, terminal);
    if (seconds !== undefined) return exitCode(await watch({ look, seconds, terminal, show }));
    const status = await look();
    terminal.stdout.write(show(status));
    if (options.html !== undefined && !options.json && !options.prometheus) terminal.stderr.write(`${options.html}\n`);
    return exitCode(status);
  } catch (error) {
    if (terminal.signal.aborted) return 130;
    if (!isForeseen(error) && !(error instanceof PageError)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n`);
    return 2;
  } finally {
    await opened.close?.();
  }
}

/** @returns seconds between two looks; undefined for a single one */
function checked({ json, prometheus, watch: watching, every, at, store, local }: Options): number | undefined {
  if (json && prometheus) throw new UsageError('--json and --prometheus: only one of them can be printed', STATUS_USAGE);
  if (every !== undefined && !watching) throw new UsageError('--every goes with --watch', STATUS_USAGE);
  if (at !== undefined && store === undefined) throw new UsageError('--at goes with --store: what is deployed has a clock of its own', STATUS_USAGE);
  if (at !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(at)) throw new UsageError(`--at ${at} is no instant: write it as 2026-11-20T02:00:00Z`, STATUS_USAGE);
  if (local && store !== undefined) throw new UsageError('--local and --store: a kept store is read here anyway', STATUS_USAGE);
  if (!watching) return undefined;
  const seconds = Number(every ?? WATCH_SECONDS);
  if (!Number.isInteger(seconds) || seconds < LEAST_WATCH_SECONDS) throw new UsageError(`--every ${every}: give whole seconds, ${LEAST_WATCH_SECONDS} at least`, STATUS_USAGE);
  return seconds;
}

type Opened = { close?: () => Promise<void> };

async function sourceOf({ store, at, region, local }: Options, { env }: Terminal, assembly: Assembly, opened: Opened): Promise<Source> {
  if (store === undefined) return { kind: 'deployed', local, deployed: new Deployed(assembly, { region: region ?? regionIn(env) }) };
  const kept = await openKeptStore({ assembly, folder: store, at, env });
  opened.close = () => kept.close();
  return { kind: 'kept', store: kept };
}

function shown(status: Status, { json, prometheus }: Options, { stdout, env }: Terminal): string {
  if (json) return `${JSON.stringify(status, undefined, 2)}\n`;
  return prometheus ? prometheusText(status) : statusText(status, { color: stdout.isTTY === true && !env.NO_COLOR });
}

/** Well, or not well yet and nothing wrong with it: whatever cannot be read is neither. */
function exitCode({ condition }: Status): number {
  if (condition === 'unknown') return 2;
  return condition === 'trouble' ? 1 : 0;
}

async function writePage(file: string, status: Status): Promise<void> {
  try {
    await writeFile(file, statusHtml(status));
  } catch (error) {
    throw new PageError(`--html ${file}: the page cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
