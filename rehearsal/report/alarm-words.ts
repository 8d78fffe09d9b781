import type { AlarmReport, AlarmRow, HealthyReport, OftenMissed, PolicyAlarmReport, RunRow } from '../alarms/model';
import { counted, duration, instant } from './words';

/** The last parts of a construct path, the policy's own left out: `database ScheduleChanged`, `ScheduleChanged in eu-west-1`. */
export function alarmName({ alarm, kind, protection, region }: AlarmRow, { region: own }: Pick<PolicyAlarmReport, 'region'>): string {
  const name = kind ?? alarm.split('/').slice(-2).join(' ');
  const told = alarm.endsWith('/Told') ? ' (told)' : '';
  return `${protection === undefined ? '' : `${protection} `}${name}${told}${region === own ? '' : ` in ${region}`}`;
}

/** How an alarm was heard, in a few words. */
export function heardBy({ messages, firedAfterSeconds, unheard, quietSeconds }: AlarmRow): string {
  if (firedAfterSeconds === undefined) return 'nobody';
  if (messages.length === 0) return unheard === undefined ? 'by the alarm that tells it' : 'nobody can';
  const channels = [...new Set(messages.map(({ channel }) => channel))].join(', ');
  return quietSeconds === undefined ? channels : `${channels}, ${duration(quietSeconds)} later (quiet hours)`;
}

/** A run that was at fault, as the first column has it: `database: the run itself failed`. */
export function runName({ protection, outcome }: RunRow): string {
  return `${protection} ${outcome === 'failed' ? 'run failed' : 'run'}`;
}

export function runHeardBy({ messages, outcome }: RunRow): string {
  if (messages.length === 0) return outcome === 'failed' ? 'nobody' : 'proven: it says nothing';
  return `${[...new Set(messages.map(({ channel }) => channel))].join(', ')} at once`;
}

/** The first run of each protection: those after it say the same. */
export function firstRuns(runs: readonly RunRow[]): RunRow[] {
  return runs.filter(({ protection }, index) => runs.findIndex((one) => one.protection === protection) === index);
}

export function missedInWords({ alarms, firedAfterSeconds, asItShould }: OftenMissed): string {
  if (alarms.length === 0) return asItShould ? 'nobody is alarmed' : 'somebody was alarmed';
  return `${alarms.join(', ')}${firedAfterSeconds === undefined ? ': never' : `, the first after ${duration(firedAfterSeconds)}`}`;
}

/** What the clocks did in days without a fault. */
export function clocksInWords({ zoneChanges, standIn }: HealthyReport): string {
  const changes = zoneChanges.map(({ timeZone, at, kind }) => `${timeZone} ${kind === 'hour-skipped' ? 'left an hour out' : 'had an hour twice'} on ${instant(at)}`);
  const stood = standIn === undefined ? '' : ' (in place of the schedules\' own zone, whose clocks never change)';
  return changes.length === 0 ? 'no change' : `${changes.join('; ')}${stood}`;
}

export function roundsInWords({ rounds }: HealthyReport): string {
  return `${counted(rounds.real, 'round')} run, ${rounds.quiet} repeated`;
}

export function silenceInWords({ alarms, messages, failures }: HealthyReport): string {
  if (alarms.length === 0 && messages.length === 0 && failures.length === 0) return 'no alarm, no message';
  return [counted(alarms.length, 'alarm'), counted(messages.length, 'message'), ...failures.length > 0 ? [counted(failures.length, 'failure')] : []].join(', ');
}

/** Days without a fault, in a line. */
export function healthyInWords(healthy: HealthyReport): string {
  const { days, from, runs } = healthy;
  const parts = [`from ${instant(from)}`, counted(runs, 'run'), roundsInWords(healthy), `clocks: ${clocksInWords(healthy)}`];
  return `${counted(days, 'day')} without a fault: ${silenceInWords(healthy)} (${parts.join('; ')})`;
}

export function alarmHeadline({ outcome, policies }: AlarmReport): string {
  const alarms = policies.reduce((sum, one) => sum + one.alarms, 0);
  return outcome === 'heard' ? `Every alarm was heard: ${alarms}.` : 'Not every alarm can be relied on.';
}

export function when(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : duration(seconds);
}
