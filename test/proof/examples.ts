import { coverageFindings, type Finding, type FindingCode, judge, policyFindings, type ProtectionFacts, proveProtection, storeFindings, templateFindings } from '../../lib/model/proof';
import { DAY, GIBIBYTE, GOOD, GOOD_STORE, HOUR, MINUTE } from './facts';

const CRITICAL = { name: 'critical', rpoSeconds: 5 * MINUTE, rtoSeconds: HOUR, drillSeconds: 7 * DAY, secondRegion: true };
const STANDARD = { name: 'standard', rpoSeconds: 24 * HOUR, rtoSeconds: 24 * HOUR, drillSeconds: 92 * DAY, secondRegion: false };

/** One declaration that has a finding, and the change that mends it. */
export interface Example {
  /** What the code means, for somebody who reads it the first time. */
  readonly meaning: string;
  /** The declaration, in words. */
  readonly declared: string;
  readonly findings: () => readonly Finding[];
  /** The mended declaration, in words and as it is judged. */
  readonly mended: string;
  readonly mendedFindings: () => readonly Finding[];
}

function of(meaning: string, declared: string, facts: Partial<ProtectionFacts>, mended: string, mend: Partial<ProtectionFacts>): Example {
  return {
    meaning, declared, mended,
    findings: () => proveProtection({ ...GOOD, ...facts }),
    mendedFindings: () => proveProtection({ ...GOOD, ...facts, ...mend }),
  };
}

const every = (minutes: number) => ({ kind: 'every', minutes } as const);
const lambda = { platform: 'lambda', limitSeconds: 880, scratchBytes: 10 * GIBIBYTE } as const;
const fargate = { platform: 'fargate', limitSeconds: 6 * HOUR - 20, scratchBytes: 100 * GIBIBYTE } as const;
const quick = { source: 'declared', dumpSeconds: 2 * MINUTE, restoreSeconds: 4 * MINUTE };

