import { Token } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic, ITopicSubscription, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SmsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IConstruct } from 'constructs';
import type { NotifiedSeverity } from './contract/notification';
import type { MessageLanguage } from './contract/notify-config';
import type { DeclaredRecipient } from './contract/watching';
import type { RecipientOptions, TeamsChannelProps } from './recipient-options';
import { PropRefused } from './refusal';

/** Who is told when something is wrong, recovered, or well. Addresses that open a door are secrets, and stand in no template. */
export class Recipient {
  /** An address that SNS asks to confirm once; nothing arrives before. */
  public static email(address: string, options: RecipientOptions = {}): Recipient {
    return new Recipient('email', options, ALL, (scope, prop) => {
      requireLiteral(scope, prop, address, /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/, 'an e-mail address');
      return { shown: address, subscription: (filterPolicy) => new EmailSubscription(address, { filterPolicy }) };
    });
  }

  /** A telephone number in E.164 form, such as `+33612345678`. Messages are one SMS long; an account begins in SNS's sandbox. */
  public static sms(number: string, options: RecipientOptions = {}): Recipient {
    return new Recipient('sms', options, ['page'], (scope, prop) => {
      requireLiteral(scope, prop, number, /^\+[1-9]\d{6,14}$/, 'a number in E.164 form, such as +33612345678');
      return { shown: number, subscription: (filterPolicy) => new SmsSubscription(number, { filterPolicy }) };
    });
  }

  /**
   * A service of PagerDuty, by its Events API v2: a problem opens an incident, its recovery resolves it.
   *
   * @param routingKey secret that holds the integration key of 32 characters as text
   */
  public static pagerDuty(routingKey: ISecret, options: RecipientOptions = {}): Recipient {
    return Recipient.bySecret('pagerduty', routingKey, options, ['page']);
  }

  /**
   * A channel of Slack by an incoming webhook.
   *
   * @param webhook secret that holds the webhook's address as text
   */
  public static slack(webhook: ISecret, options: RecipientOptions = {}): Recipient {
    return Recipient.bySecret('slack', webhook, options, ALL);
  }

  /**
   * A channel of Microsoft Teams by a workflow that waits for a webhook request.
   *
   * @param webhook secret that holds the workflow's address as text
   */
  public static teams(webhook: ISecret, options: RecipientOptions = {}): Recipient {
    return Recipient.bySecret('teams', webhook, options, ALL);
  }

  /**
   * A channel of Slack by AWS's own chat integration (Amazon Q Developer in chat applications), without a secret. The workspace must be
   * authorized once in its console.
   *
   * @param workspaceId such as `T0123ABCD`
   * @param channelId such as `C0123ABCD`; a private channel invites `@Amazon Q` first
   */
  public static slackChannel(workspaceId: string, channelId: string, options: RecipientOptions = {}): Recipient {
    return new Recipient('chat', options, ALL, (scope, prop) => {
      requireLiteral(scope, prop, workspaceId, /^[TE][0-9A-Z]{5,}$/, 'a workspace of Slack by its id, such as T0123ABCD');
      requireLiteral(scope, prop, channelId, /^[CG][0-9A-Z]{5,}$/, 'a channel of Slack by its id, such as C0123ABCD, and not by its name');
      return { shown: `slack:${workspaceId}/${channelId}`, chat: { slack: { workspaceId, channelId } } };
    });
  }

  /** A channel of Microsoft Teams by AWS's own chat integration. The team must be authorized once in its console. */
  public static teamsChannel(channel: TeamsChannelProps, options: RecipientOptions = {}): Recipient {
    return new Recipient('chat', options, ALL, (scope, prop) => {
      const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
      requireLiteral(scope, prop, channel.tenantId, uuid, 'the tenant\'s id, a UUID');
      requireLiteral(scope, prop, channel.teamId, uuid, 'the team\'s id, a UUID');
      requireLiteral(scope, prop, channel.channelId, /^[\w=+/.,-]*%3a[\w=+/.,-]*%40[\w=+/.,-]*$/i, 'the channel\'s id as its link has it: 19%3A…%40thread.tacv2');
      return { shown: `teams:${channel.teamId}/${channel.channelId}`, chat: { teams: channel } };
    });
  }

