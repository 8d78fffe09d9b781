import { Duration, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Assertion, type BackupLock, BackupPolicy, BackupReplica, BackupSchedule, BackupStore, type ClientEncryption, type Compute, type LockExtensionProps, PostgresFlavor, PostgresSource, Recipient, Retention, type ScrubProps } from '../../lib';
import { synthesize, type Synthesized } from './synthesize';

export interface ShopProps {
  readonly compute?: Compute;
  readonly assertions?: Assertion[];
  readonly encryption?: (stack: Stack) => ClientEncryption;
  readonly region?: string;
  readonly replicaRegions?: string[];
  /** Where a copy is proven from a replica, in its region. */
  readonly replicaWorkers?: Compute;
  readonly lock?: BackupLock;
  readonly lockExtension?: LockExtensionProps;
  readonly scrub?: ScrubProps;
}

/** The smallest policy there is: one database, one store, one recipient. With a compute, it stands in a network. */
export function shopApp(props: ShopProps = {}): Synthesized {
  const { compute, assertions, encryption, region, replicaRegions = [], replicaWorkers, lock, lockExtension, scrub } = props;
  return synthesize((root) => {
    const stack = new Stack(root, 'Shop', { env: { region } });
    const subnets = [{ name: 'out', subnetType: SubnetType.PUBLIC }, { name: 'in', subnetType: SubnetType.PRIVATE_WITH_EGRESS }];
    const vpc = compute && new Vpc(stack, 'Vpc', { natGateways: 1, subnetConfiguration: subnets });
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop',
      environment: 'staging',
      store: new BackupStore(stack, 'Store', { replicas: replicaRegions.map((one) => BackupReplica.inRegion(one, { workers: replicaWorkers })), lock }),
      recipients: [Recipient.email('team@example.org')],
      lockExtension,
      scrub,
    });
    policy.protect('database', {
      source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED, vpc }),
      schedule: BackupSchedule.daily({ at: '02:00' }),
      retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
      objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
      assertions,
      compute,
      encryption: encryption?.(stack),
    });
  });
}
