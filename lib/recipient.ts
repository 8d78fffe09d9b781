import type { ITopic, ITopicSubscription } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SmsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IConstruct } from 'constructs';
import { PropRefused } from './refusal';

/** Who is told when a run fails. */
export class Recipient {
  /** An address that SNS asks to confirm once; nothing arrives before. */
  public static email(address: string): Recipient {
    return new Recipient((scope) => {
      if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) throw new PropRefused(scope, 'recipients', JSON.stringify(address), 'an e-mail address');
      return { subscription: new EmailSubscription(address) };
    });
  }

  /** A telephone number in E.164 form, such as `+33612345678`. */
  public static sms(number: string): Recipient {
    return new Recipient((scope) => {
      if (!/^\+[1-9]\d{6,14}$/.test(number)) throw new PropRefused(scope, 'recipients', JSON.stringify(number), 'a number in E.164 form, such as +33612345678');
      return { subscription: new SmsSubscription(number) };
    });
  }

  /**
   * A topic that exists: the run publishes to it too. The state machine's role gets the right to publish, and to use the topic's key
   * if the CDK knows it.
   */
  public static topic(topic: ITopic): Recipient {
    return new Recipient(() => ({ topic }));
  }

  private constructor(private readonly build: (scope: IConstruct) => BoundRecipient) {}

  /** @internal */
  public _bind(scope: IConstruct): BoundRecipient {
    return this.build(scope);
  }
}

/** @internal */
export interface BoundRecipient {
  readonly subscription?: ITopicSubscription;
  readonly topic?: ITopic;
}
