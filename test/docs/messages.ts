import { ALARM_KIND_NAMES, ALARM_KINDS } from '../../lib/contract/alarm-kinds';
import { METRICS } from '../../lib/contract/metrics';
import { composeAlarm, composeFailed, composeSucceeded, composeTest, composeUnknown, type Voice } from '../../lambda/runtime/notify/compose';
import { composeDigest } from '../../lambda/runtime/notify/compose-digest';
import type { ProtectionFacts } from '../../lambda/runtime/notify/facts';
import { type Message, plainText } from '../../lambda/runtime/notify/message';

const AT = '2026-11-20T09:00:00Z';
const WHOSE = { environment: 'production', application: 'montoit' };
const CONSOLE = 'https://eu-west-3.console.aws.amazon.com/…';
const NOTICE = { version: 1 as const, ...WHOSE };
const SAFE: ProtectionFacts = { protection: 'database', rpoSeconds: 26 * 3600, recoveryPointAge: 31 * 3600, provenCopies: 21, at: AT };
const GOOD: ProtectionFacts = {
  ...SAFE, recoveryPointAge: 7 * 3600, overdueSeconds: 0, failedRuns: 0, successRate: 100, storedBytes: 4_200_000_000,
  drillAge: 7 * 3600, restoreOfRto: 12,
};
const FAILED = {
  run: '[WRONG_PASSWORD] The password of user "backup" is wrong. Put the right one into the secret.',
  retire: '[STORE_DAMAGED] The store does not hold what its manifests say, in 1 place: … . Look at who wrote to the store.',
  extend: '[STORE_REFUSED] The store refused PutObjectRetention (AccessDenied). Look at the role and the bucket policy.',
  scrub: '[PART_HASH_DIFFERS] A stored part is not as it was written: … . Do not count on this run.',
} as const;

/** An example of a value that breaches, and of what is allowed, in the unit of the kind's metric. */
function valuesOf(kind: (typeof ALARM_KIND_NAMES)[number]): { value: number; threshold: number } {
  const { metric, breach } = ALARM_KINDS[kind];
  const { unit } = METRICS[metric];
  if (unit === 'Seconds') return { value: 31 * 3600, threshold: 26 * 3600 };
  if (unit === 'Percent') return breach === 'below' ? { value: 93.3, threshold: 99 } : { value: 130, threshold: 50 };
  return { value: breach === 'below' ? 0 : 1, threshold: breach === 'below' ? 1 : 0 };
}

interface Example {
  readonly title: string;
  readonly made: (voice: Voice) => Message[];
}

/** Every message that can come, with facts as they may be. */
function examples(): Example[] {
  return [
    ...ALARM_KIND_NAMES.map((kind): Example => {
      const ofPolicy = METRICS[ALARM_KINDS[kind].metric].of === 'policy';
      const { missing } = ALARM_KINDS[kind];
      const facts = {
        mark: { kind, ...WHOSE, ...ofPolicy ? {} : { protection: 'database' } }, severity: ALARM_KINDS[kind].severity, at: AT, safe: [SAFE], alarmUrl: CONSOLE,
        ...valuesOf(kind), ...missing === 'breaching' && ofPolicy ? { value: undefined } : {},
      };
      return {
        title: kind,
        made: (voice) => [composeAlarm({ ...facts, state: 'ALARM' }, voice), composeAlarm({ ...facts, state: 'OK', safe: [{ ...SAFE, recoveryPointAge: 600 }] }, voice)],
      };
    }),
    ...(Object.keys(FAILED) as (keyof typeof FAILED)[]).map((what): Example => ({
      title: `failed-${what}`,
      made: (voice) => [composeFailed({
        notice: { ...NOTICE, event: 'failed', what, ...what === 'run' ? { protection: 'database' } : {}, slot: '2026-11-20T02:00:00Z', sentence: FAILED[what], error: 'RefusedError', execution: 'f00d' },
        severity: what === 'run' ? 'page' : 'notify', at: AT, safe: [SAFE], executionsUrl: CONSOLE,
      }, voice)],
    })),
    {
      title: 'a pause', made: (voice) => [composeAlarm({
        mark: { kind: 'backupOverdue', ...WHOSE, protection: 'database' }, severity: 'page', state: 'OK', at: AT, alarmUrl: CONSOLE,
        safe: [{ ...SAFE, pausedUntil: '2026-11-22T02:00:00Z' }],
      }, voice)],
    },
    {
      title: 'digest', made: (voice) => [
        composeDigest({ whose: WHOSE, at: AT, policy: { drifts: [], protections: [GOOD] }, alarmsUrl: CONSOLE }, voice),
        composeDigest({ whose: WHOSE, at: AT, policy: { drifts: ['keyUnusable'], protections: [{ ...SAFE, failedRuns: 2 }] }, alarmsUrl: CONSOLE }, voice),
      ],
    },
    {
      title: 'succeeded', made: (voice) => [
        composeSucceeded({ ...NOTICE, event: 'succeeded', protection: 'database', slot: '2026-11-20T02:00:00Z', summary: 'Proven: 41 tables, 1,204,334 rows, restored in 38 s.' }, AT, voice),
      ],
    },
    { title: 'test', made: (voice) => [composeTest({ ...NOTICE, event: 'test', severity: 'page', at: AT, asker: 'awa' }, voice)] },
    {
      title: 'unknown', made: (voice) => [
        composeUnknown({ whose: WHOSE, severity: 'notify', at: AT, key: 'alarm', subject: 'DiskFull', text: 'The disk of the server is full.', state: 'ALARM', alarmUrl: CONSOLE }, voice),
      ],
    },
  ];
}

/** The page: each message as a mail in English and French, and as an SMS. */
export function messagesPage(): string {
  return examples().map(({ title, made }) => [
    `### ${title}`, '',
    ...(['en', 'fr'] as const).flatMap((language) => made({ language, timeZone: 'Africa/Abidjan' }).flatMap((message) => [
      '```text', plainText(message), '', `SMS: ${message.short}`, '```', '',
    ])),
  ].join('\n').trimEnd()).join('\n\n');
}
