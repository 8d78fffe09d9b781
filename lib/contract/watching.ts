import { z } from 'zod';
import { ALARM_KIND_NAMES } from './alarm-kinds';
import { DeployedText, Name } from './common';
import { DeclaredSentinel } from './sentinel-request';

export const DeclaredAlarm = z.strictObject({
  kind: z.enum(ALARM_KIND_NAMES),
  /** Absent for an alarm of the policy itself. */
  protection: Name.optional(),
  threshold: z.number(),
  severity: z.enum(['page', 'notify']),
  /** Logical id in the template, and so the resource that CloudWatch evaluates. */
  logicalId: z.string().min(1),
  /** Logical id of the composite alarm that speaks for it, and is silent while the sentinel is; absent where it speaks itself. */
  toldBy: z.string().min(1).optional(),
  /** The stack that has it; the policy's own when absent. */
  region: z.string().min(1).optional(),
});
export type DeclaredAlarm = z.infer<typeof DeclaredAlarm>;

/** A recipient as it is shown: `address` never is a secret, only where it lies. */
export const DeclaredRecipient = z.strictObject({
  channel: z.enum(['email', 'sms', 'pagerduty', 'slack', 'teams', 'jira', 'https', 'topic', 'eventbridge', 'chat']),
  address: DeployedText,
  language: z.enum(['en', 'fr']),
  severities: z.array(z.enum(['page', 'notify', 'digest'])).min(1),
});
export type DeclaredRecipient = z.infer<typeof DeclaredRecipient>;

const Worker = z.strictObject({
  schedule: z.strictObject({ expression: z.string(), timeZone: z.string() }),
  /** ARN of the function that the schedule calls. */
  function: DeployedText,
});

/** Who watches a policy, and who is told. */
export const DeclaredWatching = z.strictObject({
  sentinel: Worker.extend({ request: DeclaredSentinel }),
  /** The small ones, one a replica's region. */
  replicaSentinels: z.array(Worker.extend({ region: z.string().min(1), request: DeclaredSentinel })),
  alarms: z.array(DeclaredAlarm),
  recipients: z.array(DeclaredRecipient),
  /** ARN of the notify worker and of the topics that it hears. */
  notify: z.strictObject({ function: DeployedText, topics: z.strictObject({ page: DeployedText, notify: DeployedText }) }).optional(),
  digest: z.strictObject({ expression: z.string(), timeZone: z.string() }).optional(),
});
export type DeclaredWatching = z.infer<typeof DeclaredWatching>;
