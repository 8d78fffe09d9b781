import { createHash } from 'node:crypto';
import { DescribeKeyCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetBucketLifecycleConfigurationCommand, GetBucketPolicyCommand, GetBucketReplicationCommand, GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand, type LifecycleRule,
} from '@aws-sdk/client-s3';
import { lifecycleText, type StoredLifecycleRule } from '../../../lib/contract/lifecycle-rule';
import type { SentinelRequest } from '../../../lib/contract/sentinel-request';
import type { StoreReaderOptions } from '../store-reader';
import { policyDrift } from './access-policy';
import { ask, type Drift } from './asked';

type Expected = SentinelRequest['expected'];

/** How bucket and key are configured, against what was declared of them; what was not declared is not asked for. */
export async function storeDrift(store: StoreReaderOptions, expected: Expected): Promise<Drift[]> {
  const { bucket, signal } = store;
  const { lock, lifecycle, replication, policy, keys } = expected;
  const answers = await Promise.all([
    ...lifecycle ? [ask(signal, 'lockDrift', 'the versioning of the store', bucket, () => versioningDrift(store))] : [],
    ...lock ? [ask(signal, 'lockDrift', 'the lock of the store', bucket, () => lockDrift(store, lock))] : [],
    ...policy ? [ask(signal, 'lockDrift', 'the bucket policy of the store', bucket, () => bucketPolicyDrift(store, policy))] : [],
    ...lifecycle ? [ask(signal, 'lifecycleDrift', 'the lifecycle of the store', bucket, () => lifecycleDrift(store, lifecycle))] : [],
    ...replication ? [ask(signal, 'replicationDrift', 'the replication of the store', bucket, () => replicationDrift(store, replication))] : [],
    ...keys.map((key) => ask(signal, 'keyTrouble', 'the key of the store', key.arn, () => keyTrouble(key, signal))),
  ]);
  return answers.flat();
}

async function versioningDrift({ client, bucket, signal }: StoreReaderOptions): Promise<Drift[]> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal: signal });
  return Status === 'Enabled' ? [] : [{ metric: 'lockDrift', about: bucket, text: `The store keeps no versions any more: its versioning is ${Status ?? 'off'}.` }];
}

async function lockDrift({ client, bucket, signal }: StoreReaderOptions, { mode, days }: NonNullable<Expected['lock']>): Promise<Drift[]> {
  const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }), { abortSignal: signal });
  const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
  const found = Days ?? (Years === undefined ? undefined : Years * 365);
  if (Mode === mode && found === days) return [];
  const inForce = Mode === undefined ? 'there is none' : `it is ${Mode} for ${found} days`;
  return [{ metric: 'lockDrift', about: bucket, text: `The store's lock was declared as ${mode} for ${days} days, and ${inForce}.` }];
}

async function bucketPolicyDrift({ client, bucket, signal }: StoreReaderOptions, declared: NonNullable<Expected['policy']>): Promise<Drift[]> {
  const [found] = await noneWhen('NoSuchBucketPolicy', async () => {
    const { Policy } = await client.send(new GetBucketPolicyCommand({ Bucket: bucket }), { abortSignal: signal });
    return Policy === undefined ? undefined : [Policy];
  });
  return policyDrift(declared, found, { metric: 'lockDrift', about: bucket, what: 'The bucket policy' });
}

async function lifecycleDrift({ client, bucket, signal }: StoreReaderOptions, declared: NonNullable<Expected['lifecycle']>): Promise<Drift[]> {
  const rules = await noneWhen('NoSuchLifecycleConfiguration', async () =>
    (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), { abortSignal: signal })).Rules);
  const inForce = new Map(rules.filter(({ Status }) => Status === 'Enabled').map((rule) => [rule.ID ?? '', digestOf(rule)]));
  const known = new Set(declared.map(({ id }) => id));
  const say = (text: string): Drift => ({ metric: 'lifecycleDrift', about: bucket, text });
  return [
    ...declared.filter(({ id }) => !inForce.has(id)).map(({ id }) => say(`The lifecycle rule ${id} is gone or disabled.`)),
    ...declared.filter(({ id, digest }) => inForce.has(id) && inForce.get(id) !== digest).map(({ id }) => say(`The lifecycle rule ${id} is not as it was declared.`)),
    ...[...inForce.keys()].filter((id) => !known.has(id)).map((id) => say(`The lifecycle rule ${id || 'without a name'} was not declared: it may delete copies.`)),
  ];
}

