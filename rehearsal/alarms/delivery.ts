import { randomUUID } from 'node:crypto';
import { NOTIFY_CONFIG_VARIABLE, NotifyConfig } from '../../lib/contract/notify-config';
import type { Authorizer } from '../cloud/authorizer';
import type { RoleKeyring } from '../cloud/role-keys';
import type { Endpoint, PublishedMessage } from '../endpoint';
import { alarmMessage } from './cloudwatch-message';
import type { StateChange, TakenAction } from './evaluate';
import { Receiver } from './receiver';
import { accepts } from './subscriptions';
import { WarmWorker } from './warm-worker';
import type { World } from './world';

/** A message as it arrives. */
export interface Arrived {
  /** `email`, `sms`, `slack` … */
  readonly channel: string;
  /** Address where it is no secret. */
  readonly to: string;
  readonly title: string;
  readonly text: string;
}

/** What became of something that was published. */
export interface Brought {
  readonly arrived: readonly Arrived[];
  /** It went to subscribers as CloudWatch wrote it. */
  readonly raw?: boolean;
  /** Why it arrived nowhere, or not everywhere. */
  readonly problem?: string;
}

/** A state change that was told, and what became of it. */
export interface Told extends Brought {
  readonly change: StateChange;
  readonly at: number;
  readonly topic: string;
  /** How long quiet hours kept it. */
  readonly mutedSeconds?: number;
}

export interface DeliveryProps {
  readonly world: World;
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
}

/** Brings what alarms tell by the way that the template declares: topic and key, the notify worker, its channels, their subscribers. */
export class Deliveries {
  readonly #receiver = new Receiver();
  #worker: WarmWorker | undefined;
  /** Path at the receiver, by channel. */
  #started = false;

  constructor(private readonly props: DeliveryProps) {}

  async tell({ change, at, targets, mutedSeconds }: TakenAction): Promise<Told[]> {
    const muted = mutedSeconds === undefined ? {} : { mutedSeconds };
    return await Promise.all(targets.map(async (topic) => ({ change, at, topic, ...muted, ...await this.#tellTopic(change, at, topic) })));
  }

  /** Brings to its subscribers what is on a topic. */
  async bring(published: PublishedMessage): Promise<Brought> {
    const { endpoint, world } = this.props;
    const { topicArn, subject = '', message } = published;
    const subscribed = endpoint.topics.subscriptions(topicArn).filter((one) => accepts(one, {}, message));
    const toWorker = subscribed.some(({ protocol, endpoint: arn }) => protocol === 'lambda' && arn === world.notify?.arn);
    const direct = subscribed.filter(({ protocol }) => protocol !== 'lambda');
    const raw = direct.map(({ protocol, endpoint: to }) => ({ channel: protocol, to, title: subject, text: message }));
    if (!toWorker) return { arrived: raw, raw: true, ...raw.length === 0 ? { problem: `nobody is subscribed to ${topicArn}` } : {} };
    try {
      return { arrived: [...raw, ...await this.#notify(published)] };
    } catch (error) {
      return { arrived: raw, problem: (error as Error).message };
    }
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
    await this.#receiver.stop();
  }

  async #tellTopic(change: StateChange, at: number, topic: string): Promise<Brought> {
    const decision = this.props.authorizer.mayPublish({ principal: 'cloudwatch.amazonaws.com', topicArn: topic, sourceArn: change.alarm.arn });
    if (!decision.allow) return { arrived: [], problem: decision.reason };
    const { Subject, Message } = alarmMessage(change);
    const said = { topicArn: topic, subject: Subject, message: Message, attributes: {} };
    return await this.bring({ messageId: randomUUID(), at: new Date(at * 1000), ...said });
  }

  async #notify({ messageId, at, topicArn, subject, message }: PublishedMessage): Promise<Arrived[]> {
    const worker = await this.#start();
    const { endpoint } = this.props;
    const [messages, posted, events] = [endpoint.messages.length, this.#receiver.posted.length, endpoint.events.length];
    await worker.invoke({
      Records: [{
        EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: `${topicArn}:notify`,
        Sns: { Type: 'Notification', MessageId: messageId, TopicArn: topicArn, Subject: subject, Message: message, Timestamp: at.toISOString(), MessageAttributes: {} },
      }],
    });
    return [
      ...endpoint.messages.slice(messages).flatMap((one) => this.#subscribers(one)),
      ...this.#receiver.posted.slice(posted).map(({ path, body }) => ({ channel: path.split('/')[1], to: 'its secret address', ...wordsOf(body) })),
      ...endpoint.events.slice(events).map(({ bus, detailType, detail }) => ({ channel: 'eventbridge', to: bus, title: detailType, text: JSON.stringify(detail, undefined, 2) })),
    ];
  }

  /** Who of a topic gets it, each in the form of its protocol. */
  #subscribers({ topicArn, subject = '', message, messageStructure, attributes }: PublishedMessage): Arrived[] {
    const texts = messageStructure === 'json' ? JSON.parse(message) as Record<string, string> : { default: message };
    const found = this.props.endpoint.topics.subscriptions(topicArn).filter((one) => accepts(one, attributes, message));
    const arrived = found.map(({ protocol, endpoint: to }) => (
      { channel: protocol, to, title: subject, text: texts[protocol] ?? texts.default }));
    // A topic that others read has no subscription in the template.
    return arrived.length > 0 || this.props.endpoint.topics.subscriptions(topicArn).length > 0 ? arrived : [{ channel: 'topic', to: topicArn, title: subject, text: texts.default }];
  }

  async #start(): Promise<WarmWorker> {
    const { world: { notify, region }, endpoint, keys } = this.props;
    if (!this.#started) {
      this.#started = true;
      const url = await this.#receiver.start();
      const config = NotifyConfig.parse(JSON.parse(notify!.environment[NOTIFY_CONFIG_VARIABLE] ?? '{}'));
      for (const channel of config.channels) {
        if (!('secret' in channel)) continue;
        const address = `${url}/${channel.channel}`;
        const keyed = channel.channel === 'pagerduty' || channel.channel === 'jira';
        endpoint.seedSecret(channel.secret, keyed ? JSON.stringify({ key: 'rehearsal-key-of-no-service', url: address }) : address);
      }
    }
    this.#worker ??= new WarmWorker({
      target: notify!, endpointUrl: endpoint.url, region, credentials: keys.of(notify!.roleArn), onLine: () => undefined,
    });
    return this.#worker;
  }
}

/** The first lines of what a service outside would show. */
function wordsOf(body: unknown): Pick<Arrived, 'title' | 'text'> {
  const { payload, text, message, title } = (body ?? {}) as Record<'text' | 'message' | 'title', string | undefined> & {
    readonly payload?: { readonly summary?: string };
  };
  return { title: payload?.summary ?? text ?? title ?? message ?? '', text: JSON.stringify(body, undefined, 2) };
}
