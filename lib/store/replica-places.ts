import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { partitionOf, requireRegion } from './aws-regions';
import type { BoundReplica } from '../backup-replica';
import { PropRefused } from '../refusal';

/** Whether the replicas can be where they are declared to be, seen from the store's own place. */
export function requirePlaces(store: IConstruct, replicas: readonly BoundReplica[]): void {
  if (replicas.length === 0) return;
  const stack = Stack.of(store);
  const first = replicas[0].region;
  if (stack.nested) throw new PropRefused(store, 'replicaRegions', `${first}, in the nested stack ${stack.node.path}`, 'a store that is declared in a stack of its own right: a nested stack cannot wait for another region');
  if (Token.isUnresolved(stack.region)) {
    throw new PropRefused(store, 'replicaRegions', `${first}, in the stack ${stack.node.path} without a region`, 'a stack with env: { region }: without it nobody can say whether the replica is in another one');
  }
  const own = requireRegion(store, 'the region of its stack', stack.region);
  const places = new Set<string>();
  for (const { region, account, existing } of replicas) {
    if (partitionOf(region) !== partitionOf(own)) throw new PropRefused(store, 'replicaRegions', `${region}, of partition ${partitionOf(region)}`, `regions of ${partitionOf(own)}, as ${own} is: S3 replicates within a partition`);
    if (region === own && (account === undefined || account === stack.account)) throw new PropRefused(store, 'replicaRegions', `${region}, the store's own`, 'another region: what is lost with the first copy is no second one');
    if (account !== undefined && Token.isUnresolved(stack.account)) {
      throw new PropRefused(store, 'replicas', `one in account ${account}, in the stack ${stack.node.path} without an account`, 'a stack with env: { account, region }: without it nobody can say whether the replica is in another account');
    }
    const place = existing?.bucketName ?? region;
    if (places.has(place)) throw new PropRefused(store, 'replicaRegions', `${place} twice`, 'each once');
    places.add(place);
  }
}
