import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requireAccount, requireRegion } from './aws-regions';
import { bindTransitions } from './bind-transitions';
import type { BoundLock } from '../backup-lock';
import type { ReplicaFacts } from '../backup-replica';
import type { BackupStoreAttributes } from '../backup-store-attributes';
import { BackupStoreBase } from './backup-store-base';
import { BackupStoreRemoval } from '../backup-store-removal';
import { PropRefused, requireDays, requireName } from '../refusal';
import { DEFAULT_ROLE_PATH, retireRolePathUnder } from './role-paths';
import type { BoundTransition } from '../storage-transition';

export class ImportedBackupStore extends BackupStoreBase {
  public readonly bucketName: string;
  public readonly bucketArn: string;
  public readonly keyArn: string;
  public readonly region: string;
  public readonly removal = BackupStoreRemoval.retain();
  public readonly retireRolePath: string;
  public readonly _lock?: BoundLock;
  public readonly _graceSeconds: number;
  public readonly _replicas: readonly ReplicaFacts[];
  public readonly _transitions: readonly BoundTransition[];
  public readonly _applications?: readonly string[];

  constructor(scope: Construct, id: string, attributes: BackupStoreAttributes) {
    const { account, region, partition } = place(scope, attributes.keyArn);
    super(scope, id, { account, region });
    this.bucketName = attributes.bucketName;
    this.bucketArn = `arn:${partition}:s3:::${attributes.bucketName}`;
    this.keyArn = attributes.keyArn;
    this.region = region;
    this.retireRolePath = retireRolePathUnder(this, attributes.rolePath ?? DEFAULT_ROLE_PATH);
    this._lock = attributes.lock?._bind(this);
    this._graceSeconds = requireDays(this, 'gracePeriod', attributes.gracePeriod ?? Duration.days(7), 1, 365) * 86_400;
    this._replicas = (attributes.replicaRegions ?? []).map((one) => ({ region: requireRegion(this, 'replicaRegions', one), replicationTimeControl: true }));
    this._transitions = bindTransitions(this, attributes.transitions ?? []);
    this._applications = attributes.applications?.map((application) => requireName(this, 'applications', application));
  }
}

/** Everything but the name is in the key's ARN, once. */
function place(scope: Construct, keyArn: string) {
  if (!/^arn:[^:]+:kms:[^:]+:[^:]+:key\/.+$/.test(keyArn)) {
    throw new PropRefused(scope, 'keyArn', JSON.stringify(keyArn), 'the ARN of a key as it stands, such as arn:aws:kms:eu-west-1:111122223333:key/…');
  }
  const { account = '', region = '', partition = '' } = Arn.split(keyArn, ArnFormat.SLASH_RESOURCE_NAME);
  return {
    account: requireAccount(scope, 'keyArn, its account,', account),
    region: requireRegion(scope, 'keyArn, its region,', region),
    // The team's own word for it: a template deployed in another partition could not use the key.
    partition: partition === '' ? Stack.of(scope).partition : partition,
  };
}
