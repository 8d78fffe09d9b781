import type { FaultReport, HealthyReport, OftenMissed } from './model';

interface Missed {
  readonly what: string;
  /** Names of the faults that do it. */
  readonly faults: readonly string[];
  readonly means: string;
}

/** What other tools learn of late or never, and the faults that do each of it. */
export const OFTEN_MISSED: readonly Missed[] = [
  { what: 'the schedule is disabled by hand', faults: ['the schedule is disabled by hand'], means: 'its state in EventBridge Scheduler' },
  { what: 'the state machine is deleted', faults: ['the state machine is deleted'], means: 'the schedule finds none at its slot' },
  { what: 'the role loses a right', faults: ['the run\'s role loses a right: every run fails'], means: 'real runs, one right less' },
  { what: 'the dump "succeeds" empty', faults: ['the dump succeeds, and is empty'], means: 'real runs over emptied tables' },
  { what: 'the database was truncated yesterday', faults: ['the database was truncated yesterday'], means: 'real runs over truncated tables' },
  { what: 'runs go on, and verify has stopped', faults: ['runs go on, and nobody verifies'], means: 'real runs whose verify may not read parts' },
  { what: 'the clock of a worker is off by a day', faults: ['the clock of a worker is off by a day'], means: 'real runs, clocks a day behind' },
  { what: 'the replica has stopped', faults: ['the replica stops'], means: 'replication is held' },
  {
    what: 'the sentinel has stopped', faults: ['the sentinel is stopped', 'the sentinel of the replica is stopped'],
    means: 'its schedule calls it no more, in either region',
  },
  { what: 'the metrics namespace is wrong', faults: ['gauges go to another namespace'], means: 'in each line that the sentinel writes' },
  { what: 'the topic has no confirmed subscription', faults: ['no recipient has confirmed'], means: 'every subscription is pending' },
];

/** Each of them with what was heard, and last the one that nobody may hear of. */
export function oftenMissed({ deployed }: HealthyReport, faults: readonly FaultReport[]): OftenMissed[] {
  const heard = OFTEN_MISSED.flatMap(({ what, faults: names, means }): OftenMissed[] => {
    const rows = faults.filter(({ fault }) => names.includes(fault)).flatMap((one) => one.rows);
    if (rows.length === 0) return [];
    const first = [...rows].sort((one, other) => (one.firedAfterSeconds ?? Infinity) - (other.firedAfterSeconds ?? Infinity))[0];
    return [{
      what, means, alarms: [...new Set(rows.map(({ kind, alarm }) => kind ?? alarm))],
      asItShould: rows.every(({ problem }) => problem === undefined),
      ...first.firedAfterSeconds === undefined ? {} : { firedAfterSeconds: first.firedAfterSeconds },
    }];
  });
  return [...heard, {
    what: 'a policy deployed an hour ago, with no run yet due', means: `${deployed.rounds} rounds of the sentinels over an empty store, ${deployed.runs} runs`,
    alarms: [], asItShould: deployed.alarms === 0 && deployed.messages === 0,
  }];
}
