import { Duration, Stack, type Size, Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { EcsFargateLaunchTarget, EcsRunTask } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledgements';
import { addRetries, imageOf, ownPrefixReason, type Purpose, type Worker, type WorkerProps } from './worker';

export interface FargateWorkerProps extends WorkerProps {
  readonly cpu: number;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly architecture: Architecture;
  readonly ephemeralStorage: Size;
  readonly vpc: ec2.IVpc;
  readonly cluster?: ecs.ICluster;
}

/** A task says that it lives every 30 s (lambda/workers/task.ts), but before its first word ECS finds a place and pulls the image. */
const HEARTBEAT = Duration.minutes(10);

/** A task's overrides end at 8,192 characters (ECS API reference, TaskOverride); the task token takes up to 1,024 of them. */
const MAXIMUM_REQUEST = 6_800;

/** Node in AWS's Lambda base image: the image's own entry point is Lambda's. */
const NODE = '/var/lang/bin/node';

/** A worker as a Fargate task of the engine's image. It answers through a task token, results and typed errors as a Lambda does. */
export class FargateWorker extends Construct implements Worker {
  public readonly platform = 'fargate';
  public readonly scratchBytes: number;
  public readonly timeoutSeconds: number;
  public readonly maximumRequest = MAXIMUM_REQUEST;
  private readonly purpose: Purpose;
  private readonly cluster: ecs.ICluster;
  private readonly definition: ecs.FargateTaskDefinition;
  private readonly container: ecs.ContainerDefinition;
  private readonly roles: { readonly task: iam.Role; readonly execution: iam.Role };
  private readonly securityGroups: ec2.ISecurityGroup[];
  private readonly subnets?: ec2.SubnetSelection;

  constructor(scope: Construct, id: string, props: FargateWorkerProps) {
    super(scope, id);
    this.purpose = props.purpose;
    this.timeoutSeconds = props.timeout.toSeconds();
    this.scratchBytes = props.ephemeralStorage.toMebibytes() * 2 ** 20;
    this.cluster = props.cluster ?? sharedCluster(props.shared, props.vpc);
    this.subnets = props.network?.vpcSubnets;
    this.securityGroups = props.network?.securityGroups ?? [new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc, description: `${props.purpose} worker of ${props.title}`,
    })];
    const image = imageOf(this, props);
    this.roles = { task: this.taskRole(props), execution: this.executionRole(props, image._repositoryArn) };
    this.definition = new ecs.FargateTaskDefinition(this, 'Task', {
      cpu: props.cpu,
      memoryLimitMiB: props.memory.toMebibytes(),
      ephemeralStorageGiB: props.purpose === 'verify' ? props.ephemeralStorage.toGibibytes() : undefined,
      runtimePlatform: {
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
        cpuArchitecture: props.architecture === Architecture.ARM_64 ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64,
      },
      taskRole: this.roles.task.withoutPolicyUpdates(),
      executionRole: this.roles.execution.withoutPolicyUpdates(),
    });
    this.container = this.definition.addContainer('Worker', {
      image: image._onFargate(this, props.architecture === Architecture.ARM_64 ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64),
      entryPoint: [NODE],
      workingDirectory: '/var/task',
      logging: ecs.LogDrivers.awsLogs({ logGroup: props.logGroup, streamPrefix: props.purpose }),
      // What the scratch server leaves behind in a crash is reaped.
      linuxParameters: new ecs.LinuxParameters(this, 'Linux', { initProcessEnabled: true }),
    });
  }

  public step(scope: Construct, id: string, resultPath: string): sfn.TaskStateBase {
    const command = sfn.JsonPath.array('task.js', this.purpose, sfn.JsonPath.jsonToString(sfn.JsonPath.objectAt('$.request')));
    const step = new EcsRunTask(scope, id, {
      integrationPattern: sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      cluster: this.cluster,
      taskDefinition: this.definition,
      launchTarget: new EcsFargateLaunchTarget({ platformVersion: ecs.FargatePlatformVersion.LATEST }),
      subnets: this.subnets,
      securityGroups: this.securityGroups,
      containerOverrides: [{
        containerDefinition: this.container,
        command: listToken(command),
        environment: [{ name: 'TASK_TOKEN', value: sfn.JsonPath.taskToken }],
      }],
      resultPath,
      heartbeatTimeout: sfn.Timeout.duration(HEARTBEAT),
      taskTimeout: sfn.Timeout.duration(Duration.seconds(this.timeoutSeconds + HEARTBEAT.toSeconds())),
    });
    addRetries(step);
    return step;
  }

  public get machineStatements(): iam.PolicyStatement[] {
    return [
      new iam.PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [Stack.of(this).formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${this.definition.family}:*` })],
        conditions: { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } },
      }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.roles.task.roleArn, this.roles.execution.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    ];
  }

  /** The right to answer is a policy of its own: in the role's first one it would make a circle of machine, task and role. */
  public connect(machine: sfn.StateMachine): void {
    new iam.ManagedPolicy(this, 'AnswerPolicy', {
      description: 'Answers to the state machine that started the task',
      roles: [this.roles.task],
      statements: [new iam.PolicyStatement({
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'],
        resources: [machine.stateMachineArn],
      })],
    });
  }

  private taskRole(props: FargateWorkerProps): iam.Role {
    const policy = new iam.ManagedPolicy(this, 'Policy', { description: `What the ${props.purpose} worker of ${props.title} may do` });
    props.grant(policy);
    acknowledgeWildcards(policy, (resource) => ownPrefixReason(props, resource));
    return new iam.Role(this, 'Role', {
      assumedBy: taskPrincipal(this),
      description: `Role of the ${props.purpose} worker of ${props.title}`,
      managedPolicies: [policy],
    });
  }

  /** What ECS itself does before the worker runs: pull the image, open the log. */
  private executionRole(props: FargateWorkerProps, repositoryArn: string | undefined): iam.Role {
    const stack = Stack.of(this);
    const policy = new iam.ManagedPolicy(this, 'StartPolicy', { description: `Pulls the image and opens the log of the ${props.purpose} worker of ${props.title}` });
    props.logGroup.grantWrite(policy);
    policy.addStatements(
      new iam.PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
      new iam.PolicyStatement({
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        // Assets lie in the repository of the bootstrap, whose name has the qualifier in it.
        resources: [repositoryArn ?? stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: 'cdk-*' })],
      }),
    );
    acknowledgeWildcards(policy, (resource) => {
      if (resource === '*') return 'ecr:GetAuthorizationToken has no resource-level permissions.';
      return resource.includes(':repository/cdk-') ? 'The image lies in the asset repository of the bootstrap, whose name is known at deployment.' : undefined;
    });
    return new iam.Role(this, 'StartRole', { assumedBy: taskPrincipal(this), description: `Starts the ${props.purpose} worker of ${props.title}`, managedPolicies: [policy] });
  }
}

/** Only tasks of this account and region may take the role. */
function taskPrincipal(scope: Construct): iam.IPrincipal {
  const stack = Stack.of(scope);
  return new iam.ServicePrincipal('ecs-tasks.amazonaws.com').withConditions({
    StringEquals: { 'aws:SourceAccount': stack.account },
    ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'ecs', resource: '*' }) },
  });
}

function sharedCluster(scope: Construct, vpc: ec2.IVpc): ecs.ICluster {
  const id = `Cluster-${vpc.node.addr}`;
  return scope.node.tryFindChild(id) as ecs.Cluster | undefined
    ?? new ecs.Cluster(scope, id, { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
}

/** The CDK has lists of path expressions only by `listAt`, which takes no intrinsic function. */
function listToken(expression: string): string[] {
  const token = Tokenization.reverseString(expression).firstToken;
  if (!token) throw new Error(`not a path expression: ${expression}`);
  return Token.asList(token);
}
