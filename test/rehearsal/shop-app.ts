import { Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention } from '../../lib';
import { synthesize, type Synthesized } from './synthesize';

/** The smallest policy there is: one database, one store, one recipient. */
export function shopApp(): Synthesized {
  return synthesize((root) => {
    const stack = new Stack(root, 'Shop');
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop',
      environment: 'staging',
      store: new BackupStore(stack, 'Store'),
      recipients: [Recipient.email('team@example.org')],
    });
    policy.protect('database', {
      source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED }),
      schedule: BackupSchedule.daily({ at: '02:00' }),
      retention: Retention.gfs({ daily: 7 }),
      objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
    });
  });
}
