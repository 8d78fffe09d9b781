import type { Fault } from './fault';
import { type CopyTraits, HEALTHY } from './master-copy';
import type { Timeline } from './timeline';
import type { WatchedProtection } from './world';

const DAY_HOURS = 24;

/** Every run goes so until it is mended. */
function runs(traits: (one: WatchedProtection, timeline: Timeline) => CopyTraits | undefined): Pick<Fault, 'inject' | 'mend'> {
  return {
    inject: (timeline) => { timeline.behaviour.run = (_slot, one) => traits(one, timeline); },
    mend: (timeline) => { timeline.behaviour.run = () => HEALTHY; },
  };
}

const totalsOf = ({ props: { masters } }: Timeline, { id }: WatchedProtection): { rows: number; sizeBytes: number } =>
  masters.get(id.protection)!.manifest.totals;

/** What a run can do wrong. A day's schedule has its next slot within a day, a week's within a week. */
export const FAULTS_OF_RUNS: readonly Fault[] = [
  {
    name: 'the run\'s role loses a right: every run fails', fires: ['backupOverdue', 'backupFailed', 'recoveryPointOld', 'successRateLow'],
    ...runs(() => undefined), withinHours: 4 * DAY_HOURS, overWithinHours: 33 * DAY_HOURS, spacingSeconds: 6 * 3600,
  },
  {
    name: 'the dump succeeds, and is empty', fires: ['sizeAnomaly', 'rowsAnomaly'],
    ...runs(() => ({ ...HEALTHY, rows: 0, sizeBytes: 600 })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the database was truncated yesterday', fires: ['rowsAnomaly'],
    ...runs((one, timeline) => {
      const { rows, sizeBytes } = totalsOf(timeline, one);
      return { ...HEALTHY, rows: Math.floor(rows / 10), sizeBytes: Math.ceil(sizeBytes * 0.6) };
    }),
    withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'runs go on, and nobody verifies', fires: ['copyUnverified', 'backupFailed'],
    ...runs(() => ({ ...HEALTHY, verifySeconds: undefined })), withinHours: 3 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'a drill finds rows missing', fires: ['copyNotProven'],
    ...runs(() => ({ ...HEALTHY, outcome: 'not-proven' })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the clock of a worker is off by a day', fires: ['clockWrong'],
    ...runs(() => ({ ...HEALTHY, skewSeconds: -86_400 })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'a run takes hours', fires: ['runTooLong'],
    ...runs((one, { props: { world } }) => {
      const limit = world.watching.alarms.find(({ kind, protection }) => kind === 'runTooLong' && protection === one.id.protection)?.threshold ?? 7200;
      return { ...HEALTHY, runSeconds: Math.ceil(limit / 60) * 60 + 300 };
    }), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the restore takes longer than the objective', fires: ['restoreTooSlow'],
    ...runs((one) => ({ ...HEALTHY, restoreSeconds: one.rtoSeconds * 1.2 })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'copies fill the store', fires: ['storeFilling'],
    ...runs((one, { props: { world } }) => {
      const ceiling = world.request.protections.find(({ protection }) => protection === one.id.protection)?.ceilingBytes;
      return ceiling === undefined ? HEALTHY : { ...HEALTHY, sizeBytes: Math.ceil(ceiling * 0.9) };
    }), withinHours: 2 * DAY_HOURS, overWithinHours: 40 * DAY_HOURS, spacingSeconds: 6 * 3600,
  },
  {
    name: 'copies are read back, and none is restored any more', fires: ['drillOld'],
    ...runs(() => ({ ...HEALTHY, outcome: 'checksums-only' })), withinHours: 40 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS, spacingSeconds: 12 * 3600,
  },
];
