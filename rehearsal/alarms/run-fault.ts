import { parseAlarmMark } from '../../lib/contract/notification';
import type { AlarmKindName } from '../../lib/contract/alarm-kinds';
import type { Alarm } from './alarm';
import { stateOf } from './evaluate';
import type { Fault } from './fault';
import type { AlarmRow, FaultReport, RunRow } from './model';
import type { DoneRun, Timeline } from './timeline';
import type { World } from './world';

const HOUR = 3600;
/** Alarms have settled by then. */
const SETTLING_SECONDS = 75 * 60;
/** No quiet hours are longer: a weekend's. */
const LONGEST_QUIET_SECONDS = 73 * HOUR;

/** The kind that an alarm's description says; undefined for one that gathers others. */
export function kindOf({ description }: Alarm): AlarmKindName | undefined {
  return parseAlarmMark(description)?.kind;
}

/** Alarms that a fault must fire. */
export function expectedOf({ fires, where }: Fault, { alarms, region }: World): Alarm[] {
  return alarms.filter((alarm) => {
    const kind = kindOf(alarm);
    const place = alarm.region === region ? 'first' : 'replica';
    return kind !== undefined && fires.includes(kind) && (where ?? place) === place;
  });
}

/** Injects a fault into a course of time that is well, waits for its alarms, mends it, and waits for their end. */
export async function runFault(fault: Fault, timeline: Timeline): Promise<FaultReport> {
  const began = performance.now();
  const { world } = timeline.props;
  const expected = expectedOf(fault, world);
  await timeline.pass(SETTLING_SECONDS);
  const before = timeline.states();
  const from = { change: timeline.changes.length, told: timeline.told.length, done: timeline.done.length };
  const injected = timeline.now;
  await fault.inject(timeline);
  timeline.stir();
  const fired = (alarm: Alarm): number | undefined =>
    timeline.changes.slice(from.change).find((change) => change.alarm === alarm && change.to === 'ALARM')?.at;
  const allFired = (): boolean => expected.every((alarm) => fired(alarm) !== undefined);
  const { spacingSeconds, overSpacingSeconds = spacingSeconds } = fault;
  // Over weeks a minute more or less is nothing.
  const step = (hours: number): { stepSeconds?: number } => (hours > 7 * 24 ? { stepSeconds: 5 * 60 } : {});
  await timeline.pass(fault.withinHours * HOUR, { spacingSeconds, ...step(fault.withinHours), until: allFired });
  // What is told after a wait of its own, and by whom.
  await timeline.pass(10 * 60, { spacingSeconds });
  await untilToldOf(timeline, spacingSeconds);
  const mended = timeline.now;
  await fault.mend(timeline);
  timeline.stir();
  const isOver = (): boolean => timeline.states().length === 0;
  await timeline.pass(fault.overWithinHours * HOUR, { spacingSeconds: overSpacingSeconds, ...step(fault.overWithinHours), until: isOver });
  await timeline.pass(10 * 60, { spacingSeconds: overSpacingSeconds });
  await untilToldOf(timeline, overSpacingSeconds);
  const changes = timeline.changes.slice(from.change);
  const told = timeline.told.slice(from.told);
  const rows = expected.map((alarm): AlarmRow => {
    const declared = world.declared.get(alarm.arn);
    const kind = kindOf(alarm);
    const at = fired(alarm);
    const over = stateOf(timeline.board, alarm) === 'ALARM' ? undefined
      : changes.findLast((change) => change.alarm === alarm && change.from === 'ALARM')?.at;
    const of = (state: string) => told.filter(({ change }) => change.alarm === alarm && change.to === state);
    const quiet = Math.max(0, ...of('ALARM').map(({ mutedSeconds = 0 }) => mutedSeconds));
    const problem = problemOf({ alarm, at, over, told: of('ALARM'), before, fault });
    const protection = parseAlarmMark(alarm.description)?.protection;
    return {
      alarm: alarm.path, region: alarm.region, fault: fault.name,
      ...kind === undefined ? {} : { kind }, ...protection === undefined ? {} : { protection },
      ...declared ? { severity: declared.severity } : {},
      ...at === undefined ? {} : { firedAfterSeconds: at - injected },
      ...over === undefined ? {} : { overAfterSeconds: Math.max(0, over - mended) },
      ...fault.unheard === undefined ? {} : { unheard: fault.unheard }, ...quiet > 0 ? { quietSeconds: quiet } : {},
      messages: of('ALARM').flatMap(({ arrived }) => arrived), overMessages: of('OK').flatMap(({ arrived }) => arrived),
      ...problem === undefined ? {} : { problem },
    };
  });
  const also = [...new Set(changes.filter(({ to, alarm }) => to === 'ALARM' && !expected.includes(alarm)).map(({ alarm }) => alarm.path))];
  const runs = timeline.done.slice(from.done).map((one) => runRow(one, injected));
  const means = fault.means === undefined ? {} : { means: fault.means };
  return { fault: fault.name, ...means, runs, rows, also, rounds: timeline.rounds, seconds: Math.round(performance.now() - began) / 1000 };
}

/** What quiet hours keep is told when they are over. */
async function untilToldOf(timeline: Timeline, spacingSeconds: number | undefined): Promise<void> {
  if (timeline.keepsQuiet) await timeline.pass(LONGEST_QUIET_SECONDS, { spacingSeconds, until: () => !timeline.keepsQuiet });
}

function runRow({ protection, slot, at, proven, failure, told }: DoneRun, injected: number): RunRow {
  const messages = told.flatMap(({ arrived }) => arrived);
  const problem = told.find((one) => one.problem !== undefined)?.problem ?? (proven || messages.length > 0 ? undefined : 'it failed, and its message reached nobody');
  return {
    protection, slot: new Date(slot * 1000).toISOString(), outcome: proven ? 'proven' : 'failed', endedAfterSeconds: at - injected, messages,
    ...failure === undefined ? {} : { failure }, ...problem === undefined ? {} : { problem },
  };
}

interface Judged {
  readonly alarm: Alarm;
  readonly at: number | undefined;
  readonly over: number | undefined;
  readonly told: readonly { readonly arrived: readonly unknown[]; readonly problem?: string }[];
  readonly before: readonly string[];
  readonly fault: Fault;
}

function problemOf({ alarm, at, over, told, before, fault }: Judged): string | undefined {
  if (before.includes(alarm.path)) return 'it fired before the fault';
  if (at === undefined) return `it did not fire within ${fault.withinHours} hours`;
  const silent = alarm.actionsEnabled && alarm.actions.ALARM.length > 0;
  const failed = told.find(({ problem }) => problem !== undefined)?.problem;
  if (failed !== undefined) return `its message did not arrive: ${failed}`;
  if (silent && fault.unheard === undefined && told.every(({ arrived }) => arrived.length === 0)) return 'its message reached nobody';
  if (over === undefined) return `it was not over within ${fault.overWithinHours} hours of the mend`;
  return undefined;
}
