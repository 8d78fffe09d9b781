import { type Schedule, parseExpression, slotsBetween } from '../../lib/model/schedule';
import type { Resolver } from '../assembly/resolver';
import { type Alarm, AlarmError } from './alarm';

/** Hours in which alarms tell nobody. */
export interface MuteRule {
  readonly path: string;
  readonly region: string;
  /** Names of the alarms. */
  readonly alarms: readonly string[];
  readonly schedule: Schedule;
  readonly seconds: number;
}

type Properties = Readonly<Record<string, unknown>>;

/**
 * Every mute rule of an assembly's templates (CloudWatch API Reference, "Schedule":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html).
 *
 * @throws AlarmError for one that is not evaluated here
 */
export function mutesOf(resolver: Resolver): MuteRule[] {
  return resolver.resourcesOf('AWS::CloudWatch::AlarmMuteRule').map((resource) => {
    const { Rule, MuteTargets, StartDate, ExpireDate } = resolver.properties(resource);
    const { Expression, Duration, Timezone = 'UTC' } = ((Rule as Properties | undefined)?.Schedule ?? {}) as Properties;
    const { AlarmNames = [] } = (MuteTargets ?? {}) as { AlarmNames?: string[] };
    const seconds = secondsOf(String(Duration));
    const schedule = scheduleOf(String(Expression), String(Timezone));
    if (StartDate !== undefined || ExpireDate !== undefined || seconds === undefined || schedule === undefined) {
      throw new AlarmError(`${resource.path} is muted by ${String(Expression)} for ${String(Duration)}, which the rehearsal does not evaluate`);
    }
    return { path: resource.path, region: resource.stack.region ?? resolver.region, alarms: AlarmNames, schedule, seconds };
  });
}

/** Five fields, the days of a week by their names; EventBridge wants a year too, and one of both days left open. */
function scheduleOf(expression: string, timeZone: string): Schedule | undefined {
  const [, minute, hour, day, month, weekDay] = /^cron\((\S+) (\S+) (\S+) (\S+) ([A-Z,*-]+)\)$/.exec(expression) ?? [];
  if (weekDay === undefined || (day !== '*' && weekDay !== '*')) return undefined;
  const days = weekDay === '*' ? `${day} ${month} ?` : `? ${month} ${weekDay}`;
  return parseExpression(`cron(${minute} ${hour} ${days} *)`, timeZone);
}

/** Of an ISO 8601 duration of days, hours and minutes. */
function secondsOf(duration: string): number | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration);
  const [days = 0, hours = 0, minutes = 0] = (match ?? []).slice(1).map((text) => Number(text ?? 0));
  const seconds = days * 86_400 + hours * 3600 + minutes * 60;
  return seconds > 0 ? seconds : undefined;
}

/** Whether some rule mutes an alarm at an instant. A window begins with its minute, and its end is no part of it. */
export function isMuted(rules: readonly MuteRule[], { name, region }: Pick<Alarm, 'name' | 'region'>, at: number): boolean {
  return rules.some((rule) => rule.region === region && rule.alarms.includes(name)
    && slotsBetween(rule.schedule, at - rule.seconds + 1, at + 1).length > 0);
}