function digestOf(rule: LifecycleRule): string {
  return createHash('sha256').update(lifecycleText(rule as StoredLifecycleRule)).digest('hex');
}

async function replicationDrift({ client, bucket, signal }: StoreReaderOptions, declared: NonNullable<Expected['replication']>): Promise<Drift[]> {
  const rules = await noneWhen('ReplicationConfigurationNotFoundError', async () =>
    (await client.send(new GetBucketReplicationCommand({ Bucket: bucket }), { abortSignal: signal })).ReplicationConfiguration?.Rules);
  const whole = rules.filter(({ Status, Filter, Prefix }) => Status === 'Enabled' && (Filter?.Prefix ?? Prefix ?? '') === '' && !Filter?.And && !Filter?.Tag);
  const inForce = new Map(whole.map(({ Destination }) => [nameOf(Destination?.Bucket), Destination?.ReplicationTime?.Status === 'Enabled']));
  const targets = new Set(rules.filter(({ Status }) => Status === 'Enabled').map(({ Destination }) => nameOf(Destination?.Bucket)));
  const known = new Set(declared.map((one) => one.bucket));
  const say = (text: string): Drift => ({ metric: 'replicationDrift', about: bucket, text });
  return [
    ...declared.filter((one) => !inForce.has(one.bucket)).map((one) => say(`Nothing replicates the whole store to ${one.bucket}.`)),
    ...declared.filter((one) => inForce.has(one.bucket) && inForce.get(one.bucket) !== one.timeControl)
      .map((one) => say(`Replication to ${one.bucket} has ${one.timeControl ? 'no time control any more' : 'time control, which nobody declared'}.`)),
    ...[...targets].filter((name) => !known.has(name)).map((name) => say(`Copies are replicated to ${name}, which nobody declared.`)),
  ];
}

/** The name in a bucket's ARN. */
function nameOf(arn: string | undefined): string {
  return (arn ?? '').replace(/^arn:[^:]*:s3:::/, '');
}

async function noneWhen<T>(name: string, question: () => Promise<T[] | undefined>): Promise<T[]> {
  try {
    return (await question()) ?? [];
  } catch (error) {
    if ((error as Error).name === name) return [];
    throw error;
  }
}

async function keyTrouble({ arn, region, rotated, policy }: Expected['keys'][number], signal: AbortSignal): Promise<Drift[]> {
  const client = new KMSClient({ region });
  const say = (text: string): Drift => ({ metric: 'keyTrouble', about: arn, text });
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: arn }), { abortSignal: signal });
    const { KeyState, DeletionDate } = KeyMetadata ?? {};
    if (KeyState === 'PendingDeletion') return [say(`The key is to be deleted${DeletionDate ? ` on ${DeletionDate.toISOString()}` : ''}: no copy can be read then.`)];
    if (KeyState !== 'Enabled') return [say(`The key is ${KeyState ?? 'in no known state'}: no copy can be written or read.`)];
    const [rotation, access] = await Promise.all([
      rotated ? client.send(new GetKeyRotationStatusCommand({ KeyId: arn }), { abortSignal: signal }) : undefined,
      policy && client.send(new GetKeyPolicyCommand({ KeyId: arn }), { abortSignal: signal }),
    ]);
    return [
      ...rotation && rotation.KeyRotationEnabled !== true ? [say('The key is not rotated any more.')] : [],
      ...policy && access ? policyDrift(policy, access.Policy, { metric: 'keyTrouble', about: arn, what: 'The key\'s policy' }) : [],
    ];
  } finally {
    client.destroy();
  }
}
