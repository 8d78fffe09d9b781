import { Duration, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { MonToitStack } from '../../../../examples/montoit';
import { BackupPolicy, BackupSchedule, BackupStore, ClientEncryption, Compute, PostgresFlavor, PostgresSource, Recipient, Retention } from '../../../../lib';
import { synthesize, type Synthesized } from '../../synthesize';

const REGION = 'eu-west-3';

/** The apps whose roles are judged: between them every kind of role that the library makes. */
export const APPS: Readonly<Record<string, () => Synthesized>> = { MonToit: montoit, Shop: shop };

/** The example: on Lambda, without a network, with a replica. */
function montoit(): Synthesized {
  return synthesize((app) => void new MonToitStack(app, 'MonToit', { environment: 'production', env: { region: REGION } }), { region: REGION });
}

/**
 * Two protections in a network, `orders` on Lambda, `ledger` on Fargate and encrypted; a replica; a worker that lengthens locks, and a role
 * of the team's own that may.
 */
function shop(): Synthesized {
  return synthesize((app) => {
    const stack = new Stack(app, 'Shop', { env: { region: REGION } });
    const subnets = [{ name: 'out', subnetType: SubnetType.PUBLIC }, { name: 'in', subnetType: SubnetType.PRIVATE_WITH_EGRESS }];
    const vpc = new Vpc(stack, 'Vpc', { natGateways: 1, subnetConfiguration: subnets });
    const store = new BackupStore(stack, 'Store', { replicaRegions: ['eu-west-1'] });
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop', store, recipients: [Recipient.email('team@example.org')], lockExtension: {},
    });
    const declared = {
      schedule: BackupSchedule.daily({ at: '02:00' }), retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
      objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
    };
    const source = (name: string) => new PostgresSource({ connection: new Secret(stack, name), flavor: PostgresFlavor.SELF_HOSTED, vpc });
    policy.protect('orders', { ...declared, source: source('Orders') });
    policy.protect('ledger', {
      ...declared, source: source('Ledger'), compute: Compute.fargate(),
      encryption: ClientEncryption.age({
        recipients: ['age176244ny9acfe9yjw74xj26qc0my8x9y5ausqk6cmm37ww7kktegqtf0ngp'], drillIdentity: new Secret(stack, 'Identity'),
      }),
    });
    const rights = new ManagedPolicy(stack, 'LockExtenderPolicy');
    store.grantExtendLock(rights, { environment: policy.environment, application: policy.application }, Duration.days(400));
    new Role(stack, 'LockExtender', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), managedPolicies: [rights] });
  }, { region: REGION });
}
