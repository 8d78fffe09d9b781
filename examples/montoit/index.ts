import { Duration, Size, Stack, type StackProps, TimeZone } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  AlarmSet, Assertion, BackupLock, BackupPolicy, BackupReplica, BackupSchedule, BackupStore, BackupStoreRemoval, Compute, MessageLanguage,
  PostgresFlavor, PostgresSource, Recipient, Retention,
} from '../../lib';

export interface MonToitStackProps extends StackProps {
  /** `production`, or a test environment whose store goes with its stack. */
  readonly environment: string;
}

const SYSADMIN = Recipient.email('sysadmin@montoit.example.org', { language: MessageLanguage.FRENCH });

/** MonToit, homes to let in Côte d'Ivoire, on Supabase: the database half of its backup guide. Its stack must have a region. */
export class MonToitStack extends Stack {
  constructor(scope: Construct, id: string, props: MonToitStackProps) {
    super(scope, id, props);
    const production = props.environment === 'production';

    const store = new BackupStore(this, 'Store', {
      lock: BackupLock.governance(Duration.days(production ? 30 : 1)),
      // With workers there, so that a copy is proven when the first region is gone.
      replicas: production ? [BackupReplica.inRegion('eu-west-1', { workers: Compute.lambda() })] : [],
      replicationRecipients: production ? [SYSADMIN] : [],
      removal: production ? BackupStoreRemoval.retain() : BackupStoreRemoval.destroyTestEnvironment(props.environment),
    });

    const policy = new BackupPolicy(this, 'Backup', {
      application: 'montoit',
      environment: props.environment,
      store,
      recipients: [SYSADMIN],
      // Every kind of alarm, beyond the essential ones: about $4 a month more.
      alarms: { set: AlarmSet.ALL },
      // The monthly copies are kept for a year: each is read again four times.
      scrub: { within: Duration.days(90) },
      notifications: { timeZone: TimeZone.of('Africa/Abidjan') },
    });

    policy.protect('database', {
      source: new PostgresSource({
        // Session pooler of the Supabase project, port 5432; put there by hand, once.
        connection: Secret.fromSecretNameV2(this, 'Connection', `${props.environment}/montoit/database`),
        caCertificate: Secret.fromSecretNameV2(this, 'CaCertificate', `${props.environment}/montoit/database-ca`),
        flavor: PostgresFlavor.SUPABASE,
      }),
      schedule: BackupSchedule.daily({ at: '02:00' }),
      retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
      // The guide says 24 hours; a daily run cannot meet that, for a copy is a day old and the run's time more when the next one is there.
      objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
      // As the guide has them: "> 99 %", "variation > 50 %", "4 h de retard", "< 30 minutes", "80 % de l'espace alloué".
      alarms: {
        successRatePercent: 99,
        sizeDeviationPercent: 50,
        overdueAfter: Duration.hours(4),
        runLongerThan: Duration.minutes(30),
        storeCeiling: Size.gibibytes(100),
        storeFillPercent: 80,
      },
      assertions: [
        Assertion.query('there are people', 'SELECT count(*) FROM public.profiles').atLeast(1),
        Assertion.query('every person has a login', 'SELECT count(*) FROM public.profiles p WHERE NOT EXISTS (SELECT FROM auth.users u WHERE u.id = p.id)').equalTo('0'),
        Assertion.query('every payment belongs to a lease', 'SELECT count(*) FROM public.payments p WHERE NOT EXISTS (SELECT FROM public.leases l WHERE l.id = p.lease_id)').equalTo('0'),
      ],
    });
  }
}
