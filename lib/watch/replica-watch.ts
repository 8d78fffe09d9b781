import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup, type IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { BackupReplicaStore } from '../backup-replica-store';

/** What the small sentinels of one replica share: the scheduler's group and role, the key of what they say. */
export class ReplicaWatch extends Construct {
  /** That of a replica, made with the first sentinel there. */
  public static of(place: BackupReplicaStore): ReplicaWatch {
    return place.node.tryFindChild('Watch') as ReplicaWatch | undefined ?? new ReplicaWatch(place);
  }

  public readonly scheduleGroup: IScheduleGroup;
  public readonly key: kms.Key;
  private readonly schedulerRole: iam.IRole;
  private readonly schedulerPolicy: iam.ManagedPolicy;
  private invoke?: iam.PolicyStatement;

  private constructor(place: BackupReplicaStore) {
    super(place, 'Watch');
    const { account } = Stack.of(this);
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': account } };
    this.key = new kms.Key(this, 'TopicKey', {
      description: `What watches ${place.node.path} says`, enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY,
    });
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'Alarms', principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')], actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
      resources: ['*'], conditions: ofThisAccount,
    }));
    this.scheduleGroup = new ScheduleGroup(this, 'Schedules');
    this.schedulerPolicy = new iam.ManagedPolicy(this, 'SchedulerPolicy', { description: 'Calls the sentinels of a replica' });
    this.schedulerRole = new iam.Role(this, 'SchedulerRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': this.scheduleGroup.scheduleGroupArn },
      }),
      description: 'Calls the sentinels of a replica',
      managedPolicies: [this.schedulerPolicy],
    }).withoutPolicyUpdates();
  }

  /** Lets the scheduler call one more sentinel; the role by which it does. */
  public admit(worker: lambda.IFunction): iam.IRole {
    if (this.invoke) {
      this.invoke.addResources(worker.functionArn);
    } else {
      this.invoke = new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [worker.functionArn] });
      this.schedulerPolicy.addStatements(this.invoke);
    }
    return this.schedulerRole;
  }
}
