import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { SourceConfig } from '../source';
import { wayOut } from './vpc-endpoints';
import type { WorkerNetwork } from '../workers/worker';

export interface ProtectionNetwork {
  readonly dump: WorkerNetwork;
  readonly verify: WorkerNetwork;
  readonly connections: ec2.Connections;
}

/**
 * The workers' place in the source's VPC. The verify worker has a security group of its own that no server lets in: it reads the store and
 * runs what the copy holds, and has no business with the source.
 */
export function openNetwork(scope: Construct, source: SourceConfig): ProtectionNetwork | undefined {
  if (!source.network) return undefined;
  const { vpc, vpcSubnets } = source.network;
  const dumpGroups = source.network.securityGroups ?? [dumpGroup(scope, source, vpc)];
  const verifyGroup = new ec2.SecurityGroup(scope, 'VerifySecurityGroup', { vpc, description: `Verify worker of ${scope.node.id}`, allowAllOutbound: false });
  verifyGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS services');
  const connections = new ec2.Connections({ securityGroups: dumpGroups });
  source.opens?.connections.allowDefaultPortFrom(connections, `dump worker of ${scope.node.id}`);
  const { gateway } = source;
  gateway?.opens?.connections.allowFrom(connections, ec2.Port.tcp(gateway.port), `dump worker of ${scope.node.id}`);
  wayOut(scope, source.network, [...dumpGroups, verifyGroup]);
  return {
    dump: { vpc, vpcSubnets, securityGroups: dumpGroups },
    verify: { vpc, vpcSubnets, securityGroups: [verifyGroup] },
    connections,
  };
}

/** Behind a gateway there is one way to the source, and no other is left open. */
function dumpGroup(scope: Construct, { gateway }: SourceConfig, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'DumpSecurityGroup', { vpc, description: `Dump worker of ${scope.node.id}`, ...(gateway ? { allowAllOutbound: false } : {}) });
  if (!gateway) return group;
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS services');
  const addresses = gateway.opens ? [] : [ec2.Peer.anyIpv4(), ec2.Peer.anyIpv6()];
  for (const peer of addresses) group.addEgressRule(peer, ec2.Port.tcp(gateway.port), 'gateway of the source');
  return group;
}
