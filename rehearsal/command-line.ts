import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { NewerContractError, ContractError } from '../lib/contract/common';
import { slotOf, runIdOf } from '../lib/contract/object-keys';
import { AlarmError } from './alarms/alarm';
import { rehearseAlarms } from './alarms/rehearse-alarms';
import { AssemblyError } from './assembly';
import { SimulatorMissingError } from './cloud/simulate';
import { IdentityError } from './drill-identity';
import { progressOn } from './progress';
import { rehearse, type RehearseProps } from './rehearse';
import { alarmReportText } from './report/alarm-text';
import { reportText } from './report/text';
import { ReportWriteError, writeAlarmReport, writeReport } from './report/write';
import { ServersError } from './servers/servers-error';
import { UnknownProtectionError } from './stage';
import { ADDRESSES, UnknownEngineError } from './sources';
import { SourceError } from './sources/source';
import { UsageError, nearest } from './usage';

export const REHEARSE_USAGE = `usage: backup-policy rehearse [options]

Runs the synthesized state machine of every protection here: the workers from their bundles, their permissions
enforced, against throwaway databases and a local AWS endpoint, up to the verdict.

  --app FOLDER               what \`cdk synth\` wrote                                      (default: cdk.out)
  --protection ID            only this one, or APPLICATION/ID where several have the same; may be given again
                                                                                         (default: all)
  --slot INSTANT             the scheduled instant, such as 2026-11-20T02:00:00Z         (default: the schedule's last)
  --days N                   then lets N days (1 to 400) pass on the store's clock: a copy at every slot, the retire
                             rounds, replication, S3's lifecycle at each midnight; at last the store's region is
                             lost, and a copy is proven from the replica                 (default: none pass)
  --every-slot               with --days: run the state machine at each slot, some seconds each; without it the
                             first copy's bytes are stored once more
  --alarms                   a fault for each alarm of the policies, in real runs where a run is at fault: how soon it is
                             heard, the message, when it is over; and a month, and days around the changes of the
                             clocks, in which nobody hears of anything. Some minutes; alarms.json, alarms.html
  --source-sql [ID=]FILE     fills the throwaway server; may be given again, in order    (default: a small sample)
  --connection ID=ADDRESS    a database of one's own instead, which is only read:
                             ${ADDRESSES.join(' or ')},
                             or env:NAME for the variable that holds it, so that no password stands among the
                             arguments, where others see it
  --identity ID=FILE         age identity for the drills of an encrypted protection      (default: a throwaway one)
  --parameter NAME=VALUE     value of a template parameter; may be given again           (default: the template's)
  --report FOLDER            where report.json and report.html go                        (default: report)
  --keep                     keep the store in the report's folder                       (default: it is removed)
  --json                     print report.json's content
  --verbose                  print what the workers log
  --no-sandbox               run workers without the sandbox                             (default: with it, where there is one)
  --help

Exit code: 0 all is proven (with --alarms: every alarm was heard, and none rang by itself), or as far as the policy lets a drill go (checksums only); 1 something is not; 2 it could not begin: wrong usage, no assembly, no database.
`;

