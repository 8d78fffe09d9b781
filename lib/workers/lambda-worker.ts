import { ArnFormat, Duration, type Size, Stack } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { acknowledgeWildcards, acknowledgeWorker } from '../acknowledgements';
import { addRetries, imageOf, ownPrefixReason, type Worker, type WorkerProps } from './worker';

export interface LambdaWorkerProps extends WorkerProps {
  readonly memory: Size;
  readonly timeout: Duration;
  readonly architecture: lambda.Architecture;
  readonly ephemeralStorage: Size;
}

/** A worker as a Lambda function of the engine's image. */
export class LambdaWorker extends Construct implements Worker {
  public readonly platform = 'lambda';
  public readonly scratchBytes: number;
  public readonly timeoutSeconds: number;
  private readonly function: lambda.DockerImageFunction;

  constructor(scope: Construct, id: string, props: LambdaWorkerProps) {
    super(scope, id);
    this.timeoutSeconds = props.timeout.toSeconds();
    this.scratchBytes = props.ephemeralStorage.toMebibytes() * 2 ** 20;
    const policy = new iam.ManagedPolicy(this, 'Policy', { description: `What the ${props.purpose} worker of ${props.title} may do` });
    props.grant(policy);
    props.logGroup.grantWrite(policy);
    if (props.network) policy.addStatements(...networkInterfaces(this));
    acknowledgeWildcards(policy, (resource) => ownPrefixReason(props, resource)
      ?? (resource === '*' && props.network ? 'EC2 has no resource-level permissions for the network interfaces that Lambda makes in a VPC.' : undefined));
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Role of the ${props.purpose} worker of ${props.title}`,
      managedPolicies: [policy],
    });
    this.function = new lambda.DockerImageFunction(this, 'Function', {
      description: `${props.purpose} of ${props.title}`,
      code: imageOf(this, props)._onLambda(
        this, `index.${props.purpose}`, props.architecture === lambda.Architecture.ARM_64 ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
      ),
      architecture: props.architecture,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      ephemeralStorageSize: props.purpose === 'verify' ? props.ephemeralStorage : undefined,
      role: role.withoutPolicyUpdates(),
      logGroup: props.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      ...props.network,
    });
    acknowledgeWorker(this.function);
  }

  public step(scope: Construct, id: string, resultPath: string): sfn.TaskStateBase {
    const step = new LambdaInvoke(scope, id, {
      lambdaFunction: this.function,
      // As input path: the CDK writes a path given as payload into the state as a literal.
      inputPath: '$.request',
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      resultPath,
      taskTimeout: sfn.Timeout.duration(Duration.seconds(this.timeoutSeconds + 60)),
    });
    addRetries(step);
    return step;
  }

  public get machineStatements(): iam.PolicyStatement[] {
    return [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] })];
  }

  public connect(): void {
    // Lambda answers by itself: the machine need not be known to it.
  }
}

/**
 * What Lambda's service needs to stand in a VPC (AWSLambdaVPCAccessExecutionRole, without its rights on logs), and the worker's own code
 * does not: its calls bear the function's ARN, those of the service for a network do not (Lambda Developer Guide, "Using source function
 * ARN to control function access behavior").
 */
function networkInterfaces(scope: Construct): iam.PolicyStatement[] {
  const resources = ['*'];
  const change = [
    'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
  ];
  // Any function's: the worker's own ARN would make a circle of policy, role and function.
  const functions = Stack.of(scope).formatArn({ service: 'lambda', resource: 'function', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({ actions: [...change, 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], resources }),
    new iam.PolicyStatement({
      effect: iam.Effect.DENY, actions: change, resources, conditions: { ArnLike: { 'lambda:SourceFunctionArn': functions } },
    }),
  ];
}
