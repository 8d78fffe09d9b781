import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { BoundLock } from '../backup-lock';
import type { BackupTeamProps } from '../backup-team';
import { type ObjectKind, policyPrefix } from '../contract/object-keys';
import { lockableModes } from './lock-extensions';

export interface Team extends Required<BackupTeamProps> {
  /** ARN pattern of the team's retire roles. */
  readonly retireRoles: string;
  /** Up to which its locks may be lengthened; undefined where there are none. */
  readonly lock: BoundLock | undefined;
  /** Value of `kms:ViaService` for S3 in the bucket's region. */
  readonly viaService: string;
}

/**
 * What bucket and key must say themselves to roles of another account; what each role may do of it is said by its own policies, as within
 * the store's account. The account is named and not its roles, which are not there yet when the store is deployed.
 */
export function admitTeam(bucket: s3.Bucket, key: kms.IKey, team: Team): void {
  const { account } = team;
  const principals = [new iam.AccountPrincipal(account)];
  const scopes = team.environments.flatMap((environment) => team.applications.map((application) => ({ environment, application })));
  const prefixes = (...kinds: ObjectKind[]) => kinds.flatMap((kind) => scopes.map((scope) => `${policyPrefix(kind, scope)}*`));
  const allow = (name: string, actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) => {
    bucket.addToResourcePolicy(new iam.PolicyStatement({ sid: `${name}${account}`, principals, actions, resources, conditions }));
  };
  const objects = (...kinds: ObjectKind[]) => prefixes(...kinds).map((prefix) => bucket.arnForObjects(prefix));
  allow('Write', ['s3:PutObject', 's3:AbortMultipartUpload'], objects('parts', 'runs', 'verdicts', 'policies', 'audits', 'scrubs'));
  allow('Read', ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionTagging', 's3:GetObjectLegalHold'], objects('parts', 'runs', 'verdicts', 'policies', 'audits', 'scrubs'));
  allow('List', ['s3:ListBucket', 's3:ListBucketVersions'], [bucket.bucketArn], { StringLike: { 's3:prefix': prefixes('parts', 'runs', 'verdicts', 'policies', 'audits', 'scrubs') } });
  allow('Retire', ['s3:PutObjectVersionTagging'], objects('parts', 'runs', 'verdicts'), { ArnLike: { 'aws:PrincipalArn': team.retireRoles } });
  if (team.lock) {
    allow('Lock', ['s3:GetObjectRetention', 's3:PutObjectRetention'], objects('parts', 'runs', 'verdicts', 'policies'), {
      // Of a request that reads a lock there is no such thing.
      NumericLessThanEqualsIfExists: { 's3:object-lock-remaining-retention-days': team.lock.retentionSeconds / 86_400 },
      StringEqualsIfExists: { 's3:object-lock-mode': lockableModes(team.lock) },
    });
  }
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: `Team${account}`, principals, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: ['*'],
    conditions: { StringEquals: { 'kms:ViaService': team.viaService } },
  }));
}
