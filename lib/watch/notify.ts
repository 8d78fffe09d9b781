import { Annotations, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { type ITopic, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { BackupPolicy } from '../backup-policy';
import { BackupSchedule, BackupWeekDay } from '../backup-schedule';
import { CONTRACT_VERSION } from '../contract/common';
import type { NotifiedSeverity } from '../contract/notification';
import { type MessageLanguage, NOTIFY_CONFIG_CHARACTERS } from '../contract/notify-config';
import type { DeclaredAlarm, DeclaredRecipient, DeclaredWatching } from '../contract/watching';
import { expressionOf, type Schedule, timeZoneOf } from '../model/schedule';
import type { NotificationsProps } from '../notifications';
import type { Protection } from '../protection';
import type { BoundQuietHours } from '../quiet-hours';
import type { BoundRecipient, Recipient } from '../recipient';
import { PropRefused, requireTimeZone } from '../refusal';
import { ChatChannel } from './chat-channel';
import { NotifySchedule } from './notify-schedule';
import { NotifyWorker } from './notify-worker';

/** Room for the variable's name and for what else stands in the environment. */
const CONFIG_CHARACTERS = NOTIFY_CONFIG_CHARACTERS - 96;
/** An ARN that deployment fills in, at its longest that is usual. */
const DEPLOYED_CHARACTERS = 130;

export interface NotifyProps {
  readonly recipients: readonly Recipient[];
  readonly notifications: NotificationsProps;
  /** Encrypts the policy's topics. */
  readonly key: kms.IKey;
  /** Asked at the end of the synthesis, when every protection is there. */
  readonly protections: () => readonly Protection[];
}

interface Told extends BoundRecipient {
  readonly language: MessageLanguage;
}

/** Who is told of what a policy's alarms and machines say: topics and subscriptions, the notify worker, digest, test and quiet hours. */
export class Notify extends Construct {
  /** Subscriptions of the policy's topic that somebody must confirm. */
  public readonly subscribed: number;
  /** Whether anybody wants to hear of each run that is proven. */
  public readonly successes: boolean;
  private readonly recipients: readonly Told[];
  private readonly chats = new Map<Told, ITopic>();
  private readonly timeZone: string;
  private readonly quietHours?: BoundQuietHours;
  private readonly digest?: Schedule;
  private readonly worker: NotifyWorker;

  constructor(private readonly policy: BackupPolicy, id: string, private readonly props: NotifyProps) {
    super(policy, id);
    const { notifications } = props;
    const title = `${policy.application} (${policy.environment})`;
    this.timeZone = requireTimeZone(policy, 'notifications.timeZone', notifications.timeZone);
    this.quietHours = notifications.quietHours?._bind(policy);
    const language = notifications.language?._code ?? 'en';
    this.recipients = props.recipients.map((recipient) => {
      const bound = recipient._bind(policy);
      return { ...bound, language: bound.language ?? language };
    });
    this.refuseSilence();
    for (const one of this.recipients) if (one.subscription) policy.topic.addSubscription(one.subscription(filterOf(one)));
    for (const one of this.recipients) if (one.chat) this.chats.set(one, this.createChat(one, title).topic);
    this.subscribed = this.recipients.filter(({ subscription }) => subscription).length;
    this.successes = this.recipients.some(({ successes }) => successes);
    this.worker = new NotifyWorker(this, 'Worker', {
      title, intake: policy._intake, fallback: policy.topic, logGroup: policy._shared.workerLogs,
      topics: [...this.recipients.flatMap(({ topic }) => topic ?? []), ...this.chats.values()],
      secrets: this.recipients.flatMap(({ secret }) => secret ?? []),
      buses: this.recipients.flatMap(({ bus }) => bus ?? []),
      config: Lazy.string({ produce: () => Stack.of(this).toJsonString(this.config()) }),
    });
    this.digest = this.createSchedules(title);
    if (this.quietHours) this.createMute('Policy', Lazy.list({ produce: () => this.quietAlarms() }, { omitEmpty: true }));
    this.node.addValidation({ validate: () => this.tooLong() });
  }

  /** Quiet hours of one more protection's alarms: a rule names a hundred at most. */
  public admit(protection: Protection): void {
    const alarms = this.quietHours ? this.quietAlarms(protection) : [];
    if (alarms.length > 0) this.createMute(protection.node.id, alarms);
  }

  /** For the template's metadata. */
  public declare(): Pick<DeclaredWatching, 'recipients' | 'notify' | 'digest'> {
    const { page, notify } = this.policy._intake;
    return {
      recipients: this.recipients.map(({ channel, shown, language, severities }): DeclaredRecipient => (
        { channel, address: shown, language, severities: [...severities] })),
      notify: { function: this.worker.function.functionArn, topics: { page: page.topicArn, notify: notify.topicArn } },
      ...this.digest ? { digest: { expression: expressionOf(this.digest), timeZone: timeZoneOf(this.digest) } } : {},
    };
  }

  /** Who is told, as they were declared. */
  public get told(): readonly BoundRecipient[] {
    return this.recipients;
  }

  private refuseSilence(): void {
    const heard = (severity: NotifiedSeverity): boolean => this.recipients.some(({ severities }) => severities.includes(severity));
    if (!heard('page')) throw new PropRefused(this.policy, 'recipients', 'such that nobody hears pages', 'at least one that does: a danger that nobody hears is no backup');
    if (!heard('notify')) {
      Annotations.of(this.policy).addWarningV2('cdk-backup-policy:notify-unheard', 'No recipient hears notifications: alarms that can wait until morning are told to nobody.');
    }
    if (!this.recipients.some(({ subscription }) => subscription)) {
      Annotations.of(this.policy).addWarningV2(
        'cdk-backup-policy:no-fallback-recipient',
        'No recipient is an e-mail address or a telephone number: when a channel cannot be reached, the raw message goes to a topic that nobody reads.',
      );
    }
  }

  private createChat({ shown, chat }: Told, title: string): ChatChannel {
    const id = `Chat-${shown.replace(/[^A-Za-z0-9]+/g, '-')}`;
    if (this.node.tryFindChild(id)) throw new PropRefused(this.policy, 'recipients', `${shown} twice`, 'each channel once');
    return new ChatChannel(this, id, { title, key: this.props.key, ...chat });
  }

  private createSchedules(title: string): Schedule | undefined {
    const { policy, props: { notifications } } = this;
    const { environment, application, _shared: shared, _intake: { notify: topic } } = policy;
    const whose = { version: CONTRACT_VERSION, environment, application };
    if (notifications.test) {
      new NotifySchedule(this, 'Test', {
        description: `Test of the messages of ${title}`, schedule: notifications.test._bind(policy), topic, shared,
        notice: { ...whose, event: 'test', severity: 'notify', at: '<aws.scheduler.scheduled-time>', asker: 'the declared schedule' },
      });
    }
    if (notifications.withoutDigest) {
      if (notifications.digest) throw new PropRefused(policy, 'notifications.digest', 'given beside withoutDigest', 'one of the two');
      return undefined;
    }
    if (!this.recipients.some(({ severities }) => severities.includes('digest'))) return undefined;
    const weekly = BackupSchedule.weekly({ on: BackupWeekDay.MONDAY, at: '08:00', timeZone: notifications.timeZone });
    const schedule = (notifications.digest ?? weekly)._bind(policy);
    new NotifySchedule(this, 'Digest', {
      description: `Digest of ${title}`, schedule, topic, shared, notice: { ...whose, event: 'digest', slot: '<aws.scheduler.scheduled-time>' },
    });
    return schedule;
  }

  private createMute(id: string, alarmNames: string[]): void {
    const { expression, duration, timezone } = this.quietHours!;
    new cloudwatch.CfnAlarmMuteRule(this, `Quiet${id}`, {
      description: `Quiet hours of ${this.policy.application} (${this.policy.environment}): what wakes nobody waits`,
      rule: { schedule: { expression, duration, timezone } }, muteTargets: { alarmNames },
    });
  }

  /** Names of the alarms that wake nobody; another region's are there, and not here. */
  private quietAlarms(protection?: Protection): string[] {
    const quiet = ({ severity, region, protection: of }: DeclaredAlarm): boolean => severity === 'notify' && region === undefined && of === protection?.node.id;
    return this.policy.alarms._declare().filter(quiet).map(({ logicalId, toldBy }) => Fn.ref(toldBy ?? logicalId));
  }

  private config(): Record<string, unknown> {
    const { policy } = this;
    return {
      version: CONTRACT_VERSION, environment: policy.environment, application: policy.application, pageTopic: policy._intake.page.topicArn,
      timeZone: this.timeZone,
      channels: [...this.subscribers(), ...this.recipients.flatMap((one) => this.channelOf(one))],
      protections: this.props.protections().map((protection) => ({ protection: protection.node.id, rpoSeconds: protection._rpoSeconds })),
    };
  }

  /** One message a language for all e-mail addresses and numbers; their subscriptions choose. */
  private subscribers(): Record<string, unknown>[] {
    const languages = [...new Set(this.recipients.filter(({ subscription }) => subscription).map(({ language }) => language))];
    return languages.map((language) => {
      const of = this.recipients.filter((one) => one.subscription && one.language === language);
      return {
        channel: 'subscribers', topic: this.policy.topic.topicArn, language, severities: [...new Set(of.flatMap(({ severities }) => severities))],
        ...of.some(({ successes }) => successes) ? { successes: true } : {},
      };
    });
  }

  private channelOf(one: Told): Record<string, unknown>[] {
    const { channel, topic, secret, bus, language, severities, successes } = one;
    const place = topic ?? this.chats.get(one);
    const where = place ? { topic: place.topicArn } : secret ? { secret: secret.secretArn } : bus ? { bus: bus.eventBusArn } : undefined;
    return where ? [{ channel, ...where, language, severities, ...successes ? { successes } : {} }] : [];
  }

  private tooLong(): string[] {
    const characters = lengthOf(Stack.of(this).resolve(this.config()));
    return characters <= CONFIG_CHARACTERS ? [] : [
      `${this.policy.node.path}: recipients and protections make a configuration of about ${characters} characters, and the notify worker has room for ${CONFIG_CHARACTERS}; `
      + 'tell a topic or an event bus, and have the others hear from there, or divide the policy',
    ];
  }
}

/**
 * What was said without attributes passes too: it is what SNS was given when the notify worker failed (SNS Developer Guide,
 * "Subscription filter policies").
 */
function filterOf({ language, severities, successes }: Told): Record<string, SubscriptionFilter> {
  const absent = { exists: false };
  return {
    language: new SubscriptionFilter([absent, language]),
    severity: new SubscriptionFilter([absent, ...severities, ...successes ? ['success'] : []]),
  };
}

/** Characters of a configuration as JSON, once deployment has filled it in. */
function lengthOf(value: unknown): number {
  return JSON.stringify(value, (_, one: unknown) => (isIntrinsic(one) ? 'x'.repeat(DEPLOYED_CHARACTERS) : one)).length;
}

function isIntrinsic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 1 && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0]);
}
