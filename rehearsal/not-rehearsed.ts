import type { NotRehearsed } from './sources/source';

/** What no laptop shows, whatever the policy. */
export const NEVER_ON_A_LAPTOP: readonly NotRehearsed[] = [
  {
    what: 'AWS itself',
    why: 'a local endpoint answered for S3, KMS, Secrets Manager, SNS and the others; quotas, service control policies and the deployment were not tried',
    how: 'deploy to a test account, start the state machine by hand with a slot, and read its verdict: docs/unproven.md says how in ten minutes',
  },
  {
    what: 'the schedule',
    why: 'the slot was given to the state machine directly, without EventBridge Scheduler, its role and its dead-letter queue',
    how: 'wait for the first scheduled run after the deployment',
  },
  {
    what: 'the network and the image of the workers',
    why: 'workers ran from their bundles with this machine\'s own programs, its network and its speed',
    how: 'build the image, and run the state machine once in the VPC it will live in',
  },
  {
    what: 'the delivery of messages',
    why: 'what was published stayed here; nobody\'s address was asked to confirm its subscription',
    how: 'confirm the subscriptions after the deployment, and publish one message by hand',
  },
  {
    what: 'waiting',
    why: 'pauses before retries, waits and missing heartbeats were cut short',
    how: 'nothing to do: the pauses are declared in the template',
  },
];

/** Beside a rehearsal of one run. */
export const NO_DAY_PASSED: NotRehearsed = {
  what: 'the days after',
  why: 'no lock ended, no copy was let go, no lifecycle rule ran, and no region was lost',
  how: 'rehearse with --days 30',
};

/** Beside a rehearsal of days. */
export const TIMES_OF_S3: NotRehearsed = {
  what: 'when S3 does its work',
  why: 'lifecycle ran at each midnight and replicas were there at once, as documented at the earliest; in the cloud a rule may take hours after its midnight, '
    + 'and a replica minutes. Copies of later slots were the first one\'s bytes unless --every-slot was given',
  how: 'deploy to a test account, tag an object, and look at it after the second midnight UTC: docs/unproven.md has the commands',
};

export function withoutSandbox(reason: string): NotRehearsed {
  return {
    what: 'the workers\' confinement',
    why: `there was no sandbox like Lambda's: ${reason}`,
    how: 'rehearse on a Linux machine that has bubblewrap, or lets it be unpacked from Debian\'s package',
  };
}
