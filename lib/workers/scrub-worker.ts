import { Duration } from 'aws-cdk-lib';
import type { BackupPolicy } from '../backup-policy';
import { BackupSchedule } from '../backup-schedule';
import { CONTRACT_VERSION } from '../contract/common';
import type { DeclaredScrub, ScrubbedProtection } from '../contract/scrub-request';
import type { ScrubFacts } from '../model/proof';
import { longestGapSeconds } from '../model/schedule';
import { ROUNDS_A_SCRUB } from '../model/scrub';
import { PropRefused, requireDays } from '../refusal';
import type { ScrubProps } from '../scrub';
import { grantScrub } from '../store/scrubs';
import { ROUND_LIMITS, RoundWorker } from './round-worker';

const [HOUR, DAY] = [3600, 86_400];
const LONGEST_DAYS = 3660;

/** While a round reads, it writes down so often how far it is: some kilobytes each time. */
const CHECKPOINT_SECONDS = 60;

/** The worker of a policy that reads its stored copies again, each within a period. */
export class ScrubWorker extends RoundWorker<DeclaredScrub> {
  public readonly periodSeconds: number;

  /** @throws PropRefused for a period that is none, or that has too few rounds */
  constructor(policy: BackupPolicy, id: string, { within, schedule }: ScrubProps, protections: () => ScrubbedProtection[]) {
    const { application, environment, store } = policy;
    const periodSeconds = requireDays(policy, 'scrub.within', within, 1, LONGEST_DAYS) * DAY;
    super(policy, id, {
      words: { what: 'scrub', step: 'Scrub', end: 'Scrubbed', work: 'the reading of stored copies', subject: 'Reading of stored copies' },
      schedule: schedule ?? BackupSchedule.daily({ at: '07:15' }),
      grant: (rights) => grantScrub(store, rights, policy),
      wildcardReason: 'Keys are made at run time under the prefixes of this one policy; the role reads what is stored, writes its own records, and can neither tag nor delete.',
      request: (rounds) => ({
        version: CONTRACT_VERSION, environment, application,
        store: { bucket: store.bucketName, region: store.region },
        periodSeconds, rounds: { longestGapSeconds: longestGapSeconds(rounds).seconds },
        protections: protections(),
        limits: { ...ROUND_LIMITS, checkpointSeconds: CHECKPOINT_SECONDS },
      }),
    });
    this.periodSeconds = periodSeconds;
    const gap = longestGapSeconds(this.schedule).seconds;
    if (ROUNDS_A_SCRUB * gap <= periodSeconds) return;
    throw new PropRefused(
      policy, 'scrub.within', `${within.toHumanString()}, with rounds up to ${gap / HOUR} hours apart`,
      `at least ${Duration.days(Math.ceil(ROUNDS_A_SCRUB * gap / DAY)).toHumanString()}, or rounds more often: some may be lost, and each copy is to be read in time`,
    );
  }

  /** For the proof. */
  public get facts(): ScrubFacts {
    return { periodSeconds: this.periodSeconds, longestGapSeconds: longestGapSeconds(this.schedule).seconds };
  }
}
