import { RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { acknowledgeRegulations } from '../acknowledgements';
import type { BackupReplicaStore } from '../backup-replica-store';

/** The one log of all workers that a replica has. @internal */
export function workerLogsOf(place: BackupReplicaStore): logs.LogGroup {
  const there = place.node.tryFindChild('WorkerLogs') as logs.LogGroup | undefined;
  return there ?? encryptedBySelf(new logs.LogGroup(place, 'WorkerLogs', { retention: logs.RetentionDays.SIX_MONTHS, removalPolicy: RemovalPolicy.DESTROY }));
}

/** @internal */
export function encryptedBySelf(group: logs.LogGroup): logs.LogGroup {
  acknowledgeRegulations(group, 'CloudWatchLogGroupEncrypted', 'CloudWatch Logs encrypts with a key of its own; a log has names and figures, never a row or a secret.');
  return group;
}
