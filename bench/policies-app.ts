import { App, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention } from '../lib';

/** An app of so many policies, five a stack, not yet synthesized. */
export function policiesApp(count: number, outdir: string): App {
  const app = new App({ outdir, analyticsReporting: false });
  for (let first = 0; first < count; first += 5) {
    const stack = new Stack(app, `Stack${first / 5}`);
    const store = new BackupStore(stack, 'Store');
    for (let index = first; index < Math.min(first + 5, count); index += 1) {
      const policy = new BackupPolicy(stack, `Backup${index}`, { application: `app-${index}`, store, recipients: [Recipient.email('ops@example.org')] });
      policy.protect('database', {
        source: new PostgresSource({ connection: Secret.fromSecretNameV2(stack, `Secret${index}`, `app-${index}`), flavor: PostgresFlavor.RDS }),
        schedule: BackupSchedule.daily({ at: '02:00' }),
        retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
        objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
      });
    }
  }
  return app;
}
