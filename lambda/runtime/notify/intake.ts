import { z } from 'zod';
import { CONTRACT_VERSION } from '../../../lib/contract/common';
import { Notice, parseAlarmMark, type AlarmMark, type NotifiedSeverity } from '../../../lib/contract/notification';

/** What SNS hands to Lambda (Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications"). */
const SnsMessage = z.object({
  MessageId: z.string(), TopicArn: z.string(), Timestamp: z.string(), Message: z.string(), Subject: z.string().nullish(),
});
type SnsMessage = z.infer<typeof SnsMessage>;
const SnsEvent = z.object({ Records: z.array(z.object({ Sns: SnsMessage })).min(1) });

/** A message that one channel did not take while others did: the worker says it to itself, so that a retry repeats that channel alone. */
const HandedOver = z.object({ version: z.literal(CONTRACT_VERSION), event: z.literal('handed-over'), channel: z.string(), index: z.number().int(), message: SnsMessage });
type HandedOver = z.infer<typeof HandedOver>;

/** What CloudWatch says of an alarm; a composite one has no trigger (CloudWatch User Guide, "Notifying users on alarm changes"). */
const CloudWatchAlarm = z.object({
  AlarmName: z.string(),
  AlarmArn: z.string(),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  OldStateValue: z.string().nullish(),
  NewStateReason: z.string().nullish(),
  StateChangeTime: z.string(),
  Trigger: z.object({ Threshold: z.number().nullish() }).nullish(),
});
type CloudWatchAlarm = z.infer<typeof CloudWatchAlarm>;

interface Said {
  /** Of the message, the same when it is sent again. */
  readonly id: string;
  readonly severity: NotifiedSeverity;
  /** When SNS got it. */
  readonly at: string;
  /** As SNS brought it; absent where nobody did. */
  readonly source?: SnsMessage;
  /** The one channel that is still to bring it. @default all */
  readonly only?: Pick<HandedOver, 'channel' | 'index'>;
}

/** What came on an intake topic: an alarm of ours, a notice, another's alarm, or anything else. */
export type Heard = Said & (
  | { readonly form: 'alarm'; readonly alarm: CloudWatchAlarm; readonly mark: AlarmMark }
  | { readonly form: 'notice'; readonly notice: Notice }
  | { readonly form: 'foreign-alarm'; readonly alarm: CloudWatchAlarm }
  | { readonly form: 'unknown'; readonly subject?: string; readonly text: string }
);

/**
 * Every record of an event; what has no known form is still a message, and is told. What is left out is an alarm of ours that was never in
 * ALARM: a new one says so of itself as soon as it has data, and nobody has heard anything that could be over.
 */
export function heardOf(event: unknown, pageTopic: string): Heard[] {
  const parsed = SnsEvent.safeParse(event);
  if (!parsed.success) return [{ form: 'unknown', id: 'direct', severity: 'notify', at: new Date().toISOString(), text: JSON.stringify(event) ?? '' }];
  return parsed.data.Records.flatMap(({ Sns }) => {
    const handed = HandedOver.safeParse(valueOf(Sns.Message));
    const { message: source, ...only } = handed.success ? handed.data : { message: Sns };
    const { MessageId, TopicArn, Timestamp, Message, Subject } = source;
    const said: Said = {
      id: MessageId, severity: TopicArn === pageTopic ? 'page' : 'notify', at: Timestamp, source,
      ...'channel' in only ? { only: { channel: only.channel, index: only.index } } : {},
    };
    const value = valueOf(Message);
    const notice = Notice.safeParse(value);
    if (notice.success) return { ...said, form: 'notice', notice: notice.data };
    const alarm = CloudWatchAlarm.safeParse(value);
    if (!alarm.success) return { ...said, form: 'unknown', text: Message, ...Subject ? { subject: Subject } : {} };
    const mark = parseAlarmMark(alarm.data.AlarmDescription ?? '');
    if (mark && alarm.data.NewStateValue === 'OK' && alarm.data.OldStateValue === 'INSUFFICIENT_DATA') return [];
    return mark ? { ...said, form: 'alarm', alarm: alarm.data, mark } : { ...said, form: 'foreign-alarm', alarm: alarm.data };
  });
}

/** What is to be said on the message's own topic for one channel to try alone; undefined for a message that came from nowhere. */
export function handOver({ source }: Heard, channel: string, index: number): { readonly topic: string; readonly text: string } | undefined {
  if (!source) return undefined;
  const handed: HandedOver = { version: CONTRACT_VERSION, event: 'handed-over', channel, index, message: source };
  return { topic: source.TopicArn, text: JSON.stringify(handed) };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
