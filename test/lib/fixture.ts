import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention,
  type BackupPolicyProps, type BackupStoreProps, type PostgresSourceProps, type ProtectionProps,
} from '../../lib';

export interface Declared {
  readonly app: App;
  readonly stack: Stack;
  readonly store: BackupStore;
  readonly policy: BackupPolicy;
}

/** A stack `S` with a store and a policy `Backup` of application `shop`, environment `production`. */
export function declare(policy: Partial<BackupPolicyProps> = {}, store: BackupStoreProps = {}): Declared {
  const app = new App();
  const stack = new Stack(app, 'S');
  const made = new BackupStore(stack, 'Store', store);
  return {
    app, stack, store: made,
    policy: new BackupPolicy(stack, 'Backup', { application: 'shop', store: made, recipients: [Recipient.email('ops@example.org')], ...policy }),
  };
}

export function postgres(stack: Stack, props: Partial<PostgresSourceProps> = {}): PostgresSource {
  const connection = props.connection ?? stack.node.tryFindChild('Secret') as Secret | undefined ?? new Secret(stack, 'Secret');
  return new PostgresSource({ flavor: PostgresFlavor.SELF_HOSTED, ...props, connection });
}

export function protection(stack: Stack, props: Partial<ProtectionProps> = {}): ProtectionProps {
  return {
    source: postgres(stack),
    schedule: BackupSchedule.daily({ at: '02:00' }),
    retention: Retention.days(30),
    objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
    ...props,
  };
}

/** One protection, `database`, and the template. */
export function template(props: (stack: Stack) => Partial<ProtectionProps> = () => ({}), declared = declare()): Template {
  declared.policy.protect('database', protection(declared.stack, props(declared.stack)));
  return Template.fromStack(declared.stack);
}

interface Resource {
  readonly Properties: Record<string, unknown>;
}

/** The only resource of a type whose logical id contains `part`. */
export function resource(from: Template, type: string, part = ''): Record<string, unknown> {
  const found = Object.entries(from.findResources(type)).filter(([id]) => id.includes(part)) as [string, Resource][];
  if (found.length !== 1) throw new Error(`${found.length} resources of ${type} with "${part}": ${found.map(([id]) => id).join(', ')}`);
  return found[0][1].Properties;
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

export function statements(from: Template, policy: string): Statement[] {
  return (resource(from, 'AWS::IAM::ManagedPolicy', policy).PolicyDocument as { Statement: Statement[] }).Statement;
}

export function actions(of: readonly Statement[]): string[] {
  return [...new Set(of.flatMap(({ Action }) => Action))].sort();
}

/** A value of the template as text, its references as `<Logical.Attribute>`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(text).join(',');
  const [name, argument] = Object.entries(value as Record<string, unknown>)[0];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(text).join((argument as [string])[0]);
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Ref') return `<${String(argument)}>`;
  return JSON.stringify(value);
}

export type State = Record<string, unknown> & { readonly Type: string; readonly Next?: string };

export interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
  readonly TimeoutSeconds: number;
}

/** The definition of the protection's state machine, or of the retire worker's (`Round`), references as in `text`. */
export function definition(from: Template, part: 'Run' | 'Round' | 'ExtendRound' | 'ScrubRound' = 'Run'): Definition {
  const escaped = resource(from, 'AWS::StepFunctions::StateMachine', `${part}Machine`).DefinitionString;
  return JSON.parse(text(escaped));
}
