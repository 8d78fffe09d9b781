import type { BackupPolicy } from '../backup-policy';
import { BackupSchedule } from '../backup-schedule';
import { CONTRACT_VERSION } from '../contract/common';
import type { DeclaredRetire, RetiredProtection } from '../contract/retire-request';
import { requireInteger } from '../refusal';
import type { RetirementProps } from '../retirement';
import { ROUND_LIMITS, RoundWorker } from './round-worker';

/** The retire worker of a policy. */
export class RetireWorker extends RoundWorker<DeclaredRetire> {
  constructor(policy: BackupPolicy, id: string, { schedule, releasesAtMost }: RetirementProps, protections: () => RetiredProtection[]) {
    if (releasesAtMost !== undefined) requireInteger(policy, 'retirement.releasesAtMost', releasesAtMost, 1, 10_000);
    const { application, environment, store } = policy;
    super(policy, id, {
      words: { what: 'retire', step: 'Retire', end: 'Retired', work: 'the retirement', subject: 'Retirement' },
      schedule: schedule ?? BackupSchedule.daily({ at: '05:15' }),
      grant: (rights) => store.grantRetire(rights, policy),
      wildcardReason: 'Keys are made at run time under the prefixes of this one policy; the role can neither delete nor overwrite, and tags with one tag alone.',
      rolePath: store.retireRolePath,
      request: () => ({
        version: CONTRACT_VERSION, environment, application,
        store: { bucket: store.bucketName, region: store.region, graceSeconds: store._graceSeconds },
        protections: protections().map((protection) => ({ ...protection, releasesAtMost: releasesAtMost ?? protection.releasesAtMost })),
        limits: ROUND_LIMITS,
      }),
    });
  }
}
