import type { IConstruct } from 'constructs';
import { INTERVAL_MINUTES } from '../model/watch/interval';
import { PropRefused } from '../refusal';
import type { SentinelProps } from '../sentinel-props';

/** The declared interval in minutes; undefined leaves it to the objectives. @throws PropRefused */
export function declaredMinutes(scope: IConstruct, { interval }: SentinelProps): number | undefined {
  if (!interval) return undefined;
  const seconds = interval.isUnresolved() ? Number.NaN : interval.toSeconds();
  if (INTERVAL_MINUTES.includes(seconds / 60)) return seconds / 60;
  const given = interval.isUnresolved() ? 'known only at deployment' : interval.toHumanString();
  throw new PropRefused(scope, 'sentinel.interval', given, `minutes that divide an hour: ${INTERVAL_MINUTES.join(', ')}`);
}
