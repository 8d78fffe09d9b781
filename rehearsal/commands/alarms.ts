import { CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { hostname, userInfo } from 'node:os';
import type { ParseArgsOptionsConfig } from 'node:util';
import { ALARM_KINDS, sectionOf, type Severity } from '../../lib/contract/alarm-kinds';
import { CONTRACT_VERSION } from '../../lib/contract/common';
import { parseAlarmMark, TestNotice } from '../../lib/contract/notification';
import { alarmSection } from '../../lib/contract/runbook';
import type { DeclaredAlarm, DeclaredRecipient, DeclaredWatching } from '../../lib/contract/watching';
import { type Assembly, readAssembly } from '../assembly';
import { CHOICE_OPTIONS, type ChosenPolicy, choosePolicies, choosePolicy } from '../choose-policy';
import type { Terminal } from '../command-line';
import { asked } from '../deployed/aws-error';
import { Deployed, NotDeployedError, regionIn } from '../deployed/read-stacks';
import { counted, visible } from '../report/words';
import { KeptStoreError, openKeptStore } from '../status/kept-store';
import { NotWatchedError, readStatus } from '../status/read-status';
import { figure } from '../status/words';
import { nearest, UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { parseWords } from './options';

export const ALARMS_USAGE = `usage: backup-policy alarms list [options]
       backup-policy alarms test [--severity page|notify] [options]

list   every declared alarm: its limit, whom it tells, its state, its section of the runbook
test   sends a marked test through every channel of a policy's recipients, by the way that an alarm would go; nobody has to do anything

  --severity SEVERITY   test: by the way of pages or of notifications                  (default: page)
                        list: only these: page, what wakes somebody; notify, what waits for the morning (default: all)
  --app FOLDER          what \`cdk synth\` wrote and was deployed                       (default: cdk.out)
  --application NAME    which policy, where the app has several
  --environment NAME    which of its environments, where there are several
  --region NAME         region of stacks that leave it to the deployment               (default: AWS_REGION)
  --declared            list: what the app declares, and ask nobody for states
  --store FOLDER        list: states by the store that \`rehearse --keep\` left           (default: by CloudWatch)
  --json                print as JSON
  --help

list needs cloudwatch:DescribeAlarms; test needs cloudformation:DescribeStacks and ListStackResources, sns:Publish on the policy's intake
topics and the right to use their key.
Exit code: 0; 1 list: an alarm is in alarm; 2 wrong usage, or somebody could not be asked.
`;

const OPTIONS = {
  ...CHOICE_OPTIONS,
  region: { type: 'string' },
  severity: { type: 'string' },
  declared: { type: 'boolean', default: false },
  store: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

type Options = ReturnType<typeof parse>['options'];

/** A line of the list. */
interface ListedAlarm {
  readonly application: string;
  readonly environment: string;
  readonly protection?: string;
  readonly region?: string;
  readonly alarm: string;
  readonly severity: Severity;
  readonly limit: string;
  /** CloudWatch's word in AWS; `OK`, `ALARM`, `PAUSED` by a kept store; `MISSING` where it is declared and not there. */
  readonly state?: string;
  readonly since?: string;
  readonly runbook: string;
}

const SEVERITIES: readonly Severity[] = ['page', 'notify'];
const HELD_STATES = { well: 'OK', breached: 'ALARM', silent: 'PAUSED', unknown: 'INSUFFICIENT_DATA' } as const;

function parse(args: readonly string[]) {
  return parseWords(args, OPTIONS, ALARMS_USAGE);
}

/**
 * `backup-policy alarms`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function alarmsCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { options, words } = parse(args);
  if (options.help) {
    terminal.stdout.write(ALARMS_USAGE);
    return 0;
  }
  const command = commandOf(words, options);
  try {
    return await command(options, terminal);
  } catch (error) {
    if (!isForeseen(error)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n`);
    return 2;
  }
}

function commandOf(words: readonly string[], { severity, declared, store }: Options): typeof list {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new UsageError(word === undefined ? 'say list or test' : `"${more[0]}" is one word too many`, ALARMS_USAGE);
  const known = ['list', 'test'];
  if (!known.includes(word)) {
    const meant = nearest(word, known);
    throw new UsageError(`alarms can list and test, and not "${word}"${meant ? `; did you mean ${meant}?` : ''}`, ALARMS_USAGE);
  }
  if (severity !== undefined && !SEVERITIES.some((one) => one === severity)) throw new UsageError(`--severity ${severity}: it is page or notify`, ALARMS_USAGE);
  if (declared && store !== undefined) throw new UsageError('--declared and --store: one says no state, the other whose', ALARMS_USAGE);
  if (word === 'test' && (declared || store !== undefined)) throw new UsageError(`${declared ? '--declared' : '--store'} goes with list`, ALARMS_USAGE);
  return word === 'list' ? list : test;
}

async function list(options: Options, terminal: Terminal): Promise<number> {
  const assembly = readAssembly(options.app);
  const policies = choosePolicies(assembly, options, ALARMS_USAGE);
  const states = await statesBy(options, terminal, policies, assembly);
  const all = policies.flatMap((policy) => watchingOf(policy).alarms.map((alarm) => listed(policy, alarm, states)))
    .filter(({ severity }) => options.severity === undefined || severity === options.severity);
  terminal.stdout.write(options.json ? `${JSON.stringify({ version: 1, alarms: all }, undefined, 2)}\n` : table(all, states !== undefined));
  return all.some(({ state }) => state === 'ALARM') ? 1 : 0;
}

/** State by the mark of an alarm. */
type States = ReadonlyMap<string, { readonly state: string; readonly since?: string }>;

type Whose = { readonly environment: string; readonly application: string };
type Which = Pick<DeclaredAlarm, 'kind' | 'protection' | 'region'>;

/** @param home region of an alarm that says none */
function keyOf({ environment, application }: Whose, { kind, protection, region }: Which, home?: string): string {
  return [kind, environment, application, protection ?? '', region ?? home ?? ''].join(' ');
}

async function statesBy(
  options: Options, { env, signal }: Terminal, policies: readonly ChosenPolicy[], assembly: Assembly,
): Promise<States | undefined> {
  if (options.declared) return undefined;
  const states = new Map<string, { state: string; since?: string }>();
  if (options.store !== undefined) {
    const store = await openKeptStore({ assembly, folder: options.store, env });
    try {
      const status = await readStatus({ assembly, policies, source: { kind: 'kept', store }, env, signal, onLog: () => undefined });
      for (const { error } of status.unread) throw new KeptStoreError(error);
      for (const policy of status.policies) {
        const held = [policy, ...policy.replicas].flatMap(({ alarms }) => alarms);
        for (const alarm of held) states.set(keyOf(policy, alarm), { state: HELD_STATES[alarm.state] });
      }
    } finally {
      await store.close();
    }
    return states;
  }
  const deployed = new Deployed(assembly, { region: options.region ?? regionIn(env) });
  const regions = new Set(policies.flatMap((policy) => (
    [deployed.regionOf(policy.stack), ...watchingOf(policy).alarms.flatMap(({ region }) => region ?? [])])));
  for (const region of regions) {
    for (const { AlarmDescription, StateValue, StateUpdatedTimestamp } of await alarmsIn(region)) {
      const mark = parseAlarmMark(AlarmDescription ?? '');
      if (mark) states.set(keyOf(mark, { ...mark, region }), { state: StateValue ?? 'MISSING', since: StateUpdatedTimestamp?.toISOString() });
    }
  }
  return states;
}

/** By their marks alone: their names are CloudFormation's. */
async function alarmsIn(region: string): Promise<MetricAlarm[]> {
  const client = new CloudWatchClient({ region });
  try {
    return await asked(`CloudWatch in ${region} did not list its alarms`, async () => {
      const found: MetricAlarm[] = [];
      for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmTypes: ['MetricAlarm'] })) found.push(...MetricAlarms);
      return found;
    });
  } finally {
    client.destroy();
  }
}

