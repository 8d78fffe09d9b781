import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface IntakeTopicsProps {
  /** Whose messages they are, for descriptions. */
  readonly title: string;
  /** Encrypts both, and the topic of the policy. */
  readonly key: kms.Key;
}

/**
 * Where alarms and the policy's own machines say that something is wrong, one topic a severity; the notify worker makes messages of it.
 * An alarm of another account, and a service that speaks for one, is not heard.
 */
export class IntakeTopics extends Construct {
  /** What wakes somebody. */
  public readonly page: sns.Topic;
  /** What waits for the next working hour. */
  public readonly notify: sns.Topic;

  constructor(scope: Construct, id: string, { title, key }: IntakeTopicsProps) {
    super(scope, id);
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const cloudWatch = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
    const events = new iam.ServicePrincipal('events.amazonaws.com');
    // An encrypted topic takes nothing from a service that may not use its key. EventBridge names no source to KMS: a condition would shut
    // it out (SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics").
    const actions = ['kms:GenerateDataKey*', 'kms:Decrypt'];
    key.addToResourcePolicy(new iam.PolicyStatement({ sid: 'Alarms', principals: [cloudWatch], actions, resources: ['*'], conditions: ofThisAccount }));
    key.addToResourcePolicy(new iam.PolicyStatement({ sid: 'Events', principals: [events], actions, resources: ['*'] }));
    const topic = (severity: string): sns.Topic => {
      const made = new sns.Topic(this, severity, { displayName: `Backup ${title}: ${severity.toLowerCase()}`.slice(0, 100), masterKey: key, enforceSSL: true });
      made.addToResourcePolicy(new iam.PolicyStatement({
        sid: 'AlarmsAndEvents', principals: [cloudWatch, events], actions: ['sns:Publish'], resources: [made.topicArn], conditions: ofThisAccount,
      }));
      return made;
    };
    this.page = topic('Page');
    this.notify = topic('Notify');
  }
}
