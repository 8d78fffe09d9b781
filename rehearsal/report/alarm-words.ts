import type { AlarmReport, AlarmRow, HealthyReport, PolicyAlarmReport } from '../alarms/model';
import { counted, duration, instant } from './words';

/** The last parts of a construct path, the policy's own left out: `database ScheduleChanged`, `ScheduleChanged in eu-west-1`. */
export function alarmName({ alarm, kind, protection, region }: AlarmRow, { region: own }: Pick<PolicyAlarmReport, 'region'>): string {
  const name = kind ?? alarm.split('/').slice(-2).join(' ');
  const told = alarm.endsWith('/Told') ? ' (told)' : '';
  return `${protection === undefined ? '' : `${protection} `}${name}${told}${region === own ? '' : ` in ${region}`}`;
}

/** How an alarm was heard, in a few words. */
export function heardBy({ messages, firedAfterSeconds, unheard }: AlarmRow): string {
  if (firedAfterSeconds === undefined) return 'nobody';
  if (messages.length === 0) return unheard === undefined ? 'by the alarm that tells it' : 'nobody can';
  return [...new Set(messages.map(({ channel }) => channel))].join(', ');
}

export function healthyInWords({ days, runs, rounds, zoneChanges, alarms, messages, births, failures }: HealthyReport): string {
  const changes = zoneChanges.map(({ timeZone, at }) => `the clocks of ${timeZone} changed on ${instant(at)}`);
  const plain = births === 0 ? '' : `; ${counted(births, 'plain message')} at the deployment that a new alarm of a replica is well`;
  const silent = alarms.length === 0 && messages.length === 0 && failures.length === 0;
  const said = `${counted(days, 'day')} without a fault, from the deployment on (${[counted(runs, 'run'), `${counted(rounds.real, 'round')} of sentinels run, ${rounds.quiet} repeated`, ...changes].join('; ')})`;
  return `${said}: ${silent ? `no alarm, no message${plain}` : `${counted(alarms.length, 'alarm')}, ${counted(messages.length, 'message')}`}`;
}

export function alarmHeadline({ outcome, policies }: AlarmReport): string {
  const alarms = policies.reduce((sum, one) => sum + one.alarms, 0);
  return outcome === 'heard' ? `Every alarm was heard: ${alarms}.` : 'Not every alarm can be relied on.';
}

export function when(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : duration(seconds);
}
