import { METRICS } from '../../lib/contract/metrics';

/** Ages: they grow by themselves, whatever happens. */
const AGES: readonly string[] = [METRICS.recoveryPointAge, METRICS.drillAge, METRICS.auditAge].map(({ name }) => name);
/** What counts up once something is amiss. */
const DELAYS: readonly string[] = [METRICS.overdueSeconds, METRICS.unverifiedAge, METRICS.replicaLag, METRICS.lastReadAge]
  .map(({ name }) => name);

/**
 * What a round would write in which nothing has happened since an earlier one: the same gauges, of which ages are as much greater as time
 * has passed.
 *
 * @param lines in embedded metric format
 */
export function quietRound(lines: readonly string[], passedSeconds: number): string[] {
  return lines.map((line) => {
    const values = JSON.parse(line) as Record<string, unknown> & { _aws: { Timestamp: number } };
    const grown = (name: string, value: unknown): unknown => {
      if (typeof value !== 'number') return value;
      if (name === METRICS.pausedSeconds.name) return Math.max(0, value - passedSeconds);
      return AGES.includes(name) || (DELAYS.includes(name) && value > 0) ? value + passedSeconds : value;
    };
    const { _aws, ...rest } = values;
    return JSON.stringify({
      _aws: { ..._aws, Timestamp: _aws.Timestamp + passedSeconds * 1000 },
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, grown(name, value)])),
    });
  });
}
