import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  AlarmSet, Assertion, BackupLock, BackupPolicy, BackupSchedule, BackupStore, BackupStoreRemoval, DatabaseTls,
  ExpectedLoad, MySqlFlavor, MySqlSource, Recipient, Retention, SshTunnel,
} from '../../lib';

export interface SelmaiStackProps extends StackProps {
  /** `production`, or a test environment whose store goes with its stack. */
  readonly environment: string;
}

/** SELMai, a local exchange system on one server: the database half of its backup guide. Its stack must have a region. */
export class SelmaiStack extends Stack {
  constructor(scope: Construct, id: string, props: SelmaiStackProps) {
    super(scope, id, props);
    const production = props.environment === 'production';

    const store = new BackupStore(this, 'Store', {
      lock: BackupLock.governance(Duration.days(production ? 14 : 1)),
      replicaRegions: production ? ['eu-west-1'] : [],
      removal: production ? BackupStoreRemoval.retain() : BackupStoreRemoval.destroyTestEnvironment(props.environment),
    });

    const policy = new BackupPolicy(this, 'Backup', {
      application: 'selmai',
      environment: props.environment,
      store,
      recipients: [Recipient.email('admin@selmai.example.org')],
      // Every kind of alarm, beyond the essential ones: about $4 a month more.
      alarms: { set: AlarmSet.ALL },
    });

    policy.protect('database', {
      source: new MySqlSource({
        // Put there by hand, once: { host: '127.0.0.1', port, username, password, dbname }, as the server itself sees its database.
        connection: Secret.fromSecretNameV2(this, 'Connection', `${props.environment}/selmai/database`),
        flavor: MySqlFlavor.MARIADB,
        // MariaDB listens on the server's loopback alone: the tunnel ends on that very machine, which its host key names.
        tls: DatabaseTls.DISABLE,
        tunnel: new SshTunnel({
          host: 'selmai.example.org',
          user: 'backup',
          privateKey: Secret.fromSecretNameV2(this, 'TunnelKey', `${props.environment}/selmai/tunnel`),
          hostKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGnMl5rwNtYcbSPIjG6AKnfq5I8bdnk1Ma6Y6m0MkHi'],
        }),
      }),
      schedule: BackupSchedule.daily({ at: '02:00' }),
      // The script of the guide keeps 7 files and deletes what its table promises: 4 weeks and 3 months.
      retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 3 }),
      // Its alarm after 26 hours is the RPO it lives by; the RTO of 15 minutes is its own.
      objectives: { rpo: Duration.hours(26), rto: Duration.minutes(15) },
      expected: ExpectedLoad.of({ dump: Duration.minutes(3), restore: Duration.minutes(9) }),
      assertions: [
        Assertion.query('there are members', 'SELECT COUNT(*) FROM members').atLeast(1),
        Assertion.query('minutes are moved, never made', 'SELECT COALESCE(SUM(balance_minutes), 0) FROM members').equalTo('0'),
        Assertion.query('every offer has its member', 'SELECT COUNT(*) FROM services s LEFT JOIN members m ON m.id = s.member WHERE m.id IS NULL').equalTo('0'),
      ],
    });
  }
}
