import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

/**
 * S3 Replication Time Control replicates 99.9 % of new objects within 15 minutes in a month by its service level agreement; without it
 * there is no promise (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html,
 * https://aws.amazon.com/s3/sla-rtc/).
 */
export const TIME_CONTROL_SECONDS = 15 * 60;

export function secondRegionFindings(known: Known): Finding[] {
  const { store, tier, rpoSeconds: rpo, longestGap, runSeconds, runLimitSeconds } = known;
  if (store.testEnvironment) return [];
  const asked = tier?.secondRegion === true;
  if (store.replicas.length === 0) {
    return [{
      code: 'SECOND_REGION_MISSING',
      severity: asked ? 'error' : 'warning',
      reason: `every copy lies in 1 region${asked ? `, where the tier "${tier.name}" asks for 2` : ''}: when it is lost, all are`,
      mend: '`replicaRegions` in the store',
    }];
  }
  if (store.replicas.some(({ timeControl }) => !timeControl)) {
    return [{
      code: 'REPLICA_WITHOUT_TIME_CONTROL',
      severity: asked ? 'error' : 'warning',
      reason: `S3 promises no time for replication without Replication Time Control; the RPO of ${span(rpo)} is not proven for the loss of the region`,
      mend: 'Replication Time Control, which promises 15 min',
    }];
  }
  const run = runSeconds ?? runLimitSeconds;
  const there = longestGap.seconds + (run ?? 0);
  // What is late in its own region already is said there.
  if (there > rpo || rpo < TIME_CONTROL_SECONDS || there + TIME_CONTROL_SECONDS <= rpo) return [];
  return [{
    code: 'REPLICA_BEHIND_RPO',
    severity: asked && runSeconds !== undefined ? 'error' : 'warning',
    reason: `a copy is up to ${span(there)} old when the next one is proven${runSeconds === undefined && run !== undefined ? ' by its workers\' limits' : ''}, and in the other region ${span(TIME_CONTROL_SECONDS)} more: ${span(there + TIME_CONTROL_SECONDS)}; the RPO is ${span(rpo)}`,
    mend: `run more often, declare the load with \`expected\`, or an RPO of ${span(there + TIME_CONTROL_SECONDS)} or more`,
  }];
}
