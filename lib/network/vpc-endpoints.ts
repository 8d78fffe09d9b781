import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { SourceNetwork } from '../source';

/** What workers call: the store, its key, the secret, the log, the state machine (Fargate), and the image's registry (Fargate). */
const INTERFACES = {
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Kms: ec2.InterfaceVpcEndpointAwsService.KMS,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  States: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
  Sts: ec2.InterfaceVpcEndpointAwsService.STS,
  Ecr: ec2.InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
};

const NAMES = ['s3 (gateway)', 'secretsmanager', 'kms', 'logs', 'states', 'sts', 'ecr.api', 'ecr.dkr'];

/** Workers in isolated subnets reach AWS by endpoints alone: makes them when asked to, says which are needed when not. */
export function wayOut(scope: Construct, network: SourceNetwork, groups: ec2.ISecurityGroup[]): void {
  if (network.createEndpoints) return WorkerEndpoints.of(scope, network).admit(groups);
  if (!isIsolated(network)) return;
  Annotations.of(scope).addWarningV2(
    'cdk-backup-policy:isolated-subnets',
    `the workers' subnets have no way out: they need the VPC endpoints ${NAMES.join(', ')}; `
    + 'set source.createEndpoints, choose other subnets, or acknowledge this if the endpoints are there',
  );
}

function isIsolated({ vpc, vpcSubnets }: SourceNetwork): boolean {
  const isolated = new Set(vpc.isolatedSubnets.map((subnet) => subnet.subnetId));
  const { subnets } = vpc.selectSubnets(vpcSubnets);
  return subnets.length > 0 && subnets.every((subnet) => isolated.has(subnet.subnetId));
}

/** The endpoints of one VPC, once a stack however many protections ask for them. */
class WorkerEndpoints extends Construct {
  static of(scope: Construct, network: SourceNetwork): WorkerEndpoints {
    const stack = Stack.of(scope);
    const id = `BackupEndpoints-${network.vpc.node.addr}`;
    return stack.node.tryFindChild(id) as WorkerEndpoints | undefined ?? new WorkerEndpoints(stack, id, network);
  }

  private readonly securityGroup: ec2.SecurityGroup;

  private constructor(scope: Construct, id: string, { vpc, vpcSubnets }: SourceNetwork) {
    super(scope, id);
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Endpoints for backup workers', allowAllOutbound: false });
    new ec2.GatewayVpcEndpoint(this, 'S3', { vpc, service: ec2.GatewayVpcEndpointAwsService.S3, subnets: vpcSubnets ? [vpcSubnets] : undefined });
    for (const [name, service] of Object.entries(INTERFACES)) {
      new ec2.InterfaceVpcEndpoint(this, name, {
        vpc, service, subnets: { ...vpcSubnets, onePerAz: true }, securityGroups: [this.securityGroup], open: false,
      });
    }
  }

  admit(groups: ec2.ISecurityGroup[]): void {
    for (const group of groups) this.securityGroup.addIngressRule(group, ec2.Port.tcp(443), 'backup worker');
  }
}
