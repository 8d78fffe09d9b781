import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors';
import type { PublishedMessage } from '../types';
import { text, type Input, type Service, type ServiceCall } from './service';

export interface Subscription {
  readonly arn: string;
  /** `email`, `sms`, `https`, `lambda`, `sqs` … */
  readonly protocol: string;
  readonly endpoint: string;
  /** Whether its recipient has said yes; before that it has no ARN to anybody, and gets nothing. */
  readonly confirmed: boolean;
  readonly filterPolicy?: Readonly<Record<string, unknown>>;
  /** @default MessageAttributes, SNS's own */
  readonly filterPolicyScope?: string;
}

export interface TopicSeed {
  readonly arn: string;
  /** Of the key that encrypts it. @default none */
  readonly keyArn?: string;
  readonly subscriptions?: readonly Subscription[];
}

const TOPIC = /^arn:aws[\w-]*:sns:[\w-]+:\d+:[\w.-]+$/;
const LARGEST_MESSAGE_BYTES = 262_144;
const PAGE = 100;

/** The topics that exist, by ARN. A well-formed one that nobody seeded exists too, until it is removed. */
export class TopicBook {
  readonly #topics = new Map<string, TopicSeed>();
  readonly #removed = new Set<string>();

  seed(seed: TopicSeed): void {
    this.#removed.delete(seed.arn);
    this.#topics.set(seed.arn, { ...this.#topics.get(seed.arn), ...seed });
  }

  remove(arn: string): void {
    this.#topics.delete(arn);
    this.#removed.add(arn);
  }

  /** Those who would get a message; in the order of their declaration. */
  subscriptions(arn: string): readonly Subscription[] {
    return this.#topics.get(arn)?.subscriptions ?? [];
  }

  /** As its recipient, or a person at the console, would: says yes, takes it back, or deletes it. */
  subscribe(arn: string, subscriptions: readonly Subscription[]): void {
    this.seed({ ...this.find(arn), subscriptions });
  }

  /** @throws ApiError NotFound, InvalidParameter */
  find(arn: string): TopicSeed {
    if (!TOPIC.test(arn)) throw invalid('TopicArn');
    if (this.#removed.has(arn)) throw new ApiError('NotFound', 404, 'Topic does not exist');
    return this.#topics.get(arn) ?? { arn };
  }
}

const invalid = (what: string): ApiError => new ApiError('InvalidParameter', 400, `Invalid parameter: ${what}`);

/** Publishing to an encrypted topic needs its key too: SNS asks KMS in the publisher's name. */
async function demandTopicKey({ arn, keyArn }: TopicSeed, { gate, exchange, settings }: ServiceCall): Promise<void> {
  if (keyArn === undefined) return;
  const context = {
    'kms:ViaService': `sns.${settings.region}.amazonaws.com`, 'kms:CallerAccount': settings.account,
    'kms:EncryptionContext:aws:sns:topicArn': arn, 'kms:EncryptionContextKeys': ['aws:sns:topicArn'],
  };
  for (const operation of ['GenerateDataKey', 'Decrypt']) {
    await gate.demand(exchange, { service: 'kms', operation, action: `kms:${operation}`, resource: keyArn, via: 'sns', context });
  }
}

/** SNS: keeps what is published, and says who is subscribed. */
export function snsService(messages: PublishedMessage[], book: TopicBook): Service {
  const topicArn = (input: Input): string => text(input, 'TopicArn') ?? '';
  return {
    name: 'sns', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/', accessDenied: 'AuthorizationError',
    operations: {
      Publish: {
        resource: (input) => text(input, 'TopicArn') ?? text(input, 'TargetArn') ?? '*',
        run: async (input, call) => {
          const { settings } = call;
          const message = readMessage(input, settings.now());
          await demandTopicKey(book.find(message.topicArn), call);
          messages.push(message);
          await settings.handlers.publish?.(message);
          return { MessageId: message.messageId };
        },
      },
      GetTopicAttributes: {
        resource: topicArn,
        run: (input, { settings }) => {
          const { arn, keyArn } = book.find(topicArn(input));
          const subscriptions = book.subscriptions(arn);
          const confirmed = subscriptions.filter((one) => one.confirmed).length;
          const attributes: Record<string, string | undefined> = {
            TopicArn: arn, Owner: settings.account, DisplayName: '', KmsMasterKeyId: keyArn, SubscriptionsConfirmed: String(confirmed),
            SubscriptionsPending: String(subscriptions.length - confirmed), SubscriptionsDeleted: '0',
          };
          const entry = Object.entries(attributes).filter(([, value]) => value !== undefined).map(([key, value]) => ({ key, value }));
          return { Attributes: { entry } };
        },
      },
      ListSubscriptionsByTopic: {
        resource: topicArn,
        run: (input, { settings }) => {
          const { arn: TopicArn } = book.find(topicArn(input));
          const all = book.subscriptions(TopicArn);
          const from = Number(text(input, 'NextToken') ?? 0);
          return {
            Subscriptions: {
              member: all.slice(from, from + PAGE).map(({ arn, protocol, endpoint, confirmed }) => ({
                SubscriptionArn: confirmed ? arn : 'PendingConfirmation', Protocol: protocol, Endpoint: endpoint, TopicArn, Owner: settings.account,
              })),
            },
            ...(from + PAGE < all.length ? { NextToken: String(from + PAGE) } : {}),
          };
        },
      },
    },
  };
}

function readMessage(input: Input, at: Date): PublishedMessage {
  const topicArn = text(input, 'TopicArn') ?? text(input, 'TargetArn') ?? '';
  if (!TOPIC.test(topicArn)) throw invalid('TopicArn');
  const message = text(input, 'Message') ?? '';
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > LARGEST_MESSAGE_BYTES) throw invalid('Message too long');
  const subject = text(input, 'Subject');
  if (subject !== undefined && (subject.length < 1 || subject.length > 100 || !/^[\x20-\x7e]+$/.test(subject))) throw invalid('Subject');
  const messageStructure = text(input, 'MessageStructure');
  if (messageStructure === 'json') assertDefault(message);
  const attributes = Object.fromEntries(entries(input.MessageAttributes).map(({ Name, Value }) => [
    Name, Value.StringValue ?? Value.BinaryValue ?? '',
  ]));
  return { messageId: randomUUID(), at, topicArn, subject, message, messageStructure, attributes };
}

function assertDefault(message: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  if (typeof (parsed as { default?: unknown } | null)?.default !== 'string') throw invalid('Message Structure - No default entry in '
    + 'JSON message body');
}

interface Attribute { DataType?: string; StringValue?: string; BinaryValue?: string }

function entries(value: unknown): { Name: string; Value: Attribute }[] {
  return Array.isArray(value) ? value as { Name: string; Value: Attribute }[] : [];
}
