import { DefaultStackSynthesizer, type IStackSynthesizer, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import type { RegionReplicaOptions } from '../backup-replica';
import { BackupReplicaStore, type BackupReplicaStoreProps } from '../backup-replica-store';

/** S3's limit, less the account, two hyphens around it, a hash and the hyphen before it. */
const NAME_ROOM = 63 - 12 - 2 - 9;

interface MadeReplica {
  readonly store: BackupReplicaStore;
  /** As both stacks can say it, without a reference from one to the other. */
  readonly bucketName: string;
}

/** The replica of a store in another region, in a stack of its own that is deployed before the store's. */
export function replicaIn(store: Construct, region: string, options: RegionReplicaOptions, props: BackupReplicaStoreProps): MadeReplica {
  const parent = Stack.of(store);
  const stack = new Stack(store, `Replica-${region}`, {
    description: `Replica of the backup copies of ${store.node.path}`,
    env: { region, account: Token.isUnresolved(parent.account) ? undefined : parent.account },
    stackName: options.stackName ?? stackName(store, region),
    synthesizer: options.synthesizer ?? synthesizerLike(parent),
    terminationProtection: parent.terminationProtection,
    analyticsReporting: false,
  });
  parent.addStackDependency(stack, `${store.node.path} replicates to ${region}`);
  const name = bucketName(store, region);
  return { bucketName: name, store: new BackupReplicaStore(stack, 'Store', { ...props, bucketName: name }) };
}

/** Such as `MonToit-Store-eu-west-1`; with a hash where the path of the store is longer than its id. */
function stackName(store: Construct, region: string): string {
  const parent = Stack.of(store);
  const ids = store.node.scopes.slice(parent.node.scopes.length).map(({ node }) => node.id.replace(/[^A-Za-z0-9-]/g, ''));
  const name = [parent.stackName, ...ids, region].join('-');
  return ids.length === 1 && name.length <= 128 ? name : `${name.slice(0, 119)}-${hash(store.node.path)}`;
}

/**
 * The same in both stacks, and from release to release: of the stack's name, which its account and region have once, and the store's path
 * in it. The account is part of it, known or not, so that the same application in two accounts makes two buckets.
 */
function bucketName(store: Construct, region: string): string {
  const parent = Stack.of(store);
  const path = store.node.path.slice(parent.node.path.length);
  const readable = `${parent.stackName}${path}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, NAME_ROOM - region.length).replace(/^-|-$/g, '');
  return `${readable}-${hash(`${parent.region} ${parent.stackName} ${path}`)}-${parent.account}-${region}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/**
 * The child is bootstrapped as its parent is. What the application sets for all stacks it gets from there; the qualifier and roles that
 * only the parent's stack was given are copied: a bound synthesizer has its unbound form as prototype.
 */
function synthesizerLike(parent: Stack): IStackSynthesizer | undefined {
  const { synthesizer } = parent;
  if (!(synthesizer instanceof DefaultStackSynthesizer)) return undefined;
  const unbound = Object.getPrototypeOf(synthesizer) as IStackSynthesizer;
  return unbound instanceof DefaultStackSynthesizer && Object.hasOwn(unbound, 'props') ? unbound : undefined;
}
