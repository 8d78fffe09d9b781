import { Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { PropRefused } from '../refusal';

/** Where IAM keeps the roles by which a bucket knows who may tag and who may replicate. */
export const DEFAULT_ROLE_PATH = '/cdk-backup-policy/';

/** IAM's form of a path (IAM User Guide, "IAM and AWS STS quotas"), and never the root, which every other role has. */
export function retireRolePathUnder(scope: IConstruct, rolePath: string): string {
  if (!/^\/[\w+=,.@-]+(\/[\w+=,.@-]+)*\/$/.test(rolePath) || rolePath.length > 500) {
    throw new PropRefused(scope, 'rolePath', JSON.stringify(rolePath), 'a path of its own such as /cdk-backup-policy/, which begins and ends with a slash');
  }
  return `${rolePath}retire/`;
}

export function replicationRolesUnder(rolePath: string): string {
  return `${rolePath}replication/`;
}

/** Every role of an account under a path: S3 and KMS refuse a policy that names a role which is not there yet, a condition may. */
export function rolesUnder(scope: Construct, account: string, path: string): string {
  return `arn:${Stack.of(scope).partition}:iam::${account}:role${path}*`;
}
