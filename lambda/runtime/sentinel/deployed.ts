import { GetScheduleCommand, SchedulerClient, type GetScheduleOutput } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetTopicAttributesCommand, ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { pauseReason } from '../../../lib/contract/pause';
import type { SentinelRequest, WatchedProtection } from '../../../lib/contract/sentinel-request';
import type { Pause } from '../../../lib/model/watch/expected-slots';
import { ask, type Drift } from './asked';

/** What starts a protection's runs. */
export interface SeenSchedule {
  readonly drift: readonly Drift[];
  /** Whether the schedule answered. */
  readonly asked: boolean;
  readonly pause?: Pause;
  /** An instant at which a rate began to count. */
  readonly rateAnchor?: number;
}

interface Scheduled extends Pick<WatchedProtection, 'runs' | 'protection'> {
  readonly schedule: Pick<WatchedProtection['schedule'], 'expression' | 'timeZone'>;
}

/** What stops the rounds that lengthen locks: it is the lock that they keep. Nobody pauses them. */
export async function seeLockExtension({ lockExtension, store }: SentinelRequest, signal: AbortSignal): Promise<readonly Drift[]> {
  if (!lockExtension) return [];
  const { drift, pause } = await seeSchedule({ protection: 'lock extension', ...lockExtension }, store.region, signal);
  const texts = [...drift.map(({ text }) => text), ...pause ? [`The schedule begins on ${new Date(pause.until * 1000).toISOString()} only.`] : []];
  return texts.map((text): Drift => ({ metric: 'lockDrift', about: lockExtension.runs.scheduleName, text: `Locks may end, for nobody lengthens them: ${text}` }));
}

/** Whether a protection's schedule and state machine are as declared, and whether they are paused. */
export async function seeSchedule({ runs, schedule, protection }: Scheduled, region: string, signal: AbortSignal): Promise<SeenSchedule> {
  if (!runs) return { drift: [], asked: false };
  let found: GetScheduleOutput | undefined;
  const scheduler = new SchedulerClient({ region });
  const machines = new SFNClient({ region });
  try {
    const [ofSchedule, ofMachine] = await Promise.all([
      ask(signal, 'scheduleDrift', `the schedule of ${protection}`, runs.scheduleName, async () => {
        const command = new GetScheduleCommand({ Name: runs.scheduleName, GroupName: runs.scheduleGroup });
        found = await scheduler.send(command, { abortSignal: signal });
        return scheduleDrift(found, schedule, runs.stateMachine, runs.scheduleName);
      }),
      ask(signal, 'scheduleDrift', `the state machine of ${protection}`, runs.stateMachine, async () => {
        const command = new DescribeStateMachineCommand({ stateMachineArn: runs.stateMachine });
        const { status } = await machines.send(command, { abortSignal: signal });
        if (status === undefined || status === 'ACTIVE') return [];
        return [{ metric: 'scheduleDrift', about: runs.stateMachine, text: `The state machine is ${status}.` }];
      }),
    ]);
    const answered = found ? { pause: pauseOf(found), rateAnchor: anchorOf(found) } : {};
    return { drift: [...ofSchedule, ...ofMachine], asked: found !== undefined, ...answered };
  } finally {
    scheduler.destroy();
    machines.destroy();
  }
}

function scheduleDrift(
  found: GetScheduleOutput, { expression, timeZone }: Scheduled['schedule'], machine: string, about: string,
): Drift[] {
  const zone = found.ScheduleExpressionTimezone ?? 'UTC';
  const say = (text: string): Drift => ({ metric: 'scheduleDrift', about, text });
  return [
    ...found.State === 'ENABLED' ? [] : [say('The schedule is disabled: no run starts.')],
    ...found.ScheduleExpression === expression ? [] : [say(`The schedule says ${found.ScheduleExpression}, and ${expression} was declared.`)],
    ...zone === timeZone ? [] : [say(`The schedule counts in ${zone}, and ${timeZone} was declared.`)],
    ...found.Target?.Arn === machine ? [] : [say(`The schedule starts ${found.Target?.Arn ?? 'nothing'}, and not the state machine that was declared.`)],
    ...found.EndDate === undefined ? [] : [say(`The schedule ends on ${found.EndDate.toISOString()}, and no end was declared.`)],
  ];
}

/** Nobody declares a beginning: one that is there is a pause's end. */
function pauseOf({ StartDate, LastModificationDate, Description }: GetScheduleOutput): Pause | undefined {
  if (!StartDate || !LastModificationDate || StartDate <= LastModificationDate) return undefined;
  const reason = pauseReason(Description) || 'no reason was given';
  return { from: LastModificationDate.getTime() / 1000, until: StartDate.getTime() / 1000, reason };
}

function anchorOf({ StartDate, CreationDate }: GetScheduleOutput): number | undefined {
  const date = StartDate ?? CreationDate;
  return date && Math.floor(date.getTime() / 1000);
}

export interface SeenMessages {
  readonly deadLetters: number;
  readonly drift: readonly Drift[];
}

/** What of queue and topics moves a gauge: messages of slots that could not start, recipients that hear nothing. */
export async function seeMessages(request: SentinelRequest, signal: AbortSignal): Promise<SeenMessages> {
  const { region } = request.store;
  const none: SeenMessages = { deadLetters: 0, drift: [] };
  const queue = request.deadLetters === undefined ? none : await countDeadLetters(request.deadLetters, region, signal);
  const sns = new SNSClient({ region });
  try {
    const topics = await Promise.all(request.topics.map((topic) =>
      ask(signal, 'unconfirmedRecipients', 'the recipients of the topic', topic.arn, () => unconfirmed(sns, topic, signal))));
    return { deadLetters: queue.deadLetters, drift: [...queue.drift, ...topics.flat()] };
  } finally {
    sns.destroy();
  }
}

async function countDeadLetters(url: string, region: string, signal: AbortSignal): Promise<SeenMessages> {
  const sqs = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  let deadLetters = 0;
  try {
    const drift = await ask(signal, 'deadLetters', 'the dead-letter queue', url, async () => {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] });
      const { Attributes = {} } = await sqs.send(command, { abortSignal: signal });
      deadLetters = names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
      return [];
    });
    return { deadLetters, drift };
  } finally {
    sqs.destroy();
  }
}

/** One for each recipient that hears nothing: not yet confirmed, or declared and gone. */
async function unconfirmed(sns: SNSClient, { arn, recipients }: SentinelRequest['topics'][number], signal: AbortSignal): Promise<Drift[]> {
  const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }), { abortSignal: signal });
  const pending = Number(Attributes.SubscriptionsPending ?? 0);
  const silent = Math.max(pending, recipients - Number(Attributes.SubscriptionsConfirmed ?? 0));
  if (silent <= 0) return [];
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: arn }), { abortSignal: signal });
  const waiting = Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === 'PendingConfirmation');
  return Array.from({ length: silent }, (_, index): Drift => ({
    metric: 'unconfirmedRecipients', about: arn,
    text: waiting[index] ? `${waiting[index].Endpoint ?? 'A recipient'} has not confirmed that messages may come.` : 'A recipient that was declared is not subscribed.',
  }));
}
