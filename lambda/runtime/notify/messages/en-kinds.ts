import type { Words } from './words';

const s = (count: number | undefined, one: string, many: string): string => `${count ?? 'Some'} ${count === 1 ? one : many}`;

/** What each kind of alarm says in English. */
export const KINDS_EN: Words['kinds'] = {
  recoveryPointOld: {
    title: 'no recent proven copy',
    happened: ({ value, limit }) => (value === undefined
      ? 'Nothing says how old the newest proven copy is: no measurement arrived.'
      : `The newest proven copy holds data that is ${value} old; ${limit ?? 'the declared objective'} is the most that is allowed.`),
    mend: 'Look at the last runs with `backup-policy status`, mend what stopped them, then start one with `backup-policy run`.'
      + ' What changed in the database since the copy named above would be lost today.',
    recovered: 'A proven copy is recent enough again.',
  },
  backupOverdue: {
    title: 'backup overdue',
    happened: ({ value }) => `A run that was due${value === undefined ? '' : ` ${value} ago`} has left no copy.`,
    mend: 'See in Step Functions whether the run was started, waits or failed. If it never started, look at its schedule; then start a run'
      + ' with `backup-policy run`.',
    recovered: 'The run that was overdue has left its copy.',
  },
  backupFailed: {
    title: 'backup failed',
    happened: ({ count }) => `${s(count, 'run', 'runs')} since the newest proven copy failed or left no copy that is proven.`,
    mend: 'Read the sentence of the failed execution in Step Functions: it names the mend. The next scheduled run tries again by itself.',
    recovered: 'The newest run left a proven copy.',
  },
  copyNotProven: {
    title: 'a copy is not good',
    happened: ({ count }) => `${s(count, 'copy', 'copies')} newer than the newest proven one did not come up as they should when restored.`,
    mend: 'Do not count on these copies. Read the verdict with `backup-policy status`: it names what differs. Look for what changed in the'
      + ' database or its server since the last proven run.',
    recovered: 'The newest copy is proven again.',
  },
  copyUnverified: {
    title: 'a copy was not verified',
    happened: ({ value }) => `A copy has waited ${value ?? 'too long'} for its verification.`,
    mend: 'See in Step Functions what became of the verify step. Until it ends, nobody knows whether that copy can be restored.',
    recovered: 'Every copy has its verdict.',
  },
  provenCopiesMissing: {
    title: 'too few proven copies',
    happened: ({ count }) => `${s(count, 'proven copy is', 'proven copies are')} missing of those that retention promises.`,
    mend: 'Find out whether runs failed, or whether copies were released that should have stayed: `backup-policy status` lists what is there.',
    recovered: 'There are as many proven copies as retention promises.',
  },
  successRateLow: {
    title: 'too many runs failed',
    happened: ({ value, limit }) => `Only ${value ?? 'part'} of the runs of the last 30 days left a proven copy; it should be ${limit ?? 'nearly all'}.`,
    mend: 'Look at what the failed runs have in common: the hour, the error, the load of the server.',
    recovered: 'Enough runs of the last 30 days left a proven copy.',
  },
  sizeAnomaly: {
    title: 'copy of an unusual size',
    happened: ({ value, limit }) => `The newest copy's size differs by ${value ?? 'much'} from the mean of the good runs before it; ${limit ?? 'less'} is usual.`,
    mend: 'Ask whether much was imported or deleted. If nobody knows of it, keep an older copy with `backup-policy retire --keep` before it is released.',
    recovered: 'The newest copy is of its usual size.',
  },
  rowsAnomaly: {
    title: 'unusual number of rows',
    happened: ({ value, limit }) => `The newest copy's rows differ by ${value ?? 'much'} from the mean of the good runs before it; ${limit ?? 'less'} is usual.`,
    mend: 'Ask at once whether a table was emptied or filled on purpose. If not, data may be lost in the database itself: keep the last good copy'
      + ' with `backup-policy retire --keep`, and restore from it.',
    recovered: 'The newest copy has its usual number of rows.',
  },
  runTooLong: {
    title: 'a run took too long',
    happened: ({ value, limit }) => `The newest run took ${value ?? 'longer'}; ${limit ?? 'less'} was declared.`,
    mend: 'The copy is there. See what grew or who held locks; give the worker more time or memory before it no longer fits.',
    recovered: 'The newest run was quick enough.',
  },
  restoreTooSlow: {
    title: 'restoring takes too long',
    happened: ({ value }) => `The newest drill needed ${value ?? 'more than what is allowed'} of the declared recovery time.`,
    mend: 'In an emergency the application would be away for longer than promised: give the verify worker more memory, or declare a longer RTO.',
    recovered: 'The newest drill fits the declared recovery time.',
  },
  drillOld: {
    title: 'no recent drill',
    happened: ({ value, limit }) => `The last restore was tried ${value ?? 'too long'} ago; one is promised every ${limit ?? 'period'}.`,
    mend: 'See why runs are no longer verified; `backup-policy run` makes a copy and its drill now.',
    recovered: 'A restore was tried recently.',
  },
  storeFilling: {
    title: 'the store fills up',
    happened: ({ value }) => `The copies use ${value ?? 'nearly all'} of the declared ceiling.`,
    mend: 'Shorten the retention, raise the ceiling, or find out what grew. Nothing is deleted for want of room: it only costs more.',
    recovered: 'The copies are below the declared ceiling again.',
  },
  replicaLate: {
    title: 'the replica is late',
    happened: ({ value }) => `A copy has not arrived in the second region for ${value ?? 'too long'}.`,
    mend: 'The first region has it. See the replication status of the bucket; until it arrives, losing the region loses that copy.',
    recovered: 'Every copy has arrived in the second region.',
  },
  replicaFailed: {
    title: 'replication failed',
    happened: ({ count }) => `S3 could not replicate ${s(count, 'object', 'objects').toLowerCase()} to the second region.`,
    mend: 'Look at the replication role, the key of the replica and its bucket. S3 does not try again by itself: run an S3 Batch Replication afterwards.',
    recovered: 'Nothing of the recent copies failed to replicate.',
  },
  copyUnreadable: {
    title: 'something in the store is damaged',
    happened: ({ count }) => `${s(count, 'copy, manifest or verdict is', 'copies, manifests or verdicts are')} damaged or cannot be read: changed, missing, overwritten, or of a newer release.`,
    mend: 'Do not restore from a copy that `backup-policy status` names, and find out who wrote to the store. What was written over is still there as an older version.',
    recovered: 'No damage is known, and everything recent can be read.',
  },
  clockWrong: {
    title: 'a clock is wrong',
    happened: ({ value }) => `The clock of the newest run's worker is ${value ?? 'too far'} away from the store's.`,
    mend: 'Times of copies cannot be trusted until it is right: see where the worker runs, and who set its clock.',
    recovered: 'The clocks agree again.',
  },
  copyNotRead: {
    title: 'stored copies were not re-read',
    happened: ({ value, limit }) => `A stored copy was last read ${value ?? 'too long'} ago; every ${limit ?? 'period'} was declared.`,
    mend: 'Start `backup-policy scrub`, and see in its log why the rotation does not keep up.',
    recovered: 'Every stored copy was read within the declared period.',
  },
  scheduleChanged: {
    title: 'the schedule is not as declared',
    happened: () => 'The schedule or its state machine was disabled, changed or deleted by hand: the next run may not happen.',
    mend: 'Deploy the stack again, or use `backup-policy pause` if a pause was meant: it has an end and wakes by itself.',
    recovered: 'Schedule and state machine are as declared.',
  },
  sentinelSilent: {
    title: 'nobody watches the backups',
    happened: () => 'The sentinel, which looks at the store, has said nothing. Every other alarm of this policy is blind until it speaks again.',
    mend: 'Open the sentinel\'s log in CloudWatch: its last error names the mend. `backup-policy status --local` looks at the store with your own rights.',
    recovered: 'The sentinel speaks again.',
  },
  slotNotStarted: {
    title: 'a run could not be started',
    happened: ({ count }) => `${s(count, 'scheduled start', 'scheduled starts')} failed and lie in the dead-letter queue.`,
    mend: 'Read the message in the queue: it says why. Start the run with `backup-policy run`, then empty the queue.',
    recovered: 'The dead-letter queue is empty.',
  },
  lockChanged: {
    title: 'the protection of the store is not as declared',
    happened: () => 'Object Lock, versioning or the bucket policy of the store is not as declared: copies may be deleted or written over by whoever changed it.',
    mend: 'Ask who changed it: this is what an attacker does first. Deploy the stack again; look at CloudTrail for the bucket.',
    recovered: 'Lock, versioning and bucket policy of the store are as declared.',
  },
  lifecycleChanged: {
    title: 'the lifecycle rules are not as declared',
    happened: () => 'A lifecycle rule of the bucket was changed, added or removed: it may delete copies, or keep what should go.',
    mend: 'Ask who changed it, and deploy the stack again before the next midnight UTC, when S3 applies its rules.',
    recovered: 'The lifecycle rules are as declared.',
  },
  replicationChanged: {
    title: 'the replication is not as declared',
    happened: () => 'The replication of the bucket is off, or goes elsewhere: new copies may be in one region only.',
    mend: 'Deploy the stack again, then replicate what was written meanwhile with S3 Batch Replication.',
    recovered: 'The replication is as declared.',
  },
  keyUnusable: {
    title: 'a key of the copies is in danger',
    happened: () => 'A key of the store is disabled, about to be deleted, no longer rotated, or its policy is not as declared. Without its key no copy can be read.',
    mend: 'Look at the key in KMS now: cancel a deletion (`aws kms cancel-key-deletion`), enable it, and deploy the stack again where its policy was changed. Ask who did it.',
    recovered: 'The keys of the store are as they should be.',
  },
  recipientUnconfirmed: {
    title: 'somebody would not be told',
    happened: ({ count }) => `${s(count, 'subscription of a recipient is', 'subscriptions of recipients are')} not confirmed, or gone.`,
    mend: 'Have them confirm the message from AWS, or take them out of the policy: at night they would not hear.',
    recovered: 'Every recipient is confirmed.',
  },
  auditOld: {
    title: 'the store was not audited',
    happened: ({ value }) => `The daily round that audits the store last ended ${value ?? 'too long'} ago.`,
    mend: 'See the last execution of the retire machine in Step Functions. Nothing is lost, but copies are neither checked nor released.',
    recovered: 'The store was audited.',
  },
  releasedTooMany: {
    title: 'copies are about to go that should stay',
    happened: ({ count }) => `${s(count, 'copy is', 'copies are')} marked for release although retention keeps them, or beyond what a round may release.`,
    mend: 'Take the marks back at once with `backup-policy retire --keep`; the grace period is the time you have. Ask who marked them.',
    recovered: 'Nothing is marked for release that should stay.',
  },
};