function listed({ stack, declared }: ChosenPolicy, alarm: DeclaredAlarm, states: States | undefined): ListedAlarm {
  const { application, environment } = declared;
  const { kind, protection, region, severity, threshold } = alarm;
  const { metric, breach } = ALARM_KINDS[kind];
  const whose = { environment, application };
  const found = states?.get(keyOf(whose, alarm, stack.region)) ?? states?.get(keyOf(whose, alarm));
  return {
    ...whose, protection, region, alarm: sectionOf(kind), severity, limit: `${breach === 'below' ? 'least' : 'at most'} ${figure(metric, threshold)}`,
    ...(states ? { state: found?.state ?? 'MISSING', since: found?.since } : {}), runbook: alarmSection(kind, 'en'),
  };
}

function table(all: readonly ListedAlarm[], withState: boolean): string {
  const rows = all.map(({ application, environment, protection, alarm, region, severity, limit, state }) => [
    `${application} ${environment}`, protection ?? '(policy)', `${alarm}${region === undefined ? '' : ` in ${region}`}`, severity, limit, ...withState ? [state ?? ''] : [],
  ].map((cell) => visible(cell)));
  const head = ['POLICY', 'PROTECTION', 'ALARM', 'TELLS', 'LIMIT', ...withState ? ['STATE'] : []];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const lines = [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  const page = all[0] && all[0].runbook.replace(/#.*$/, '');
  return `${[...lines, '', `${counted(all.length, 'alarm')}${page === undefined ? '' : `; each is a section of ${page}`}`].join('\n')}\n`;
}

async function test(options: Options, { stdout, env }: Terminal): Promise<number> {
  const assembly = readAssembly(options.app);
  const policy = choosePolicy(assembly, options, ALARMS_USAGE);
  const { stack, declared: { application, environment, path } } = policy;
  const watching = watchingOf(policy);
  if (!watching.notify) throw new NotDeployedError(`${path} declares no recipients that could be told: there is nothing to test.`);
  const deployed = new Deployed(assembly, { region: options.region ?? regionIn(env) });
  const client = new SNSClient({ region: deployed.regionOf(stack) });
  try {
    const severity = options.severity === 'notify' ? 'notify' : 'page';
    const TopicArn = await deployed.text(stack, watching.notify.topics[severity], `${path} intake topic`);
    const notice = TestNotice.parse({
      version: CONTRACT_VERSION, environment, application, event: 'test', severity, at: new Date().toISOString(), asker: asker(),
    });
    const publish = new PublishCommand({ TopicArn, Message: JSON.stringify(notice) });
    const { MessageId: messageId } = await asked(`SNS did not take the test for ${severity}`, () => client.send(publish));
    // A test goes to all of them, whatever each is to hear.
    const recipients = watching.recipients.map(shown);
    stdout.write(options.json ? `${JSON.stringify({ version: 1, application, environment, severity, messageId, recipients }, undefined, 2)}\n` : [
      `A test is on its way to ${counted(recipients.length, 'recipient')} of ${application} (${environment}), as ${severity === 'page' ? 'pages go' : 'notifications go'}:`,
      ...recipients.map(({ channel, address, language }) => `  ${channel}${address === undefined ? '' : ` ${visible(address)}`} (${language})`),
      'What does not arrive within minutes is a channel that does not work.', '',
    ].join('\n'));
    return 0;
  } finally {
    client.destroy();
  }
}

/** Without what only deployment knows; an address never is a secret. */
function shown({ channel, address, language }: DeclaredRecipient): { channel: string; address?: string; language: string } {
  return { channel, language, ...(typeof address === 'string' ? { address } : {}) };
}

/** Who asked, for the message: recipients wonder. */
function asker(): string {
  try {
    return `${userInfo().username} on ${hostname()}`;
  } catch {
    return hostname();
  }
}

/** @throws NotWatchedError for a policy of a release without watching */
function watchingOf({ declared }: ChosenPolicy): DeclaredWatching {
  if (!declared.watching) throw new NotWatchedError(declared);
  return declared.watching;
}
