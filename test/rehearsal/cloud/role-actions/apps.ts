import { type App, Duration, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { MonToitStack } from '../../../../examples/montoit';
import {
  BackupLock, BackupPolicy, BackupReplica, BackupReplicaStore, BackupSchedule, BackupStore, ClientEncryption, Compute, type IBackupStore,
  PostgresFlavor, PostgresSource, Recipient, Retention,
} from '../../../../lib';
import { bucketsOf } from '../../../../rehearsal/cloud/local-cloud';
import { synthesize, type Synthesized } from '../../synthesize';

const REGION = 'eu-west-3';

/** The apps whose roles are judged: between them every kind of role that the library makes. */
export const APPS: Readonly<Record<string, () => Synthesized>> = { MonToit: montoit, Shop: shop, Central: central };

/** The example: on Lambda, without a network, with a replica and workers there. */
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
      application: 'shop', store, lockExtension: {}, scrub: { within: Duration.days(90) },
      recipients: [
        Recipient.email('team@example.org'), Recipient.pagerDuty(new Secret(stack, 'Pager')), Recipient.slackChannel('T0123ABCD', 'C0123ABCD'),
        Recipient.eventBridge(),
      ],
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

/** Accounts of a platform team, of one of its teams, and of an archive that nobody of either administers. */
export const ACCOUNTS = { platform: '111111111111', team: '222222222222', archive: '333333333333' } as const;

/**
 * A shared store in the platform's account, replicated to an archive's; in it the platform's own application, and one of a team of another
 * account, which declares the store by its attributes.
 */
function central(): Synthesized {
  const props = { region: REGION, account: ACCOUNTS.platform };
  const archived = synthesize((app) => void archive(app), props);
  const replica = placeIn(archived);
  const shared = synthesize((app) => void platform(app, replica), props);
  const store = placeIn(shared);
  return synthesize((app) => {
    archive(app);
    platform(app, replica);
    const stack = new Stack(app, 'Team', { env: { account: ACCOUNTS.team, region: REGION } });
    protect(stack, 'till', BackupStore.fromAttributes(stack, 'Store', {
      ...store, lock: BackupLock.governance(Duration.days(7)), replicaRegions: ['eu-west-1'], applications: ['till'],
    }));
  }, props);
}

interface Place { readonly bucketName: string; readonly keyArn: string }

/** Names are the same in each synthesis: what one account tells the other is read from the first. */
function placeIn(made: Synthesized): Place {
  try {
    const { name, keyArn } = bucketsOf(made.resolver).find(({ lock }) => lock)!;
    return { bucketName: name, keyArn: keyArn! };
  } finally {
    made.remove();
  }
}

function archive(app: App): void {
  const stack = new Stack(app, 'Archive', { env: { account: ACCOUNTS.archive, region: 'eu-west-1' } });
  new BackupReplicaStore(stack, 'Store', { sourceAccount: ACCOUNTS.platform });
}

function platform(app: App, replica: Place): void {
  const stack = new Stack(app, 'Platform', { env: { account: ACCOUNTS.platform, region: REGION } });
  const store = new BackupStore(stack, 'Store', { replicas: [BackupReplica.existing({ ...replica, region: 'eu-west-1', account: ACCOUNTS.archive })] });
  store.allowTeam({ account: ACCOUNTS.team, applications: ['till'] });
  protect(stack, 'ledger', store);
}

function protect(stack: Stack, application: string, store: IBackupStore): void {
  const policy = new BackupPolicy(stack, 'Backup', { application, store, recipients: [Recipient.email('team@example.org')] });
  policy.protect(`${application}-database`, {
    source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED }),
    schedule: BackupSchedule.daily({ at: '02:00' }), retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
    objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
  });
}
