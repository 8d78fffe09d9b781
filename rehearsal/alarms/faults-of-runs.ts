import type { Fault } from './fault';
import { type CopyTraits, HEALTHY } from './master-copy';
import type { RealRun, Timeline } from './timeline';
import type { WatchedProtection } from './world';

const DAY_HOURS = 24;

/** Every copy is stored so until it is mended. */
function copies(traits: (one: WatchedProtection, timeline: Timeline) => CopyTraits): Pick<Fault, 'inject' | 'mend'> {
  return {
    inject: (timeline) => { timeline.behaviour.run = (_slot, one) => traits(one, timeline); },
    mend: (timeline) => { timeline.behaviour.run = () => HEALTHY; },
  };
}

/** The state machine runs at every slot with something in its way, until that is taken out of it. */
function runs(
  cause: (timeline: Timeline, one: WatchedProtection) => Promise<void> | void, mend: (timeline: Timeline, one: WatchedProtection) => void,
  run: RealRun = { really: true },
): Pick<Fault, 'inject' | 'mend'> {
  return {
    inject: async (timeline) => {
      for (const one of timeline.props.world.protections) await cause(timeline, one);
      timeline.behaviour.run = () => run;
    },
    mend: (timeline) => {
      for (const one of timeline.props.world.protections) mend(timeline, one);
      timeline.behaviour.run = () => HEALTHY;
    },
  };
}

/** A role of a run may not do something any more. */
function withoutRight(state: 'Dump' | 'Verify', action: string): Pick<Fault, 'inject' | 'mend'> {
  const right = ({ props }: Timeline, { id }: WatchedProtection): string => `${props.runs.roleOf(id.protection, state)} ${action}`;
  return runs(
    (timeline, one) => void timeline.denied.add(right(timeline, one)), (timeline, one) => void timeline.denied.delete(right(timeline, one)),
  );
}

/** The connection leads to a database whose tables are emptied, the fullest first, until a share of the rows is gone. */
function emptied(twin: string, share: number): Pick<Fault, 'inject' | 'mend' | 'twin'> {
  return {
    twin,
    ...runs(async ({ props }, { id: { protection } }) => {
      const database = props.runs.of(protection).twins.get(twin)!;
      await database.truncate(share);
      props.runs.putSecrets(database.secrets);
    }, ({ props }, { id }) => props.runs.mendSecrets(id.protection)),
  };
}

/** Passwords of these secrets are those of yesterday. */
function withOldPasswords(secrets: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([arn, value]) => (
    [arn, value.startsWith('{') ? JSON.stringify({ ...JSON.parse(value) as object, password: 'of-yesterday' }) : value])));
}

/** What a run can do wrong. A day's schedule has its next slot within a day, a week's within a week. */
export const FAULTS_OF_RUNS: readonly Fault[] = [
  {
    name: 'the run\'s role loses a right: every run fails', means: 'the dump\'s role may not s3:PutObject any more; the state machine runs at each slot',
    fires: ['backupOverdue', 'backupFailed', 'recoveryPointOld', 'successRateLow'],
    ...withoutRight('Dump', 's3:PutObject'),
    withinHours: 4 * DAY_HOURS, overWithinHours: 33 * DAY_HOURS, spacingSeconds: 2 * 3600, overSpacingSeconds: DAY_HOURS * 3600,
  },
  {
    name: 'the password is changed, and nobody tells the secret', means: 'the secret has another password than the server; the state machine runs at each slot',
    fires: ['backupOverdue', 'backupFailed'],
    ...runs(
      ({ props: { runs: real } }, { id }) => real.putSecrets(withOldPasswords(real.of(id.protection).source.secrets)),
      ({ props }, { id }) => props.runs.mendSecrets(id.protection),
    ),
    withinHours: 4 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the dump succeeds, and is empty', means: 'every table of the database is emptied; the state machine runs at its slot',
    fires: ['sizeAnomaly', 'rowsAnomaly'], ...emptied('emptied', 1), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the database was truncated yesterday', means: 'the fullest tables, seven of ten rows at least, are truncated; the state machine runs at its slot',
    fires: ['rowsAnomaly'], ...emptied('truncated', 0.7), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'runs go on, and nobody verifies', means: 'the verifying role may not s3:GetObjectVersion any more; the state machine runs at each slot',
    fires: ['copyUnverified', 'backupFailed'],
    ...withoutRight('Verify', 's3:GetObjectVersion'), withinHours: 3 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'a drill finds rows missing', fires: ['copyNotProven'],
    ...copies(() => ({ ...HEALTHY, outcome: 'not-proven' })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the clock of a worker is off by a day', means: 'the workers\' clocks are a day behind; the state machine runs at its slot',
    fires: ['clockWrong'],
    ...runs(() => undefined, () => undefined, { really: true, skewSeconds: -86_400 }),
    withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'a run takes hours', fires: ['runTooLong'],
    ...copies((one, { props: { world } }) => {
      const limit = world.watching.alarms.find(({ kind, protection }) => kind === 'runTooLong' && protection === one.id.protection)?.threshold ?? 7200;
      return { ...HEALTHY, runSeconds: Math.ceil(limit / 60) * 60 + 300 };
    }), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'the restore takes longer than the objective', fires: ['restoreTooSlow'],
    ...copies((one) => ({ ...HEALTHY, restoreSeconds: one.rtoSeconds * 1.2 })), withinHours: 2 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
  },
  {
    name: 'copies fill the store', fires: ['storeFilling'],
    ...copies((one, { props: { world } }) => {
      const ceiling = world.request.protections.find(({ protection }) => protection === one.id.protection)?.ceilingBytes;
      return ceiling === undefined ? HEALTHY : { ...HEALTHY, sizeBytes: Math.ceil(ceiling * 0.9) };
    }), withinHours: 2 * DAY_HOURS, overWithinHours: 40 * DAY_HOURS, overSpacingSeconds: DAY_HOURS * 3600,
  },
  {
    name: 'copies are read back, and none is restored any more', fires: ['drillOld'],
    ...copies(() => ({ ...HEALTHY, outcome: 'checksums-only' })), withinHours: 40 * DAY_HOURS, overWithinHours: 3 * DAY_HOURS,
    spacingSeconds: DAY_HOURS * 3600,
  },
];
