import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  BackupPolicy, BackupReplica, BackupSchedule, BackupStore, Compute, PostgresFlavor, PostgresSource, Recipient, Retention,
} from '../../lib';
import { DeclaredPostgresConfig, PostgresConfig } from '../../lib/contract/engines/postgres';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { RunRequest } from '../../lib/contract/run-request';
import { actions, resource, statements, text, type Definition } from './fixture';

const definitionOf = (replica: Template) => JSON.parse(text(resource(replica, 'AWS::StepFunctions::StateMachine').DefinitionString)) as Definition;

function drilled() {
  const app = new App();
  const stack = new Stack(app, 'Team', { env: { region: 'eu-west-3' } });
  const store = new BackupStore(stack, 'Store', { replicas: [BackupReplica.inRegion('eu-west-1', { workers: Compute.lambda() })] });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('ops@example.org')] });
  const secret = new Secret(stack, 'Secret');
  policy.protect('database', {
    source: new PostgresSource({ connection: secret, flavor: PostgresFlavor.SELF_HOSTED }),
    schedule: BackupSchedule.daily({ at: '02:00' }),
    retention: Retention.days(7),
    objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
  });
  return { app, stack, replica: Template.fromStack(Stack.of(store.replicaStores[0])) };
}

describe('workers in the replica\'s region', () => {
  const { app, stack, replica } = drilled();

  test('verify a run of that replica: bucket, region and key are its own', () => {
    const { StartAt, States } = definitionOf(replica);
    expect(StartAt).toBe('Request');
    expect(Object.values(States).map(({ Type }) => Type)).toEqual(['Pass', 'Task', 'Succeed']);
    const { 'slot.$': slot, 'execution.$': execution, ...request } = States.Request.Parameters as Record<string, unknown>;
    expect({ slot, execution }).toEqual({ slot: '$.slot', execution: '$$.Execution.Name' });
    const parsed = RunRequest.parse({ ...request, slot: '2026-11-20T02:00:00Z', execution: 'by-hand' });
    expect(parsed.store).toMatchObject({ bucket: expect.stringMatching(/^<StoreBucket\w+>$/), region: 'eu-west-1', keyArn: expect.stringMatching(/^<StoreKey\w+\.Arn>$/) });
    expect(parsed).toMatchObject({ environment: 'production', application: 'shop', protection: 'database' });
  });

  test('know nothing of the first region, and their request is still one that the engine takes', () => {
    const { States } = definitionOf(replica);
    const { config } = States.Request.Parameters as { config: unknown };
    expect(DeclaredPostgresConfig.parse(config)).toBeDefined();
    expect(PostgresConfig.parse(config)).toMatchObject({ flavor: 'self-hosted' });
    expect(JSON.stringify(replica.toJSON())).not.toMatch(/Fn::GetStackOutput|Fn::ImportValue|eu-west-3/);
  });

  test('are named by the metadata of the first region\'s template, and by nothing that one template asks of the other', () => {
    const { policies } = PolicyMetadata.parse(Template.fromStack(stack).toJSON().Metadata[METADATA_KEY]);
    const [drill, ...more] = policies[0].protections[0].replicaDrills ?? [];
    expect(more).toEqual([]);
    expect(drill).toEqual({ region: 'eu-west-1', stackName: 'Team-Store-eu-west-1', stateMachine: expect.any(String) });
    expect(replica.toJSON().Resources[drill.stateMachine].Type).toBe('AWS::StepFunctions::StateMachine');
  });

  test('may read that protection there and write verdicts, and reach no secret', () => {
    const verify = statements(replica, 'VerifyPolicy');
    expect(actions(verify)).toEqual(expect.arrayContaining(['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject']));
    expect(actions(verify).filter((action) => /^secretsmanager:|Delete|Tagging/.test(action))).toEqual([]);
    const put = verify.find(({ Action }) => Action === 's3:PutObject')!;
    expect(text(put.Resource)).toMatch(/\/verdicts\/production\/shop\/database\/\*$/);
  });

  test('are deployed before the store, as the replica is', () => {
    const { stacks } = app.synth();
    expect(stacks.map(({ stackName }) => stackName)).toEqual(['Team-Store-eu-west-1', 'Team']);
  });
});