const OPTIONS = {
  'app': { type: 'string', default: 'cdk.out' },
  'protection': { type: 'string', multiple: true },
  'slot': { type: 'string' },
  'days': { type: 'string' },
  'every-slot': { type: 'boolean', default: false },
  'alarms': { type: 'boolean', default: false },
  'source-sql': { type: 'string', multiple: true, default: [] as string[] },
  'connection': { type: 'string', multiple: true, default: [] as string[] },
  'identity': { type: 'string', multiple: true, default: [] as string[] },
  'parameter': { type: 'string', multiple: true, default: [] as string[] },
  'report': { type: 'string', default: 'report' },
  'keep': { type: 'boolean', default: false },
  'json': { type: 'boolean', default: false },
  'verbose': { type: 'boolean', default: false },
  'no-sandbox': { type: 'boolean', default: false },
  'help': { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

export interface Terminal {
  readonly stdout: { readonly isTTY?: boolean; readonly rows?: number; write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * `backup-policy rehearse`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function rehearseCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parse(args);
  if (options.help) {
    terminal.stdout.write(REHEARSE_USAGE);
    return 0;
  }
  const progress = progressOn(terminal.stderr);
  if (options.alarms) forbidWithAlarms(options);
  const props: RehearseProps = {
    app: options.app,
    protections: options.protection,
    slot: options.slot === undefined ? undefined : instant(options.slot),
    days: days(options.days, options['every-slot']),
    everySlot: options['every-slot'],
    sourceFiles: options['source-sql'].map(sourceFile),
    connections: connections(options.connection, terminal.env),
    identities: identities(options.identity),
    parameters: Object.fromEntries(options.parameter.map((pair) => split('--parameter', pair, 'NAME=VALUE'))),
    store: options.keep ? `${options.report}/store` : undefined,
    sandbox: !options['no-sandbox'],
    signal: terminal.signal,
    progress,
    onLog: options.verbose ? (line) => progress.say(line) : undefined,
  };
  try {
    if (options.alarms) return await alarmsCommand(props, options, terminal);
    const report = await rehearse(props);
    const { html } = await writeReport(report, options.report);
    terminal.stderr.write(reportText(report, { color: terminal.stderr.isTTY === true && !terminal.env.NO_COLOR, page: html }));
    if (options.json) terminal.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    return report.outcome === 'failed' || report.outcome === 'not-proven' ? 1 : 0;
  } catch (error) {
    if (terminal.signal.aborted) {
      terminal.stderr.write('\nstopped: nothing is left running, no report was written\n');
      return 130;
    }
    const foreseen = [
      AssemblyError, UnknownProtectionError, UnknownEngineError, IdentityError, SourceError, ServersError, ReportWriteError,
      NewerContractError, ContractError, SimulatorMissingError, AlarmError,
    ];
    if (!foreseen.some((kind) => error instanceof kind)) throw error;
    terminal.stderr.write(`backup-policy: ${(error as Error).message}\n`);
    return 2;
  }
}

async function alarmsCommand(props: RehearseProps, options: ReturnType<typeof parse>, terminal: Terminal): Promise<number> {
  const report = await rehearseAlarms(props);
  const { html } = await writeAlarmReport(report, options.report);
  terminal.stderr.write(alarmReportText(report, { color: terminal.stderr.isTTY === true && !terminal.env.NO_COLOR, page: html }));
  if (options.json) terminal.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report.outcome === 'heard' ? 0 : 1;
}

/** Its days and its runs are its own: every protection's, at every slot. */
function forbidWithAlarms(options: ReturnType<typeof parse>): void {
  const { slot, days: passing, protection, keep } = options;
  const other = Object.entries({ slot, days: passing, protection, 'every-slot': options['every-slot'] || undefined, 'keep': keep || undefined })
    .find(([, value]) => value !== undefined)?.[0];
  if (options.connection.length > 0) throw new UsageError('--alarms and --connection do not go together: faults are done to the database', REHEARSE_USAGE);
  if (other !== undefined) throw new UsageError(`--alarms and --${other} do not go together`, REHEARSE_USAGE);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const message = (error as Error).message.split('. To specify')[0];
    const unknown = /'(--[^']+)'/.exec(message)?.[1];
    const meant = unknown && nearest(unknown.slice(2), Object.keys(OPTIONS));
    throw new UsageError(`${message}${(error as { code?: string }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && meant ? `; did you mean --${meant}?` : ''}`, REHEARSE_USAGE);
  }
}

function instant(text: string): string {
  try {
    return slotOf(runIdOf(new Date(text).toISOString()));
  } catch {
    throw new UsageError(`--slot ${text} is no instant: write it as 2026-11-20T02:00:00Z`, REHEARSE_USAGE);
  }
}

function days(text: string | undefined, everySlot: boolean): number | undefined {
  if (text === undefined) {
    if (everySlot) throw new UsageError('--every-slot: say with --days how many days are to pass', REHEARSE_USAGE);
    return undefined;
  }
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 400) throw new UsageError(`--days ${text}: give a whole number of days from 1 to 400`, REHEARSE_USAGE);
  return number;
}

/** `ID=FILE` where what stands before the sign can be an id; a path may have one too. */
function sourceFile(text: string): { protection?: string; file: string } {
  const [, protection, file] = /^((?:[a-z0-9][a-z0-9-]{0,62}\/)?[a-z0-9][a-z0-9-]{0,62})=(.+)$/.exec(text) ?? [];
  return file === undefined ? { file: text } : { protection, file };
}

function connections(given: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(given.map((pair) => {
    // The value may hold a password: no message of ours repeats it.
    const [id, address] = split('--connection', pair, `ID=${ADDRESSES[0]} or ID=env:NAME`, true);
    const variable = /^env:(.+)$/.exec(address)?.[1];
    if (variable === undefined) return [id, address];
    const value = env[variable];
    if (!value) throw new UsageError(`--connection ${id}=env:${variable}: there is no variable ${variable} in the environment`, REHEARSE_USAGE);
    return [id, value];
  }));
}

function identities(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((pair) => {
    const [id, file] = split('--identity', pair, 'ID=FILE');
    try {
      return [id, readFileSync(file, 'utf8')];
    } catch (error) {
      throw new UsageError(`--identity ${id}=${file}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`, REHEARSE_USAGE);
    }
  }));
}

function split(option: string, pair: string, form: string, secret = false): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1 || at === pair.length - 1) throw new UsageError(`${option}${secret ? '' : ` ${pair}`}: write it as ${form}`, REHEARSE_USAGE);
  return [pair.slice(0, at), pair.slice(at + 1)];
}