export const EXAMPLES: Readonly<Record<FindingCode, Example>> = {
  RPO_UNREACHABLE: of(
    'The newest proven copy is as old as the longest gap between two runs and one run together, just before the next copy is proven. That is more than the RPO.',
    'a daily run, an RPO of 24 h', { rpoSeconds: 24 * HOUR },
    'a run every 12 h', { schedule: every(12 * 60) },
  ),
  RPO_NEEDS_CONTINUOUS_COPY: of(
    'No schedule of dumps meets such an RPO: below 15 minutes, or less than two runs\' own time.',
    'dumps every 4 h, an RPO of 5 min', { schedule: every(240), rpoSeconds: 5 * MINUTE },
    'an RPO of 5 h for the dumps; minutes are the point-in-time recovery\'s to promise', { rpoSeconds: 5 * HOUR },
  ),
  RPO_RUN_TIME_UNKNOWN: of(
    'The gap leaves room for a run, but nothing says how long a run takes, and its workers\' limits are longer than the room.',
    'a daily run on Fargate, an RPO of 26 h, no `expected`', { workers: fargate, expected: undefined },
    'the load declared', { expected: quick },
  ),
  RTO_UNREACHABLE: of(
    'A restore takes longer than the RTO, by what was declared or measured.',
    'a restore of 6 min, an RTO of 5 min', { rtoSeconds: 5 * MINUTE },
    'an RTO of 15 min', { rtoSeconds: 15 * MINUTE },
  ),
  LOAD_UNKNOWN: of(
    'Nothing says how long a restore takes, so the RTO is not proven at synth. Every drill is still timed against it.',
    'no `expected`', { expected: undefined },
    'the load declared', { expected: quick },
  ),
  SCHEDULE_SKIPS_A_RUN: of(
    'On one day of the year the local time of the run does not exist. EventBridge Scheduler runs nothing in its place.',
    'daily at 02:30 in Europe/Paris, an RPO of 48 h', { schedule: { kind: 'daily', hour: 2, minute: 30, timeZone: 'Europe/Paris' }, rpoSeconds: 48 * HOUR },
    'daily at 02:30 UTC', { schedule: { kind: 'daily', hour: 2, minute: 30, timeZone: 'UTC' } },
  ),
  SCHEDULE_OVERLAPS: of(
    'The next run begins before this one is over: both read the source, and neither waits for the other.',
    'a run every 15 min that takes 20 min', { schedule: every(15), expected: { source: 'declared', dumpSeconds: 8 * MINUTE, restoreSeconds: 12 * MINUTE }, rpoSeconds: 2 * HOUR },
    'a run every 30 min', { schedule: every(30) },
  ),
  RUN_EXCEEDS_LIMIT: of(
    'A worker ends itself before its platform does, typed and clean; what takes longer never comes to its end. Lambda\'s limit is 15 minutes.',
    'a dump of 20 min on Lambda', { workers: lambda, expected: { source: 'declared', dumpSeconds: 20 * MINUTE, restoreSeconds: 6 * MINUTE } },
    'the same on Fargate', { workers: fargate },
  ),
  SCRATCH_TOO_SMALL: of(
    'A drill restores the copy into a scratch server on the worker\'s disk. The data alone, without any index, is larger.',
    '12 GiB of data, a verify worker with 10 GiB', { expected: { ...quick, source: 'declared', sizeBytes: 12 * GIBIBYTE } },
    'a verify worker on Fargate with 100 GiB', { workers: fargate },
  ),
  RETENTION_BELOW_MINIMUM: of(
    'So many proven copies always stay, whatever their age. The rules say fewer, so copies stay longer than the rules.',
    '`Retention.count(2)` with a minimum of 3', { retention: { last: 2 } },
    '`Retention.count(3)`', { retention: { last: 3 } },
  ),
  RETENTION_RULE_IDLE: of(
    'Another rule keeps every copy longer: this one keeps nothing of its own.',
    '`Retention.gfs({ daily: 30, weekly: 4 })`, a daily run', { retention: { daily: 30, weekly: 4 } },
    '`Retention.gfs({ daily: 30, weekly: 8 })`', { retention: { daily: 30, weekly: 8 } },
  ),
  RETENTION_BELOW_FLOOR: of(
    'A law or a contract asks that copies reach back so far (`retentionFloor`), and the rules do not.',
    'copies of 7 years asked for, `yearly: 7`', { retention: { daily: 7, yearly: 7 }, floorSeconds: 7 * 365 * DAY },
    '`yearly: 8`: a year\'s last copy may be made on its last day', { retention: { daily: 7, yearly: 8 } },
  ),
  RETENTION_CONTRADICTION: of(
    'Copies must be kept longer than they may be.',
    'tax data for 7 years and personal data for 3 years in one protection', { retention: { daily: 7, yearly: 8 }, floorSeconds: 7 * 365 * DAY, ceilingSeconds: 10 * 365 * DAY - 8 * 365 * DAY },
    'a protection of the tax tables alone, without the ceiling', { ceilingSeconds: undefined },
  ),
  RETENTION_ABOVE_CEILING: of(
    'Rules, grace, lifecycle or the lock keep a copy longer than a law or a contract allows (`retentionCeiling`, such as the GDPR\'s).',
    'monthly copies of a year, a ceiling of 365 days', { ceilingSeconds: 365 * DAY },
    '`monthly: 11`', { retention: { daily: 7, weekly: 4, monthly: 11 } },
  ),
  LOCK_MISSING: of(
    'Whoever may delete in the bucket can delete every copy at once.',
    '`BackupLock.none()`', { store: { ...GOOD_STORE, lock: undefined } },
    '`BackupLock.governance(Duration.days(7))`', { store: GOOD_STORE },
  ),
  LOCK_SHORTER_THAN_RETENTION: of(
    'Copies are kept longer than they are locked: the old ones are an administrator\'s (or a thief\'s) to delete.',
    'a lock of 7 days, monthly copies of a year', { store: { ...GOOD_STORE, lockExtended: false } },
    '`lockExtension: {}` in the policy', { store: GOOD_STORE },
  ),
  LOCK_LONGER_THAN_RETENTION: of(
    'The lock keeps copies that retention has released, and they are paid for.',
    'a lock of 30 days, daily copies of 7 days', { store: { ...GOOD_STORE, lock: { mode: 'GOVERNANCE', seconds: 30 * DAY } } },
    'a lock of 14 days, the grace included', { store: { ...GOOD_STORE, lock: { mode: 'GOVERNANCE', seconds: 14 * DAY } } },
  ),
  COMPLIANCE_LOCK: {
    meaning: 'A lock in compliance mode cannot be undone by anybody. Said at the store, so that nobody means governance and writes compliance.',
    declared: '`BackupLock.compliance(Duration.days(30))`', findings: () => storeFindings({ lock: { mode: 'COMPLIANCE', seconds: 30 * DAY } }),
    mended: '`BackupLock.governance(Duration.days(30))`', mendedFindings: () => storeFindings({ lock: { mode: 'GOVERNANCE', seconds: 30 * DAY } }),
  },
  SECOND_REGION_MISSING: of(
    'Every copy lies in one region. A warning; an error where the criticality asks for a second region.',
    'a store without replicas', { store: { ...GOOD_STORE, replicas: [] } },
    '`replicaRegions`, with Replication Time Control', { store: GOOD_STORE },
  ),
  REPLICA_WITHOUT_TIME_CONTROL: of(
    'S3 promises no time for replication without Replication Time Control, so the RPO is not proven for the loss of a region.',
    'a replica without time control', { store: { ...GOOD_STORE, replicas: [{ timeControl: false }] } },
    'a replica with it', { store: GOOD_STORE },
  ),
  REPLICA_BEHIND_RPO: of(
    'The copy is there in time in its own region, and 15 minutes later, which is the promise of Replication Time Control, too late in the other.',
    'a run every 50 min of 6 min, an RPO of 1 h', { schedule: every(50), expected: quick, rpoSeconds: HOUR },
    'a run every 30 min', { schedule: every(30) },
  ),
  CLASS_SLOWER_THAN_RTO: of(
    'Copies move to a class that must be retrieved before it is read: up to 5 hours from Glacier Flexible Retrieval, 12 hours from Deep Archive, by the standard tier. An error where even the newest copy lies there.',
    'Glacier Deep Archive after 90 days, an RTO of 1 h', { store: { ...GOOD_STORE, transitions: [{ storageClass: 'DEEP_ARCHIVE', afterDays: 90 }] } },
    'Glacier Instant Retrieval', { store: { ...GOOD_STORE, transitions: [{ storageClass: 'GLACIER_IR', afterDays: 90 }] } },
  ),
  CLASS_LEFT_EARLY: of(
    'Copies leave their class before its least days (30 in the infrequent-access classes, 90 in Glacier Instant and Flexible Retrieval, 180 in Deep Archive), which are paid for all the same.',
    'Standard-IA after 30 days, copies of 40 days', { retention: { daily: 40 }, store: { ...GOOD_STORE, transitions: [{ storageClass: 'STANDARD_IA', afterDays: 30 }] } },
    'no transition', { store: GOOD_STORE },
  ),
  DRILL_WITHOUT_IDENTITY: of(
    'Nobody opens the encrypted copies in a drill: checksums are compared, and no copy is ever proven. An error where a criticality asks for drills.',
    '`ClientEncryption.age({ recipients })`', { encryption: { drillIdentity: false } },
    'the same with `drillIdentity`', { encryption: { drillIdentity: true } },
  ),
  DRILLS_TOO_RARE: of(
    'The criticality asks for a restore more often than there is one. Each of our runs ends with one, so it is the schedule that is too rare.',
    '`Criticality.STANDARD` with a run every 100 days', { tier: STANDARD, schedule: every(100 * 1440), rpoSeconds: 101 * DAY, retention: { last: 4 } },
    'a monthly run', { schedule: { kind: 'monthly', day: 1, hour: 2, minute: 0, timeZone: 'UTC' } },
  ),
  SCRUB_NEVER_DUE: of(
    'The stored copies are to be read again within a period, and none of them stays as long: rounds run, and read nothing.',
    '`scrub: { within: Duration.days(365) }`, copies of 30 days', { retention: { days: 30 }, scrub: { periodSeconds: 365 * DAY, longestGapSeconds: DAY } },
    '`within: Duration.days(30)`', { retention: { days: 30 }, scrub: { periodSeconds: 30 * DAY, longestGapSeconds: DAY } },
  ),
  SCRUB_EXCEEDS_ROUNDS: of(
    'The copies that outlive the period are more than its rounds can read, each in the 13 minutes that Lambda leaves it. Said where the size of a copy is declared or measured.',
    'daily copies of 100 GB for 400 days, within 90 days', { retention: { days: 400 }, expected: { ...quick, copyBytes: 100e9 }, scrub: { periodSeconds: 90 * DAY, longestGapSeconds: DAY } },
    'copies of 4 GB', { retention: { days: 400 }, expected: { ...quick, copyBytes: 4e9 }, scrub: { periodSeconds: 90 * DAY, longestGapSeconds: DAY } },
  ),
  SCRUB_OF_COLD_CLASS: of(
    'Copies go to a storage class whose objects must be retrieved before they can be read: no round can read them.',
    '`scrub`, and Deep Archive after 60 days',
    { retention: { days: 400 }, store: { ...GOOD_STORE, transitions: [{ afterDays: 60, storageClass: 'DEEP_ARCHIVE' }] }, scrub: { periodSeconds: 90 * DAY, longestGapSeconds: DAY } },
    'Glacier Instant Retrieval after 60 days',
    { retention: { days: 400 }, store: { ...GOOD_STORE, transitions: [{ afterDays: 60, storageClass: 'GLACIER_IR' }] }, scrub: { periodSeconds: 90 * DAY, longestGapSeconds: DAY } },
  ),
  WEAKER_THAN_TIER: of(
    'An objective is declared that is weaker than the criticality\'s own. It is what counts; the name promises more.',
    '`Criticality.CRITICAL` with an RPO of 26 h', { tier: CRITICAL },
    'no criticality, or the one that fits', { tier: undefined },
  ),
  ALARM_NEVER_RESTS: of(
    'An alarm\'s threshold is one that a month without any failure crosses. An alarm that always rings is switched off, and then tells nothing.',
    'a daily run of 9 min, `recoveryPointAge: Duration.hours(24)`', { alarms: { thresholds: { recoveryPointOld: 24 * HOUR } } },
    '`recoveryPointAge: Duration.hours(25)`', { alarms: { thresholds: { recoveryPointOld: 25 * HOUR } } },
  ),
  ALARMS_CONTRADICT: of(
    'Two alarms cannot both be silent: the copies that retention keeps fill the store beyond what its own alarm allows, and fewer of them are missing.',
    '30 daily copies of 4 GiB, a ceiling of 100 GiB', {
      retention: { daily: 30 }, expected: { ...quick, copyBytes: 4 * GIBIBYTE },
      alarms: { thresholds: { storeFilling: 80, provenCopiesMissing: 0 }, storeCeilingBytes: 100 * GIBIBYTE },
    },
    'a ceiling of 200 GiB', { alarms: { thresholds: { storeFilling: 80, provenCopiesMissing: 0 }, storeCeilingBytes: 200 * GIBIBYTE } },
  ),
  SUCCESS_RATE_ALLOWS_NO_FAILURE: of(
    'So few runs are in 30 days that one failure is below the success rate that is asked for. Its alarm then stays for 30 days, and hides the next failure.',
    'a daily run, `successRatePercent: 99`', { alarms: { thresholds: { successRateLow: 99 } } },
    '`successRatePercent: 96`, or none: the default allows one failure', { alarms: { thresholds: { successRateLow: 96 } } },
  ),
  EMPTY_POLICY: {
    meaning: 'A policy without a protection protects nothing.',
    declared: 'a `BackupPolicy` and no `protect()`', findings: () => policyFindings({ protections: 0, rpoSeconds: [], sentinelSeconds: 900 }),
    mended: 'one `protect()`', mendedFindings: () => policyFindings({ protections: 1, rpoSeconds: [93_600], sentinelSeconds: 900 }),
  },
  SENTINEL_SLOW: {
    meaning: 'The sentinel looks so seldom that most of the time that an RPO allows may pass before anybody sees that it is missed. A third of it is the least.',
    declared: '`sentinel: { interval: Duration.minutes(30) }`, an RPO of one hour',
    findings: () => policyFindings({ protections: 1, rpoSeconds: [93_600, 3600], sentinelSeconds: 1800 }),
    mended: 'no `interval`: it follows the RPO', mendedFindings: () => policyFindings({ protections: 1, rpoSeconds: [93_600, 3600], sentinelSeconds: 900 }),
  },
  TEMPLATE_NEAR_LIMIT: {
    meaning: 'CloudFormation refuses a template with more than 500 resources. Said from 400, at the template\'s first policy.',
    declared: 'a template of 412 resources', findings: () => templateFindings(412),
    mended: 'half of the policies in another stack', mendedFindings: () => templateFindings(206),
  },
  UNPROTECTED_RESOURCE: {
    meaning: 'A resource holds data and no policy of the application has it as its source. Said by the aspect `RequireBackup`, at the resource.',
    declared: 'a DynamoDB table under `Aspects.of(stack).add(new RequireBackup())`', findings: () => coverageFindings('DynamoDB table', 0, 'error'),
    mended: 'a protection with it as its source', mendedFindings: () => coverageFindings('DynamoDB table', 1, 'error'),
  },
  ACKNOWLEDGED_IN_VAIN: {
    meaning: 'Something is acknowledged that is not found, any more or at all. It would hide the next one.',
    declared: '`acknowledge(\'LOCK_MISSING\', \'the store of a demo\')`, and the store has a lock',
    findings: () => judge(proveProtection(GOOD), [{ code: 'LOCK_MISSING', reason: 'the store of a demo' }]),
    mended: 'the acknowledgement removed', mendedFindings: () => judge(proveProtection(GOOD), []),
  },
};