  /**
   * Operations of Jira Service Management, which took Opsgenie's place: a problem is an alert, its recovery closes it.
   *
   * @param apiKey secret that holds the key of an API integration as text
   */
  public static jiraServiceManagement(apiKey: ISecret, options: RecipientOptions = {}): Recipient {
    return Recipient.bySecret('jira', apiKey, options, ['page', 'notify']);
  }

  /**
   * Any service that takes a POST of JSON; what it gets is in the guide of watching.
   *
   * @param url secret that holds an address that begins with `https://` as text, or JSON with `url` and `authorization`, the value of that header
   */
  public static https(url: ISecret, options: RecipientOptions = {}): Recipient {
    return Recipient.bySecret('https', url, options, ALL);
  }

  /**
   * A topic that exists. The notify worker's role gets the right to publish, and to use the topic's key if the CDK knows it. Each
   * message bears the attributes `severity`, `language`, `kind`, `state` and `key`.
   */
  public static topic(topic: ITopic, options: RecipientOptions = {}): Recipient {
    return new Recipient('topic', options, ALL, (scope, prop) => {
      if (topic.fifo) throw new PropRefused(scope, prop, `the topic ${topic.node.path}, which is first-in-first-out`, 'a standard topic');
      return { shown: topic.topicArn, topic };
    });
  }

  /**
   * An event bus: `source` is `cdk-backup-policy`, `detail-type` is `Backup notification`, and `detail` is what HTTPS recipients get.
   *
   * @param bus by default the account's own in the policy's region
   */
  public static eventBridge(bus?: IEventBus, options: RecipientOptions = {}): Recipient {
    return new Recipient('eventbridge', options, ALL, (scope) => {
      const found = bus ?? (scope.node.tryFindChild('DefaultBus') as IEventBus | undefined) ?? EventBus.fromEventBusName(scope as never, 'DefaultBus', 'default');
      return { shown: found.eventBusArn, bus: found };
    });
  }

  private static bySecret(
    channel: Channel, secret: ISecret, options: RecipientOptions, severities: readonly NotifiedSeverity[],
  ): Recipient {
    return new Recipient(channel, options, severities, (scope, prop) => {
      // What was given may be the address itself, from a language without types: it is not repeated.
      if (typeof (secret as unknown) !== 'object' || secret === null || typeof secret.secretArn !== 'string') {
        throw new PropRefused(scope, prop, `a ${channel} recipient with its address or key as text`, 'a secret: put it into a secret of Secrets Manager, and name that');
      }
      return { shown: secret.secretArn, secret };
    });
  }

  private constructor(
    private readonly channel: Channel,
    private readonly options: RecipientOptions,
    private readonly severities: readonly NotifiedSeverity[],
    private readonly build: (scope: IConstruct, prop: string) => Address,
  ) {}

  /** @internal */
  public _bind(scope: IConstruct, prop = 'recipients'): BoundRecipient {
    const { severities, language, successes } = this.options;
    if (severities?.length === 0) throw new PropRefused(scope, prop, `a ${this.channel} recipient that hears nothing`, 'at least one severity of each recipient');
    return {
      ...this.build(scope, prop), channel: this.channel,
      severities: severities ? [...new Set(severities.map(({ _name: name }) => name))] : [...this.severities],
      language: language?._code, successes: successes ?? false,
    };
  }
}

const ALL: readonly NotifiedSeverity[] = ['page', 'notify', 'digest'];

type Channel = DeclaredRecipient['channel'];

interface Address {
  /** Where a secret lies, never what it says. */
  readonly shown: string;
  readonly subscription?: (filterPolicy?: Record<string, SubscriptionFilter>) => ITopicSubscription;
  readonly topic?: ITopic;
  readonly secret?: ISecret;
  readonly bus?: IEventBus;
  readonly chat?: { readonly slack?: { readonly workspaceId: string; readonly channelId: string }; readonly teams?: TeamsChannelProps };
}

/** @internal */
export interface BoundRecipient extends Address {
  readonly channel: Channel;
  readonly severities: readonly NotifiedSeverity[];
  /** Undefined for the policy's. */
  readonly language?: MessageLanguage;
  readonly successes: boolean;
}

function requireLiteral(scope: IConstruct, prop: string, value: string, form: RegExp, allowed: string): void {
  if (typeof (value as unknown) !== 'string' || Token.isUnresolved(value)) throw new PropRefused(scope, prop, 'known only at deployment', `${allowed}, as a literal`);
  if (!form.test(value)) throw new PropRefused(scope, prop, JSON.stringify(value), allowed);
}
