import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  AlarmSet, Assertion, BackupLock, BackupPolicy, BackupSchedule, BackupStore, BackupStoreRemoval, ExpectedLoad,
  MySqlFlavor, MySqlSource, Recipient, Retention,
} from '../../lib';

export interface IfnConnectStackProps extends StackProps {
  /** `production`, or a test environment whose store goes with its stack. */
  readonly environment: string;
}

/** IFN Connect, a market of traders on MySQL: its backup guide. Its stack must have a region. */
export class IfnConnectStack extends Stack {
  constructor(scope: Construct, id: string, props: IfnConnectStackProps) {
    super(scope, id, props);
    const production = props.environment === 'production';

    const store = new BackupStore(this, 'Store', {
      lock: BackupLock.governance(Duration.days(production ? 30 : 1)),
      replicaRegions: production ? ['eu-west-1'] : [],
      removal: production ? BackupStoreRemoval.retain() : BackupStoreRemoval.destroyTestEnvironment(props.environment),
    });

    const policy = new BackupPolicy(this, 'Backup', {
      application: 'ifn-connect',
      environment: props.environment,
      store,
      recipients: [Recipient.email('support@ifn-connect.example.org')],
      // Every kind of alarm, beyond the essential ones: about $4 a month more.
      alarms: { set: AlarmSet.ALL },
    });

    policy.protect('database', {
      source: new MySqlSource({
        // Put there by hand, once: { host, port, username, password, dbname }.
        connection: Secret.fromSecretNameV2(this, 'Connection', `${props.environment}/ifn-connect/database`),
        // On TiDB Cloud it is MySqlFlavor.TIDB, with tidb: { garbageCollection: TiDbGarbageCollection.HOLD }.
        flavor: MySqlFlavor.MYSQL,
      }),
      schedule: BackupSchedule.daily({ at: '02:00' }),
      retention: Retention.days(30),
      // The guide names no objectives: its alarm after 25 hours is the RPO it lives by.
      objectives: { rpo: Duration.hours(25), rto: Duration.hours(1) },
      expected: ExpectedLoad.of({ dump: Duration.minutes(5), restore: Duration.minutes(8) }),
      assertions: [
        // The guide's own question, before and after a restore.
        Assertion.query('there are merchants', 'SELECT COUNT(*) FROM merchants').atLeast(1),
        Assertion.query('every sale has its merchant', 'SELECT COUNT(*) FROM sales s LEFT JOIN merchants m ON m.id = s.merchant_id WHERE m.id IS NULL').equalTo('0'),
      ],
    });
  }
}
