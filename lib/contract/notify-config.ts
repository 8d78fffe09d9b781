import { z } from 'zod';
import { CONTRACT_VERSION, Name } from './common';
import { NotifiedSeverity } from './notification';

export const MessageLanguage = z.enum(['en', 'fr']);
export type MessageLanguage = z.infer<typeof MessageLanguage>;

/** Name of the variable that has the configuration: a topic brings its message and nothing else. */
export const NOTIFY_CONFIG_VARIABLE = 'NOTIFY_CONFIG';

/** Lambda's limit of all environment variables of a function together (Developer Guide, "Lambda quotas"). */
export const NOTIFY_CONFIG_CHARACTERS = 4096;

const heard = {
  language: MessageLanguage,
  severities: z.array(NotifiedSeverity).min(1),
  /** Whether it hears of each success too. */
  successes: z.boolean().optional(),
};

const Arn = z.string().regex(/^arn:/, 'an ARN');

/** Where a message goes. No address that is a secret stands here, only the ARN of the secret that has it. */
export const NotifyChannel = z.discriminatedUnion('channel', [
  /** E-mail and SMS: the policy's own topic, whose subscriptions filter by language and severity. */
  z.strictObject({ channel: z.literal('subscribers'), topic: Arn, ...heard }),
  z.strictObject({ channel: z.literal('topic'), topic: Arn, ...heard }),
  /** A topic that AWS's chat integration reads. */
  z.strictObject({ channel: z.literal('chat'), topic: Arn, ...heard }),
  z.strictObject({ channel: z.literal('pagerduty'), secret: Arn, ...heard }),
  z.strictObject({ channel: z.literal('slack'), secret: Arn, ...heard }),
  z.strictObject({ channel: z.literal('teams'), secret: Arn, ...heard }),
  z.strictObject({ channel: z.literal('jira'), secret: Arn, ...heard }),
  z.strictObject({ channel: z.literal('https'), secret: Arn, ...heard }),
  z.strictObject({ channel: z.literal('eventbridge'), bus: Arn, ...heard }),
]);
export type NotifyChannel = z.infer<typeof NotifyChannel>;

/** Whole configuration of the notify worker. */
export const NotifyConfig = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** What is said here wakes somebody; what comes from another topic does not. */
  pageTopic: Arn,
  /** Zone of the times in messages. */
  timeZone: z.string().min(1),
  channels: z.array(NotifyChannel).min(1),
  protections: z.array(z.strictObject({ protection: Name, rpoSeconds: z.number().int().positive() })),
});
export type NotifyConfig = z.infer<typeof NotifyConfig>;
