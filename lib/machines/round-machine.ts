import { Duration, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { FailedNotice } from '../contract/notification';
import { failurePath } from './failure-path';
import { machineRole } from './machine-role';
import { addRetries, longestStepSeconds } from '../workers/worker';

/** What a round is called, in states and in messages. */
export interface RoundWords {
  readonly what: Exclude<FailedNotice['what'], 'run'>;
  /** Name of its one task, such as `Retire`. */
  readonly step: string;
  /** Name of its end, such as `Retired`. */
  readonly end: string;
  /** Such as `the retirement`. */
  readonly work: string;
  /** Such as `Retirement`. */
  readonly subject: string;
}

/** What every worker that goes over a policy's copies is asked, beside what is its own. */
export interface DeclaredRound {
  readonly environment: string;
  readonly application: string;
  readonly protections: readonly unknown[];
}

export interface RoundMachineProps {
  /** Whose it is, for descriptions and messages. */
  readonly title: string;
  readonly words: RoundWords;
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly request: () => DeclaredRound;
  readonly worker: lambda.IFunction;
  readonly timeoutSeconds: number;
  readonly topics: sns.ITopic[];
  readonly logGroup: logs.ILogGroup;
}

/** One round of a worker over a policy's copies: whatever fails is told to the recipients, then the execution fails. */
export class RoundMachine extends Construct {
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: RoundMachineProps) {
    super(scope, id);
    const { title, words, request, worker, timeoutSeconds, topics, logGroup } = props;
    const role = machineRole(this, {
      title: `${words.work} of ${title}`, topics,
      statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [worker.functionArn] })],
    });
    const { environment, application } = request();
    const failed = failurePath(this, {
      notice: { environment, application, what: words.what },
      subject: `${words.subject} failed: ${title}`, what: `The ${words.what} round of ${title} failed that was scheduled for`,
    }, topics);
    const step = new LambdaInvoke(this, words.step, {
      lambdaFunction: worker,
      // As input path: the CDK writes a path given as payload into the state as a literal.
      inputPath: '$.request',
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      resultPath: `$.${words.what}`,
      taskTimeout: sfn.Timeout.duration(Duration.seconds(timeoutSeconds + 60)),
    });
    addRetries(step);
    step.addCatch(failed, { resultPath: '$.error' });
    const compose = new sfn.Pass(this, 'Request', { parameters: this.parameters(request), resultPath: '$.request' });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(compose.next(step).next(new sfn.Succeed(this, words.end))),
      queryLanguage: sfn.QueryLanguage.JSON_PATH,
      comment: `${words.step} round of ${title}`,
      timeout: Duration.seconds(longestStepSeconds(timeoutSeconds + 60) + 600),
      role,
      tracingEnabled: true,
      logs: { destination: logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
  }

  private parameters(request: () => DeclaredRound): Record<string, unknown> {
    const { protections: _later, ...now } = request();
    return {
      ...now,
      // A definition is rendered at once, so what is not there yet stands as a token that is the whole of a text.
      protections: Lazy.uncachedString({ produce: () => request().protections as never }),
      slot: sfn.JsonPath.stringAt('$.slot'),
      execution: sfn.JsonPath.stringAt('$$.Execution.Name'),
    };
  }
}
