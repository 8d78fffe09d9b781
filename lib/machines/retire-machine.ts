import { Duration, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { DeclaredRetire } from '../contract/retire-request';
import { failurePath } from './failure-path';
import { machineRole } from './machine-role';
import { addRetries, longestStepSeconds } from '../workers/worker';

export interface RetireMachineProps {
  readonly title: string;
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly request: () => DeclaredRetire;
  readonly worker: lambda.IFunction;
  readonly timeoutSeconds: number;
  readonly topics: sns.ITopic[];
  readonly logGroup: logs.ILogGroup;
}

/** One round: retire → retired; whatever fails is told to the recipients, then the execution fails. */
export class RetireMachine extends Construct {
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: RetireMachineProps) {
    super(scope, id);
    const { title, request, worker, timeoutSeconds, topics, logGroup } = props;
    const role = machineRole(this, {
      title: `the retirement of ${title}`, topics,
      statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [worker.functionArn] })],
    });
    const { environment, application } = request();
    const failed = failurePath(this, {
      notice: { environment, application, what: 'retire' },
      subject: `Retirement failed: ${title}`, what: `The retire round of ${title} failed that was scheduled for`,
    }, topics);
    const step = new LambdaInvoke(this, 'Retire', {
      lambdaFunction: worker,
      // As input path: the CDK writes a path given as payload into the state as a literal.
      inputPath: '$.request',
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      resultPath: '$.retire',
      taskTimeout: sfn.Timeout.duration(Duration.seconds(timeoutSeconds + 60)),
    });
    addRetries(step);
    step.addCatch(failed, { resultPath: '$.error' });
    const compose = new sfn.Pass(this, 'Request', { parameters: this.parameters(request), resultPath: '$.request' });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(compose.next(step).next(new sfn.Succeed(this, 'Retired'))),
      queryLanguage: sfn.QueryLanguage.JSON_PATH,
      comment: `Retire round of ${title}`,
      timeout: Duration.seconds(longestStepSeconds(timeoutSeconds + 60) + 600),
      role,
      tracingEnabled: true,
      logs: { destination: logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
  }

  private parameters(request: () => DeclaredRetire): Record<string, unknown> {
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
