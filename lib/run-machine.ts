import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import type { DeclaredRun } from './contract/run-request';
import { failurePath } from './failure-path';
import { longestStepSeconds, type Worker } from './workers/worker';

/** A hook is a Lambda: it ends within 15 minutes. */
const HOOK_SECONDS = 15 * 60;

const HOOK_RETRIES = 2;

export interface RunMachineProps {
  readonly title: string;
  readonly run: DeclaredRun;
  readonly dump: Worker;
  readonly verify: Worker;
  readonly before?: lambda.IFunction;
  readonly after?: lambda.IFunction;
  readonly topics: sns.ITopic[];
  readonly logGroup: logs.ILogGroup;
}

/**
 * One run: (before) → dump → (after, always) → verify → proven; whatever fails is told to the recipients, then the execution fails.
 * The request is composed once, under `$.request`; the slot comes from EventBridge Scheduler as `$.slot`.
 */
export class RunMachine extends Construct {
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: RunMachineProps) {
    super(scope, id);
    const { title, dump, verify, topics } = props;
    const policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `What the state machine of ${title} may do`,
      statements: [
        ...dump.machineStatements, ...verify.machineStatements, ...hookStatements(props),
        ...topicStatements(this, topics), ...observability(),
      ],
    });
    acknowledgeWildcards(policy, (resource) => {
      if (resource === '*') return 'Log delivery and X-Ray have no resource-level permissions.';
      return resource.includes(':task-definition/') ? 'ECS runs the newest revision of this one task definition.' : undefined;
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: machinePrincipal(this),
      description: `Role of the state machine of ${title}`,
      managedPolicies: [policy],
    });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(this.definition(props)),
      queryLanguage: sfn.QueryLanguage.JSON_PATH,
      comment: `Backup run of ${title}`,
      timeout: this.timeout(props),
      role: role.withoutPolicyUpdates(),
      tracingEnabled: true,
      logs: { destination: props.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
    dump.connect(this.machine);
    verify.connect(this.machine);
  }

  private definition({ title, run, dump, verify, before, after, topics }: RunMachineProps): sfn.Chain {
    const failed = failurePath(this, title, topics);
    // What nobody opened nobody proved: the end has no better name than the verdict.
    const proven = new sfn.Succeed(this, run.encryption && !run.encryption.identitySecretArn ? 'ChecksumsOnly' : 'Proven');
    const verifyStep = verify.step(this, 'Verify', '$.verify').addCatch(failed, { resultPath: '$.error' }).next(proven);
    const dumpStep = dump.step(this, 'Dump', '$.dump');

    let first: sfn.IChainable = dumpStep;
    if (before) {
      const beforeStep = this.hook('Before', before, 'before', run);
      // A hook that failed halfway may have stopped something: `after` sets it going again.
      beforeStep.addCatch(after ? this.afterFailure(after, run, failed) : failed, { resultPath: '$.error' });
      first = beforeStep.next(dumpStep);
    }
    if (after) {
      dumpStep.addCatch(this.afterFailure(after, run, failed), { resultPath: '$.error' });
      dumpStep.next(this.hook('After', after, 'after', run).addCatch(failed, { resultPath: '$.error' }).next(verifyStep));
    } else {
      dumpStep.addCatch(failed, { resultPath: '$.error' });
      dumpStep.next(verifyStep);
    }
    return sfn.Chain.start(this.request(run)).next(first);
  }

  private request(run: DeclaredRun): sfn.Pass {
    return new sfn.Pass(this, 'Request', {
      parameters: { ...run, slot: sfn.JsonPath.stringAt('$.slot'), execution: sfn.JsonPath.stringAt('$$.Execution.Name') },
      resultPath: '$.request',
    });
  }

  private hook(id: string, hook: lambda.IFunction, when: 'before' | 'after', run: DeclaredRun): LambdaInvoke {
    const step = new LambdaInvoke(this, id, {
      lambdaFunction: hook,
      payload: sfn.TaskInput.fromObject({
        hook: when,
        environment: run.environment,
        application: run.application,
        protection: run.protection,
        slot: sfn.JsonPath.stringAt('$.slot'),
        execution: sfn.JsonPath.stringAt('$$.Execution.Name'),
      }),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      resultPath: sfn.JsonPath.DISCARD,
      taskTimeout: sfn.Timeout.duration(Duration.seconds(HOOK_SECONDS + 60)),
    });
    // Only what failed before the hook's own code ran: whether it may run twice is not ours to say.
    step.addRetry({ errors: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException'], interval: Duration.seconds(10), maxAttempts: HOOK_RETRIES, backoffRate: 2 });
    return step;
  }

  /** The same hook on the way of failure; the first error is the one that is told, whatever becomes of the hook. */
  private afterFailure(after: lambda.IFunction, run: DeclaredRun, failed: sfn.IChainable): sfn.IChainable {
    const id = 'AfterFailure';
    const existing = this.node.tryFindChild(id);
    if (existing) return existing as LambdaInvoke;
    const step = this.hook(id, after, 'after', run);
    step.addCatch(failed, { resultPath: '$.hookError' });
    step.next(failed);
    return step;
  }

  /** Above the longest a run can take with every retry used: a machine that times out tells nobody. */
  private timeout({ dump, verify, before, after }: RunMachineProps): Duration {
    const hooks = [before, after].filter(Boolean).length * (HOOK_SECONDS + 60) * (1 + HOOK_RETRIES);
    return Duration.seconds(longestStepSeconds(dump.timeoutSeconds + 660) + longestStepSeconds(verify.timeoutSeconds + 660) + hooks + 600);
  }
}

function hookStatements({ before, after }: RunMachineProps): iam.PolicyStatement[] {
  const resources = [before, after].flatMap((hook) => (hook ? hook.resourceArnsForGrantInvoke.slice(0, 1) : []));
  return resources.length ? [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources })] : [];
}

function topicStatements(scope: Construct, topics: sns.ITopic[]): iam.PolicyStatement[] {
  const { region, urlSuffix } = Stack.of(scope);
  const keys = topics.flatMap((topic) => (topic.masterKey ? [topic.masterKey.keyArn] : []));
  return [
    new iam.PolicyStatement({ actions: ['sns:Publish'], resources: topics.map((topic) => topic.topicArn) }),
    ...(keys.length
      ? [new iam.PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: keys,
        conditions: { StringEquals: { 'kms:ViaService': `sns.${region}.${urlSuffix}` } },
      })]
      : []),
  ];
}

/** Log delivery and X-Ray have no resource-level permissions. */
function observability(): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: [
        'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery', 'logs:ListLogDeliveries',
        'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
      resources: ['*'],
    }),
  ];
}

/** Only state machines of this account and region may take the role. */
function machinePrincipal(scope: Construct): iam.IPrincipal {
  const stack = Stack.of(scope);
  return new iam.ServicePrincipal('states.amazonaws.com').withConditions({
    StringEquals: { 'aws:SourceAccount': stack.account },
    ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'states', resource: '*' }) },
  });
}
