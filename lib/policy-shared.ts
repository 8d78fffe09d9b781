import { Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ScheduleGroup, type IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeRegulations } from './acknowledgements';

/** What the protections of a policy share, for a template ends at 500 resources: logs, the scheduler's group, role and dead letters. */
export class PolicyShared extends Construct {
  public readonly workerLogs: logs.LogGroup;
  public readonly machineLogs: logs.LogGroup;
  public readonly scheduleGroup: IScheduleGroup;
  public readonly deadLetters: sqs.Queue;
  public readonly schedulerRole: iam.IRole;
  private readonly schedulerPolicy: iam.ManagedPolicy;
  private readonly admittedTopics = new Set<sns.ITopic>();
  private startStatement?: iam.PolicyStatement;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.workerLogs = new logs.LogGroup(this, 'WorkerLogs', { retention: logs.RetentionDays.SIX_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    this.machineLogs = new logs.LogGroup(this, 'MachineLogs', {
      // Under this prefix log delivery needs no room in the account's resource policy, which ends at 5,120 characters.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 200, separator: '-' })}`,
      retention: logs.RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const group of [this.workerLogs, this.machineLogs]) {
      acknowledgeRegulations(group, 'CloudWatchLogGroupEncrypted', 'CloudWatch Logs encrypts with a key of its own; a log has names and figures, never a row or a secret.');
    }
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
    acknowledge(this.deadLetters, 'SQS3', 'It is a dead-letter queue itself: EventBridge Scheduler names it in the target of each schedule.');
    this.scheduleGroup = new ScheduleGroup(this, 'Schedules');
    this.schedulerPolicy = new iam.ManagedPolicy(this, 'SchedulerPolicy', {
      description: 'Starts the state machines of the backup policy',
      statements: [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] })],
    });
    const { account } = Stack.of(this);
    this.schedulerRole = new iam.Role(this, 'SchedulerRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': this.scheduleGroup.scheduleGroupArn },
      }),
      description: 'Starts the state machines of the backup policy',
      managedPolicies: [this.schedulerPolicy],
    }).withoutPolicyUpdates();
  }

  /** Lets the scheduler call a function; the role by which it does. */
  public admitFunction(worker: lambda.IFunction): iam.IRole {
    this.schedulerPolicy.addStatements(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [worker.functionArn] }));
    return this.schedulerRole;
  }

  /** Lets the scheduler publish to a topic; the role by which it does. */
  public admitTopic(topic: sns.ITopic): iam.IRole {
    const { region, urlSuffix } = Stack.of(this);
    if (!this.admittedTopics.has(topic)) {
      this.admittedTopics.add(topic);
      this.schedulerPolicy.addStatements(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
      if (topic.masterKey) {
        this.schedulerPolicy.addStatements(new iam.PolicyStatement({
          actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [topic.masterKey.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `sns.${region}.${urlSuffix}` } },
        }));
      }
    }
    return this.schedulerRole;
  }

  /** Lets the scheduler start one more state machine. */
  public admit(machine: sfn.IStateMachine): void {
    if (this.startStatement) return this.startStatement.addResources(machine.stateMachineArn);
    // One for all: a managed policy ends at 6,144 characters.
    this.startStatement = new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] });
    this.schedulerPolicy.addStatements(this.startStatement);
  }
}
