import { Duration } from 'aws-cdk-lib';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { CONTRACT_VERSION } from '../contract/common';
import type { SucceededNotice } from '../contract/notification';

/** From `$.verify`, the answer of the verify worker, to whoever wants a line of each success, then to the end. */
export function successPath(
  scope: Construct, notice: Pick<SucceededNotice, 'environment' | 'application' | 'protection'>, topic: sns.ITopic, end: sfn.IChainable,
): sfn.IChainable {
  const step = new SnsPublish(scope, 'TellSuccess', {
    topic,
    message: sfn.TaskInput.fromObject({
      version: CONTRACT_VERSION, event: 'succeeded', ...notice,
      slot: sfn.JsonPath.stringAt('$.slot'),
      summary: sfn.JsonPath.stringAt('$.verify.summary'),
    }),
    resultPath: sfn.JsonPath.DISCARD,
  });
  step.addRetry({ errors: ['States.ALL'], interval: Duration.seconds(5), maxAttempts: 3, backoffRate: 2 });
  // A run is good whether or not its good news arrives.
  step.addCatch(end, { resultPath: '$.notifyError' });
  return step.next(end);
}
