import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { DeclaredRun } from '../contract/run-request';
import { failurePath } from './failure-path';
import { machineRole } from './machine-role';
import { successPath } from './success-path';
import { longestStepSeconds, type Worker } from '../workers/worker';

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
  /** Where each run that is proven is told. @default - nowhere */
  readonly successes?: sns.ITopic;
  readonly logGroup: logs.ILogGroup;
}

/**
 * One run: (before) → dump → (after, always) → verify → proven; whatever fails is told to the recipients, then the execution fails.
 * The request is composed once, under `$.request`; the slot comes from EventBridge Scheduler as `$.slot`.
 */
export class RunMachine extends Construct {
  public readonly machine: sfn.StateMachine;
  /** No execution goes on for longer. */
  public readonly timeoutSeconds: number;
  /** No verification ends so long after its dump. */
  public readonly verdictSeconds: number;

  constructor(scope: Construct, id: string, props: RunMachineProps) {
    super(scope, id);
    const { title, dump, verify, topics, successes } = props;
    this.timeoutSeconds = longestRunSeconds(props);
    this.verdictSeconds = longestStepSeconds(verify.timeoutSeconds + 660) + hookSeconds(props.after ? 1 : 0);
    const role = machineRole(this, {
      title, topics: [...topics, ...successes ? [successes] : []],
      statements: [...dump.machineStatements, ...verify.machineStatements, ...hookStatements(props)],
    });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(this.definition(props)),
      queryLanguage: sfn.QueryLanguage.JSON_PATH,
      comment: `Backup run of ${title}`,
      timeout: Duration.seconds(this.timeoutSeconds),
      role,
      tracingEnabled: true,
      logs: { destination: props.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
    dump.connect(this.machine);
    verify.connect(this.machine);
  }

  private definition({ title, run, dump, verify, before, after, topics, successes }: RunMachineProps): sfn.Chain {
    const { environment, application, protection } = run;
    const failed = failurePath(this, {
      notice: { environment, application, protection, what: 'run' },
      subject: `Backup failed: ${title}`, what: `The backup of ${title} failed for the slot`,
    }, topics);
    // What nobody opened nobody proved: the end has no better name than the verdict.
    const proven = new sfn.Succeed(this, run.encryption && !run.encryption.identitySecretArn ? 'ChecksumsOnly' : 'Proven');
    const end = successes ? successPath(this, { environment, application, protection }, successes, proven) : proven;
    const verifyStep = verify.step(this, 'Verify', '$.verify').addCatch(failed, { resultPath: '$.error' }).next(end);
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
}

/** Above the longest a run can take with every retry used: a machine that times out tells nobody. */
function longestRunSeconds({ dump, verify, before, after }: RunMachineProps): number {
  const hooks = hookSeconds([before, after].filter(Boolean).length);
  return longestStepSeconds(dump.timeoutSeconds + 660) + longestStepSeconds(verify.timeoutSeconds + 660) + hooks + 600;
}

function hookSeconds(hooks: number): number {
  return hooks * (HOOK_SECONDS + 60) * (1 + HOOK_RETRIES);
}

function hookStatements({ before, after }: RunMachineProps): iam.PolicyStatement[] {
  const resources = [before, after].flatMap((hook) => (hook ? hook.resourceArnsForGrantInvoke.slice(0, 1) : []));
  return resources.length ? [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources })] : [];
}
