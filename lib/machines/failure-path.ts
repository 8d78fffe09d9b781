import { Duration } from 'aws-cdk-lib';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { CONTRACT_VERSION } from '../contract/common';
import type { FailedNotice } from '../contract/notification';

/** SNS's limit of a subject. */
const SUBJECT_CHARACTERS = 100;

/** Whose failure it is, in two forms: for the notify worker, and for whoever hears when that one cannot be reached. */
export interface FailureWords {
  readonly notice: Pick<FailedNotice, 'environment' | 'application' | 'protection' | 'what'>;
  readonly subject: string;
  /** Beginning of the sentence that ends with the slot. */
  readonly what: string;
}

/**
 * From `$.error` to the recipients, then to the end of the execution. A worker's cause is JSON with the sentence in `errorMessage`;
 * another's may be plain text or missing, and must be told all the same.
 *
 * @param topics the intake topic; the others are told in plain words, each only where the one before cannot be reached
 */
export function failurePath(scope: Construct, words: FailureWords, topics: sns.ITopic[]): sfn.IChainable {
  const failed = new sfn.Fail(scope, 'Failed', { errorPath: '$.error.Error', causePath: '$.failure.sentence' });
  const notify = topics.reduceRight<sfn.IChainable>((next, topic, index) => publish(scope, words, topic, index, { next, failed }), failed);

  const told = (id: string, parameters: Record<string, unknown>) => new sfn.Pass(scope, id, { parameters, resultPath: '$.failure' }).next(notify);
  const plain = told('PlainCause', { 'sentence.$': '$.error.Cause' });
  const none = told('NoCause', { sentence: 'The service gave no cause.' });
  const spoken = told('SpokenCause', { 'sentence.$': '$.cause.error.errorMessage' });
  const parsed = new sfn.Pass(scope, 'ParseCause', { parameters: { 'error.$': 'States.StringToJson($.error.Cause)' }, resultPath: '$.cause' });
  // A comparison of what is not there ends the execution at once: first ask whether it is.
  const path = '$.cause.error.errorMessage';
  const hasSentence = sfn.Condition.and(sfn.Condition.isPresent(path), sfn.Condition.isString(path));
  parsed.next(new sfn.Choice(scope, 'HasSentence').when(hasSentence, spoken).otherwise(plain));

  return new sfn.Choice(scope, 'Cause')
    .when(sfn.Condition.not(sfn.Condition.isPresent('$.error.Cause')), none)
    .when(sfn.Condition.stringEquals('$.error.Cause', ''), none)
    .when(sfn.Condition.stringMatches('$.error.Cause', '{"error*"*}'), parsed)
    .otherwise(plain);
}

interface Then {
  readonly next: sfn.IChainable;
  readonly failed: sfn.IChainable;
}

function publish(scope: Construct, words: FailureWords, topic: sns.ITopic, index: number, { next, failed }: Then): SnsPublish {
  const first = index === 0;
  const step = new SnsPublish(scope, first ? 'Notify' : `Notify${index + 1}`, {
    topic,
    subject: words.subject.slice(0, SUBJECT_CHARACTERS),
    message: first ? asNotice(words) : inWords(words),
    resultPath: sfn.JsonPath.DISCARD,
  });
  step.addRetry({ errors: ['States.ALL'], interval: Duration.seconds(5), maxAttempts: 3, backoffRate: 2 });
  // A message that cannot be sent must not hide the failure it speaks of.
  step.addCatch(next, { resultPath: '$.notifyError' });
  step.next(failed);
  return step;
}

function asNotice({ notice }: FailureWords): sfn.TaskInput {
  return sfn.TaskInput.fromObject({
    version: CONTRACT_VERSION, event: 'failed', ...notice,
    slot: sfn.JsonPath.stringAt('$.slot'),
    sentence: sfn.JsonPath.stringAt('$.failure.sentence'),
    error: sfn.JsonPath.stringAt('$.error.Error'),
    execution: sfn.JsonPath.stringAt('$$.Execution.Name'),
  });
}

function inWords({ what }: FailureWords): sfn.TaskInput {
  return sfn.TaskInput.fromText(sfn.JsonPath.format(
    `${what} {}. {} (error {}, execution {})`,
    sfn.JsonPath.stringAt('$.slot'),
    sfn.JsonPath.stringAt('$.failure.sentence'),
    sfn.JsonPath.stringAt('$.error.Error'),
    sfn.JsonPath.stringAt('$$.Execution.Name'),
  ));
}
