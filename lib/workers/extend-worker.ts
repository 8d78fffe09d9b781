import { Duration } from 'aws-cdk-lib';
import type { BackupPolicy } from '../backup-policy';
import { BackupSchedule } from '../backup-schedule';
import { CONTRACT_VERSION } from '../contract/common';
import type { DeclaredExtend, ExtendedProtection } from '../contract/extend-request';
import type { LockExtensionProps } from '../lock-extension';
import { ROUNDS_A_PERIOD } from '../model/lock-extension';
import { longestGapSeconds } from '../model/schedule';
import { PropRefused } from '../refusal';
import { grantLockSurvey } from '../store/lock-extensions';
import { ROUND_LIMITS, RoundWorker } from './round-worker';

const [HOUR, DAY] = [3600, 86_400];

/** The worker of a policy that lengthens the lock of its kept copies, by the store's own lock each time. */
export class ExtendWorker extends RoundWorker<DeclaredExtend> {
  /** @throws PropRefused for a store without a lock, or with one that a lost round could let end */
  constructor(policy: BackupPolicy, id: string, { schedule }: LockExtensionProps, protections: () => ExtendedProtection[]) {
    const { application, environment, store } = policy;
    const lock = store._lock;
    if (!lock) {
      const allowed = 'it with a store that has a `lock`: there is none that could be lengthened';
      throw new PropRefused(policy, 'lockExtension', `given, and ${store.node.path} locks nothing`, allowed);
    }
    const { mode, retentionSeconds } = lock;
    super(policy, id, {
      words: { what: 'extend', step: 'Extend', end: 'Extended', work: 'the extension of locks', subject: 'Extension of locks' },
      schedule: schedule ?? BackupSchedule.daily({ at: '06:15' }),
      grant: (rights) => {
        grantLockSurvey(store, rights, policy);
        store.grantExtendLock(rights, policy, Duration.seconds(retentionSeconds));
      },
      wildcardReason: 'Keys are made at run time under the prefixes of this one policy; the role lengthens locks up to the store\'s own, and can neither write, tag nor delete.',
      request: (rounds) => ({
        version: CONTRACT_VERSION, environment, application,
        store: { bucket: store.bucketName, region: store.region, lock: { mode, retentionSeconds } },
        rounds: { longestGapSeconds: longestGapSeconds(rounds).seconds },
        protections: protections(),
        limits: ROUND_LIMITS,
      }),
    });
    const gap = longestGapSeconds(this.schedule).seconds;
    if (ROUNDS_A_PERIOD * gap <= retentionSeconds) return;
    throw new PropRefused(
      policy, 'lockExtension', `rounds up to ${gap / HOUR} hours apart, under a lock of ${retentionSeconds / DAY} days`,
      `a lock of at least ${Math.ceil(ROUNDS_A_PERIOD * gap / DAY)} days, or rounds more often: one may be lost, and no kept copy is to be without a lock`,
    );
  }
}
