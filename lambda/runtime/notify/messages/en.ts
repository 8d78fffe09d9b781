import { KINDS_EN } from './en-kinds';
import { bytesIn, countIn, instantIn, percentIn, spanIn } from './figures';
import type { Words } from './words';

const UNITS = { second: ['second', 'seconds'], minute: ['minute', 'minutes'], hour: ['hour', 'hours'], day: ['day', 'days'] } as const;
const s = (count: number, one: string, many: string): string => `${countIn('en', count)} ${count === 1 ? one : many}`;
const span = (seconds: number): string => spanIn('en', seconds, UNITS);

export const EN: Words = {
  kinds: KINDS_EN,
  labels: { happened: 'What happened', since: 'Since when', safe: 'What is safe', mend: 'What to do now' },
  links: { alarm: 'Alarm', alarms: 'Alarms', executions: 'Executions', runbook: 'Runbook' },
  prefix: { page: 'NOW', notify: 'Notice', recovered: 'Over', test: 'TEST', digest: 'Weekly' },
  whose: ({ environment, application, protection }) => `${application}${protection === undefined ? '' : `/${protection}`} (${environment})`,
  span,
  bytes: (bytes) => bytesIn('en', bytes, 'B'),
  count: (count) => countIn('en', count),
  percent: (percent) => percentIn('en', percent),
  instant: (iso, timeZone) => instantIn('en-GB', iso, timeZone),
  since: (when) => `The alarm stands since ${when}.`,
  overSince: (when) => `Over since ${when}.`,
  noLongerKnown: 'CloudWatch has no data to judge by: whether it is well is not known.',
  safe: ({ recoveryPointAge, provenCopies }, recoveryPoint, named) => {
    const of = named ? '' : 'of this backup ';
    if (provenCopies === 0) return 'There is no proven copy yet: nothing here has been shown to restore.';
    if (recoveryPointAge === undefined || recoveryPoint === undefined) return 'What is safe was not measured lately: `backup-policy status` shows it.';
    return `The newest proven copy ${of}holds the data as of ${recoveryPoint}, ${span(recoveryPointAge)} ago`
      + `${provenCopies === undefined ? '' : `; ${s(provenCopies, 'proven copy is', 'proven copies are')} in the store`}.`;
  },
  safeUnknown: 'What is safe could not be asked now: `backup-policy status` shows it.',
  pausedUntil: (when, protection) => `${protection} is paused until ${when}; it wakes by itself, and no run is expected before.`,
  failed: {
    run: {
      title: 'backup failed',
      happened: (slot) => `The backup that was due on ${slot} failed.`,
      mend: 'Do what the sentence says. The next scheduled run tries again by itself; `backup-policy run` starts one now.',
    },
    retire: {
      title: 'retirement failed',
      happened: (slot) => `The retire round that was due on ${slot} failed. No copy is lost by it: what should go stays longer.`,
      mend: 'Do what the sentence says. The next round, a day later, does what this one left.',
    },
    extend: {
      title: 'locks were not lengthened',
      happened: (slot) => `The round that lengthens locks, due on ${slot}, failed. Copies that retention keeps may come out of their lock.`,
      mend: 'Do what the sentence says before the locks end; the next round does what this one left.',
    },
    scrub: {
      title: 'copies were not re-read',
      happened: (slot) => `The round that re-reads stored copies, due on ${slot}, failed.`,
      mend: 'Do what the sentence says; `backup-policy scrub` starts a round now.',
    },
  },
  said: (sentence) => `It said: ${sentence}`,
  execution: (name, error) => `Execution ${name}, error ${error}.`,
  succeeded: ({ summary }, slot) => ({ title: 'backup proven', text: `The backup of ${slot} is good. ${summary}` }),
  test: ({ asker }, when) => ({
    title: 'test of the notifications, nobody must get up',
    text: `This is a test, asked for by ${asker} on ${when}. Nothing is wrong with the backups.`,
    mend: 'Nothing. If this came to you, real messages come to you the same way.',
  }),
  digest: {
    well: 'all backups are well',
    notWell: 'the backups need attention',
    wellText: (protections) => `All is well with ${s(protections, 'backup', 'backups')}: each has a proven copy as recent as promised, and everything is as declared.`,
    notWellText: (troubles) => `${s(troubles, 'thing is', 'things are')} not as ${troubles === 1 ? 'it' : 'they'} should be:`,
    notAsked: 'CloudWatch could not be asked how the backups are. `backup-policy status` shows it.',
    nothingMeasured: 'nothing was measured in the last hours: the sentinel does not speak',
    overdue: (late) => `a run is overdue by ${late}`,
    tooOld: (age, limit) => `the newest proven copy's data is ${age} old, ${limit} is the most`,
    noneProven: 'there is no proven copy yet',
    failedRuns: (count) => `${s(count, 'run', 'runs')} failed since the newest proven copy`,
    unproven: (count) => `${s(count, 'copy', 'copies')} did not restore as they should`,
    unreadable: (count) => `${s(count, 'object', 'objects')} cannot be read`,
    replica: 'the second region lacks something that S3 could not replicate',
    paused: (when) => `paused until ${when}`,
    newest: (age) => `newest proven data ${age} old`,
    proven: (count) => `${count} proven copies`,
    rate: (percent) => `${percent} of the runs of 30 days good`,
    stored: (bytes) => `${bytes} stored`,
    ceiling: (days) => `${days} days to the ceiling`,
    restore: (percent) => `a restore takes ${percent} of the allowed time`,
    drill: (age) => `last drill ${age} ago`,
    mend: 'Look at `backup-policy status` for each of these; the alarms have said more.',
  },
  unknown: {
    title: 'message that is not ours',
    text: 'Something was said on the topic of this policy that is neither an alarm nor a notice of ours. As it came:',
    mend: 'Find out who sent it: alarms of your own are welcome there, their description is what you read here.',
  },
};
