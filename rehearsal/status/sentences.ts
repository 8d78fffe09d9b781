import type { AlarmKindName } from '../../lib/contract/alarm-kinds';
import { ALARM_KINDS } from '../../lib/contract/alarm-kinds';
import { counted } from '../report/words';
import { age, figure } from './words';

export interface Said {
  readonly value: number;
  readonly threshold: number;
  /** Whether there is a proven copy at all: ages count from the policy's beginning while there is none. */
  readonly proven: boolean;
  readonly drilled: boolean;
}

type Say = (said: Said & { readonly is: string; readonly limit: string }) => string;

/** Each in the words of somebody who has to act: what is wrong, by how much, and what is allowed. */
const SENTENCES: Readonly<Record<AlarmKindName, Say>> = {
  recoveryPointOld: ({ proven, is, limit }) => (proven
    ? `The newest proven copy holds the data as it was ${is} ago; at most ${limit} are allowed.`
    : `There is no proven copy, ${is} after the policy took effect; at most ${limit} are allowed.`),
  backupOverdue: ({ value, threshold }) => `A backup is overdue by ${age(value)}${threshold > 0 ? `, more than the ${age(threshold)} it may take` : ''}.`,
  backupFailed: ({ value, proven }) => `${counted(value, 'run')} ${proven ? 'since the newest proven copy ' : ''}left no proven copy.`,
  copyNotProven: ({ value }) => `${counted(value, 'copy', 'copies')} newer than the newest proven one ${value === 1 ? 'was' : 'were'} restored and found not good.`,
  copyUnverified: ({ is, limit }) => `A copy waits for its verification for ${is}; at most ${limit} are allowed.`,
  provenCopiesMissing: ({ value }) => `${counted(value, 'proven copy', 'proven copies')} that retention promises ${value === 1 ? 'is' : 'are'} not there.`,
  successRateLow: ({ is, limit }) => `${is} of the runs of the last 30 days left a proven copy; ${limit} is the least.`,
  sizeAnomaly: ({ is, limit }) => `The newest copy's size is ${is} off the mean of the good runs before it; ${limit} is allowed.`,
  rowsAnomaly: ({ is, limit }) => `The newest copy's rows are ${is} off the mean of the good runs before it; ${limit} is allowed.`,
  runTooLong: ({ is, limit }) => `The newest run took ${is} to leave its copy; ${limit} are allowed.`,
  restoreTooSlow: ({ is }) => `The newest restore took ${is} of the objective (RTO).`,
  drillOld: ({ drilled, is, limit }) => (drilled ? `The newest restore was ${is} ago; at most ${limit} are allowed.` : `Nothing was ever restored, ${is} after the policy took effect.`),
  storeFilling: ({ is, limit }) => `The copies take ${is} of the declared ceiling; ${limit} is the limit.`,
  replicaLate: ({ is, limit }) => `A replica has lacked a copy for ${is}; at most ${limit} are allowed.`,
  replicaFailed: ({ value }) => `S3 could not replicate ${counted(value, 'object')}.`,
  copyUnreadable: ({ value }) => `${counted(value, 'copy, manifest or verdict is', 'copies, manifests or verdicts are')} damaged or cannot be read.`,
  clockWrong: ({ is, limit }) => `The clock of the newest run's worker was ${is} off the store's; ${limit} are allowed.`,
  copyNotRead: ({ is, limit }) => `A copy's stored bytes were last read ${is} ago; at most ${limit} are allowed.`,
  scheduleChanged: () => 'The schedule or the state machine is not as declared.',
  sentinelSilent: () => 'The sentinel does not make its rounds.',
  slotNotStarted: ({ value }) => `${counted(value, 'slot')} could not start and ${value === 1 ? 'lies' : 'lie'} in the dead-letter queue.`,
  lockChanged: () => 'Lock, versioning or bucket policy of the store is not as declared.',
  lifecycleChanged: () => 'The store\'s lifecycle rules are not as declared.',
  replicationChanged: () => 'The store\'s replication is not as declared.',
  keyUnusable: () => 'A key of the store is disabled, about to be deleted, no longer rotated, or its policy is not as declared.',
  recipientUnconfirmed: ({ value }) => `${counted(value, 'recipient')} did not confirm and will hear nothing.`,
  auditOld: ({ is, limit }) => `The store was last audited ${is} ago; at most ${limit} are allowed.`,
  releasedTooMany: ({ value }) => `${counted(value, 'copy', 'copies')} that retention keeps ${value === 1 ? 'was' : 'were'} marked for release, or more than a round may.`,
};

/** What a breach means, in a sentence. */
export function sentenceOf(kind: AlarmKindName, said: Said): string {
  const { metric } = ALARM_KINDS[kind];
  return SENTENCES[kind]({ ...said, is: figure(metric, said.value), limit: figure(metric, said.threshold) });
}
