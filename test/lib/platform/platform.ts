import { type App, Duration, Stack, type Environment, type StackProps, type Stage } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import {
  BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention, type BackupStoreProps,
} from '../../../lib';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string[];
}

/** What a team declares: a store with a second region and a policy with a protection, in a stack of its own. */
export function team(scope: App | Stage, env: Environment = { region: 'eu-west-3' }, store: BackupStoreProps = {}, stackProps: StackProps = {}): Stack {
  const stack = new Stack(scope, 'Team', { env, ...stackProps });
  const made = new BackupStore(stack, 'Store', { replicaRegions: ['eu-west-1'], ...store });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store: made, recipients: [Recipient.email('ops@example.org')] });
  policy.protect('database', {
    source: new PostgresSource({ connection: Secret.fromSecretNameV2(stack, 'Secret', 'shop/db'), flavor: PostgresFlavor.SELF_HOSTED }),
    schedule: BackupSchedule.daily({ at: '02:00' }),
    retention: Retention.days(7),
    objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
  });
  return stack;
}

export function resourcesOf(assembly: CloudAssembly): [stack: string, id: string, resource: Resource][] {
  return assembly.stacksRecursively.flatMap(({ stackName, template }) => {
    const { Resources = {} } = template as { Resources?: Record<string, Resource> };
    return Object.entries(Resources).map(([id, resource]): [string, string, Resource] => [stackName, id, resource]);
  });
}
