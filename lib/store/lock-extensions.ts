import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { BoundLock } from '../backup-lock';
import type { IBackupStore, PolicyScope } from '../backup-store';
import { type ObjectKind, policyPrefix } from '../contract/object-keys';

/** Whose copies of a store have somebody that lengthens their lock: known to the proof, in whichever order an app declares it. */
const extended = new WeakMap<IConstruct, Set<string>>();

export function noteLockExtension(store: IConstruct, owner: PolicyScope): void {
  const owners = extended.get(store) ?? new Set();
  extended.set(store, owners.add(name(owner)));
}

export function isLockExtended(store: IConstruct, owner: PolicyScope): boolean {
  return extended.get(store)?.has(name(owner)) === true;
}

function name({ environment, application }: PolicyScope): string {
  return `${environment}/${application}`;
}

/** Modes in which a lock may be lengthened: nobody undoes compliance, so no worker begins it; what was governance stays so. */
export function lockableModes(lock: BoundLock | undefined): string | string[] {
  return lock?.mode === 'COMPLIANCE' ? ['COMPLIANCE', 'GOVERNANCE'] : 'GOVERNANCE';
}

/**
 * Lets a worker see which of a policy's copies are kept, and how long each version is locked: manifests, verdicts, declared policies and
 * what was found when copies were read again are read, parts are only listed.
 */
export function grantLockSurvey(store: IBackupStore, grantee: iam.IGrantable, scope: PolicyScope): iam.Grant {
  const allow = (actions: string[], resourceArns: string[], conditions?: Record<string, Record<string, unknown>>) =>
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  const prefixes = (...kinds: ObjectKind[]) => kinds.map((kind) => `${policyPrefix(kind, scope)}*`);
  const objects = (...kinds: ObjectKind[]) => prefixes(...kinds).map((prefix) => `${store.bucketArn}/${prefix}`);
  const { urlSuffix } = Stack.of(store);
  return allow(['s3:ListBucketVersions'], [store.bucketArn], { StringLike: { 's3:prefix': prefixes('runs', 'parts', 'verdicts', 'policies', 'scrubs') } })
    .combine(allow(['s3:GetObjectVersion'], objects('runs', 'verdicts', 'policies', 'scrubs')))
    .combine(allow(['s3:GetObjectVersionTagging', 's3:GetObjectLegalHold'], objects('runs')))
    .combine(allow(['s3:GetObjectRetention'], objects('runs', 'parts', 'verdicts', 'policies')))
    .combine(allow(['kms:Decrypt'], [store.keyArn], { StringEquals: { 'kms:ViaService': `s3.${store.region}.${urlSuffix}` } }));
}
