import { z } from 'zod';
import { ALARM_KIND_NAMES } from './alarm-kinds';
import { CONTRACT_VERSION, Instant, Name } from './common';

/** Who hears of it: a page wakes somebody, a notification waits for the morning, a digest is read when there is time. */
export const NotifiedSeverity = z.enum(['page', 'notify', 'digest']);
export type NotifiedSeverity = z.infer<typeof NotifiedSeverity>;

const whose = {
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
};

/** What a state machine says at once of a run that failed, as the message of the policy's intake topic. */
export const FailedNotice = z.strictObject({
  ...whose,
  event: z.literal('failed'),
  what: z.enum(['run', 'retire', 'extend', 'scrub']),
  protection: Name.optional(),
  slot: z.string(),
  /** The worker's own sentence. */
  sentence: z.string(),
  error: z.string(),
  execution: z.string(),
});
export type FailedNotice = z.infer<typeof FailedNotice>;

/** One line for each success, where it was asked for. */
export const SucceededNotice = z.strictObject({
  ...whose, event: z.literal('succeeded'), protection: Name, slot: z.string(), summary: z.string(),
});
export type SucceededNotice = z.infer<typeof SucceededNotice>;

/** What `backup-policy alarms test` and the weekly test send: every channel must bring it, and nobody must get up. */
export const TestNotice = z.strictObject({
  ...whose, event: z.literal('test'), severity: NotifiedSeverity, at: Instant, asker: z.string(),
});
export type TestNotice = z.infer<typeof TestNotice>;

/** The schedule of the digest asks for it. */
export const DigestNotice = z.strictObject({ ...whose, event: z.literal('digest'), slot: Instant });
export type DigestNotice = z.infer<typeof DigestNotice>;

/** Messages of our own on the intake topics; CloudWatch's alarms come there in CloudWatch's form. */
export const Notice = z.discriminatedUnion('event', [FailedNotice, SucceededNotice, TestNotice, DigestNotice]);
export type Notice = z.infer<typeof Notice>;

/**
 * The last line of every alarm's description, by which a message is made of CloudWatch's JSON:
 * `cdk-backup-policy recoveryPointOld production/montoit/database`; an alarm of the policy itself ends without a protection.
 */
export interface AlarmMark {
  readonly kind: (typeof ALARM_KIND_NAMES)[number];
  readonly environment: string;
  readonly application: string;
  readonly protection?: string;
}

export function alarmMark({ kind, environment, application, protection }: AlarmMark): string {
  return `cdk-backup-policy ${kind} ${[environment, application, ...protection === undefined ? [] : [protection]].join('/')}`;
}

/** The mark in a description; undefined for an alarm that is not ours. */
export function parseAlarmMark(description: string): AlarmMark | undefined {
  const match = /^cdk-backup-policy (\w+) ([^/\s]+)\/([^/\s]+)(?:\/([^/\s]+))?$/m.exec(description);
  const kind = ALARM_KIND_NAMES.find((name) => name === match?.[1]);
  if (!match || !kind) return undefined;
  const [, , environment, application, protection] = match;
  return { kind, environment, application, ...protection === undefined ? {} : { protection } };
}
