import {
  GetScheduleCommand, type GetScheduleCommandOutput, SchedulerClient, UpdateScheduleCommand, type UpdateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import type { ParseArgsOptionsConfig } from 'node:util';
import { LONGEST_PAUSE_DAYS, pausedDescription, pauseReason, unpausedDescription } from '../../lib/contract/pause';
import { parseExpression, slotsBetween } from '../../lib/model/schedule';
import { readAssembly } from '../assembly';
import { type Choice, CHOICE_OPTIONS, choosePolicy, chooseProtection } from '../choose-policy';
import type { Terminal } from '../command-line';
import { asked, AwsRefusedError } from '../deployed/aws-error';
import { type DeployedSchedule, scheduleOf } from '../deployed/protection-runs';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { firstSlotFrom } from '../first-slot';
import { counted, visible } from '../report/words';
import { age, minute } from '../status/words';
import { UsageError } from '../usage';
import { isForeseen } from './foreseen';
import { durationOption, instantOption } from './instants';
import { parseWords } from './options';

const COMMON_HELP = `  --app FOLDER          what \`cdk synth\` wrote and was deployed                   (default: cdk.out)
  --application NAME    which policy, where the app has several
  --environment NAME    which of its environments, where there are several
  --region NAME         region of stacks that leave it to the deployment         (default: AWS_REGION)
  --json                print what was done as JSON
  --help
`;

export const PAUSE_USAGE = `usage: backup-policy pause PROTECTION (--until INSTANT | --for DURATION) --reason TEXT [options]

Starts no run of a protection until an instant, ${LONGEST_PAUSE_DAYS} days away at most. The schedule wakes by itself: nothing has to be undone. Alarms of runs
that do not come are silent so long and say until when; what is wrong with the copies there are is told as ever.

  --until INSTANT       when it ends, such as 2026-11-23T06:00:00Z or 2026-11-23T07:00:00+01:00
  --for DURATION        how long, such as 90m, 6h, 2d, 2d12h
  --reason TEXT         why, for whoever wonders
${COMMON_HELP}
A deployment that changes the schedule ends the pause. Needs cloudformation:DescribeStacks and ListStackResources, scheduler:GetSchedule and
UpdateSchedule, and iam:PassRole for the schedule's role.
Exit code: 0; 2 wrong usage, or the schedule could not be changed.
`;

export const RESUME_USAGE = `usage: backup-policy resume PROTECTION [options]

Ends a pause now. The next run comes at the next slot of the schedule; \`backup-policy run\` starts one at once.

${COMMON_HELP}
Exit code: 0, also where nothing is paused; 2 wrong usage, or the schedule could not be changed.
`;

const SHARED = {
  ...CHOICE_OPTIONS,
  region: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

const PAUSE_OPTIONS = {
  ...SHARED,
  until: { type: 'string' },
  for: { type: 'string' },
  reason: { type: 'string' },
} satisfies ParseArgsOptionsConfig;

/** Characters of a reason that fit into a schedule's description beside what it says. */
const LONGEST_REASON = 300;
const DAY = 86_400_000;

type Shared = Choice & { readonly region?: string };

/** A schedule as it is in force. */
interface InForce {
  readonly where: DeployedSchedule;
  readonly schedule: GetScheduleCommandOutput;
  /** Whose it is. */
  readonly title: string;
}

/**
 * `backup-policy pause`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function pauseCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { options, words } = parseWords(args, PAUSE_OPTIONS, PAUSE_USAGE);
  if (options.help) {
    terminal.stdout.write(PAUSE_USAGE);
    return 0;
  }
  const protection = onlyWord(words, PAUSE_USAGE);
  const now = Date.now();
  const until = endOf(options, now);
  const reason = reasonOf(options.reason);
  return await changing(terminal, async () => {
    const found = await inForce(protection, options, PAUSE_USAGE, terminal.env);
    const { where, schedule, title } = found;
    if (schedule.State === 'DISABLED') {
      throw new AwsRefusedError(`The schedule ${where.name} is disabled by hand: nothing would wake it at the end of a pause. Enable it, or deploy the app again.`);
    }
    await update(found, { StartDate: new Date(until), Description: pausedDescription(reason, schedule.Description) });
    const at = new Date(until).toISOString();
    const { missed, next } = slotsIn(schedule, now, until);
    const result = { protection, title, pausedUntil: at, reason, missedSlots: missed, ...(next === undefined ? {} : { nextSlot: next }) };
    terminal.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : [
      `${protection} of ${title} is paused until ${minute(at)}, for ${age((until - now) / 1000)}: ${visible(reason)}`,
      `${missed === 0 ? 'No run falls' : `${counted(missed, 'run')} ${missed === 1 ? 'falls' : 'fall'}`} out${next === undefined ? '' : `; the next one is due at ${minute(next)}`}.`,
      ...until - now > where.rpoSeconds * 1000 ? [`That is longer than the objective (RPO ${age(where.rpoSeconds)}): what is written meanwhile is in no copy, and no alarm will say so.`] : [],
      '',
    ].join('\n'));
    return 0;
  });
}

/** `backup-policy resume`. @returns the exit code @throws UsageError for an option that cannot be meant */
export async function resumeCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { options, words } = parseWords(args, SHARED, RESUME_USAGE);
  if (options.help) {
    terminal.stdout.write(RESUME_USAGE);
    return 0;
  }
  const protection = onlyWord(words, RESUME_USAGE);
  return await changing(terminal, async () => {
    const now = Date.now();
    const found = await inForce(protection, options, RESUME_USAGE, terminal.env);
    const { schedule, title } = found;
    const paused = (schedule.StartDate?.getTime() ?? 0) > now;
    const Description = unpausedDescription(schedule.Description ?? '') || undefined;
    if (paused || pauseReason(schedule.Description) !== undefined) await update(found, { StartDate: undefined, Description });
    const { next } = slotsIn(schedule, now, now);
    const result = { protection, title, wasPaused: paused, ...(next === undefined ? {} : { nextSlot: next }) };
    const said = paused ? `${protection} of ${title} is no longer paused` : `${protection} of ${title} is not paused`;
    terminal.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${said}${next === undefined ? '' : `; the next run is due at ${minute(next)}`}.\n`);
    return 0;
  });
}

function onlyWord(words: readonly string[], usage: string): string {
  if (words.length === 0) throw new UsageError('say which protection', usage);
  if (words.length > 1) throw new UsageError(`"${words[1]}": name one protection, and its reason with --reason "…"`, usage);
  return words[0];
}

function endOf({ until, for: duration }: { until?: string; for?: string }, now: number): number {
  if ((until === undefined) === (duration === undefined)) throw new UsageError('a pause has an end: give either --until or --for', PAUSE_USAGE);
  const end = until === undefined ? now + durationOption('--for', duration!, PAUSE_USAGE) * 1000 : instantOption('--until', until, PAUSE_USAGE);
  const given = until === undefined ? `--for ${duration}` : `--until ${until}`;
  if (end <= now) throw new UsageError(`${given} lies in the past`, PAUSE_USAGE);
  if (end > now + LONGEST_PAUSE_DAYS * DAY) {
    throw new UsageError(`${given}: ${LONGEST_PAUSE_DAYS} days at most; what is not backed up for longer is no longer protected: say so in the app`, PAUSE_USAGE);
  }
  return Math.floor(end / 1000) * 1000;
}

function reasonOf(text: string | undefined): string {
  const reason = text?.replace(/\s+/g, ' ').trim();
  if (!reason) throw new UsageError('a pause has a reason: give --reason "…", for whoever wonders', PAUSE_USAGE);
  if (reason.length > LONGEST_REASON) throw new UsageError(`--reason: ${LONGEST_REASON} characters at most, these are ${reason.length}`, PAUSE_USAGE);
  return reason;
}

async function inForce(protection: string, options: Shared, usage: string, env: NodeJS.ProcessEnv): Promise<InForce> {
  const assembly = readAssembly(options.app);
  const policy = choosePolicy(assembly, options, usage);
  const declared = chooseProtection(policy.declared, protection, usage);
  const where = await scheduleOf(policy, declared, new Deployed(assembly, { region: options.region ?? regionIn(env) }));
  const client = new SchedulerClient({ region: where.region });
  try {
    const command = new GetScheduleCommand({ Name: where.name, GroupName: where.group });
    const schedule = await asked(`EventBridge Scheduler did not show ${where.name}`, () => client.send(command));
    return { where, schedule, title: `${policy.declared.application} (${policy.declared.environment})` };
  } finally {
    client.destroy();
  }
}

/** Everything as it is but for the change: an update puts what it leaves out back to its default. */
async function update({ where, schedule }: InForce, change: Pick<UpdateScheduleCommandInput, 'StartDate' | 'Description'>): Promise<void> {
  const { ScheduleExpression, ScheduleExpressionTimezone, EndDate, FlexibleTimeWindow, Target } = schedule;
  const { State, KmsKeyArn, ActionAfterCompletion } = schedule;
  const client = new SchedulerClient({ region: where.region });
  try {
    await asked(`EventBridge Scheduler did not change ${where.name}`, () => client.send(new UpdateScheduleCommand({
      Name: where.name, GroupName: where.group, ScheduleExpression, ScheduleExpressionTimezone, EndDate, FlexibleTimeWindow, Target, State,
      KmsKeyArn, ActionAfterCompletion, ...change,
    })));
  } finally {
    client.destroy();
  }
}

/** Slots that a pause takes, and the first one after it. */
function slotsIn(inForce: GetScheduleCommandOutput, now: number, until: number): { missed: number; next?: string } {
  const { ScheduleExpression, ScheduleExpressionTimezone, CreationDate } = inForce;
  const schedule = parseExpression(ScheduleExpression!, ScheduleExpressionTimezone ?? 'UTC');
  const anchor = (CreationDate?.getTime() ?? 0) / 1000;
  const after = firstSlotFrom(schedule, until / 1000, anchor);
  return {
    missed: slotsBetween(schedule, now / 1000, until / 1000, anchor).length,
    ...(after === undefined ? {} : { next: new Date(after * 1000).toISOString() }),
  };
}

/** @returns the exit code: what cannot be done is said, and nothing was changed */
async function changing({ stderr }: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!isForeseen(error)) throw error;
    stderr.write(`backup-policy: ${error.message}\n`);
    return 2;
  }
}
