import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { NOTIFICATION_DETAIL_TYPE, NOTIFICATION_SOURCE } from '../../../lib/contract/notification-document';
import type { NotifyChannel } from '../../../lib/contract/notify-config';
import type { SecretReader } from '../engine';
import { RefusedError, type RunError, TransientError } from '../errors';
import { chatNotification } from './channels/chat';
import { notificationDocument } from './channels/document';
import { JIRA_ALERTS_URL, jiraCalls } from './channels/jira';
import { PAGERDUTY_URL, pagerDutyEvents } from './channels/pagerduty';
import { slackMessage } from './channels/slack';
import { teamsMessage } from './channels/teams';
import { topicMessage } from './channels/topic';
import { isRehearsed, post, type PostOptions } from './http';
import type { Message } from './message';

/** What a channel needs to bring a message. */
export interface Delivery {
  readonly secrets: SecretReader;
  readonly sns: SNSClient;
  readonly events: EventBridgeClient;
  readonly signal: AbortSignal;
  /** How long a try and the pauses between tries are. @default those of `post` */
  readonly patience?: Pick<PostOptions, 'tryMilliseconds' | 'pausesMilliseconds'>;
}

/** Whether a channel is to bring it: by severity, a success only where it was asked for, a test always. */
export function isFor({ severities, successes }: NotifyChannel, { kind, severity }: Message): boolean {
  if (kind === 'test') return true;
  return kind === 'succeeded' ? successes === true : severities.includes(severity);
}

/**
 * Brings one message by one channel.
 *
 * @param id of the message, the same when it is sent again
 * @throws RunError, which says neither address nor key
 */
export async function deliver(channel: NotifyChannel, message: Message, id: string, delivery: Delivery): Promise<void> {
  const { signal, patience, secrets } = delivery;
  const options: PostOptions = { ...patience, channel: channel.channel, signal };
  switch (channel.channel) {
    case 'subscribers': case 'topic':
      return await publish(channel.topic, topicMessage(message), delivery);
    case 'chat':
      return await publish(channel.topic, { Message: JSON.stringify(chatNotification(message, id)) }, delivery);
    case 'eventbridge':
      return await putEvent(channel.bus, message, id, delivery);
    case 'slack':
      return await post({ url: (await secrets.read(channel.secret)).trim(), body: slackMessage(message) }, options);
    case 'teams':
      return await post({ url: (await secrets.read(channel.secret)).trim(), body: teamsMessage(message) }, options);
    case 'https': {
      const { url, authorization } = addressIn(await secrets.read(channel.secret));
      const headers = { 'idempotency-key': id, ...authorization === undefined ? {} : { authorization } };
      return await post({ url, body: notificationDocument(message, id), headers }, options);
    }
    case 'pagerduty': {
      const { url, key } = keyIn(await secrets.read(channel.secret), PAGERDUTY_URL);
      for (const body of pagerDutyEvents(message, key)) await post({ url, body }, options);
      return;
    }
    case 'jira': {
      const { url, key } = keyIn(await secrets.read(channel.secret), JIRA_ALERTS_URL);
      for (const { path, body } of jiraCalls(message)) await post({ url: `${url}${path}`, body, headers: { authorization: `GenieKey ${key}` } }, options);
    }
  }
}

/** Puts a text on a topic as it is. @throws RunError */
export async function say(topic: string, text: string, delivery: Delivery): Promise<void> {
  await publish(topic, { Message: text }, delivery);
}

interface Publication {
  readonly Message: string;
  readonly Subject?: string;
  readonly MessageStructure?: string;
  readonly MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
}

async function publish(TopicArn: string, publication: Publication, { sns, signal }: Delivery): Promise<void> {
  await asAws('SNS', TopicArn, () => sns.send(new PublishCommand({ TopicArn, ...publication }), { abortSignal: signal }));
}

async function putEvent(bus: string, message: Message, id: string, { events, signal }: Delivery): Promise<void> {
  const Detail = JSON.stringify(notificationDocument(message, id));
  const { FailedEntryCount, Entries } = await asAws('EventBridge', bus, () => events.send(new PutEventsCommand({
    Entries: [{ EventBusName: bus, Source: NOTIFICATION_SOURCE, DetailType: NOTIFICATION_DETAIL_TYPE, Detail, Time: new Date(message.at) }],
  }), { abortSignal: signal }));
  if (FailedEntryCount) throw refusedByAws('EventBridge', bus, Entries?.[0]?.ErrorCode ?? 'no reason');
}

async function asAws<T>(service: string, arn: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusedByAws(service, arn, (error as Error).name, error);
  }
}

function refusedByAws(service: string, arn: string, why: string, cause?: unknown): RunError {
  return new TransientError(
    'CHANNEL_UNREACHABLE', `${service} did not take the message for ${arn} (${why}).`, 'It is tried again by itself; then the raw message goes to the policy\'s topic.', { cause },
  );
}

/** A URL, or JSON with `url` and the value of an Authorization header. */
function addressIn(secret: string): { url: string; authorization?: string } {
  const parsed = objectIn(secret);
  return parsed?.url === undefined ? { url: secret.trim() } : { url: parsed.url, authorization: parsed.authorization };
}

/** A key, or JSON with `key`; its `url` counts in a rehearsal only, where a message must not leave the machine. */
function keyIn(secret: string, serviceUrl: string): { url: string; key: string } {
  const parsed = objectIn(secret);
  const key = parsed?.key ?? secret.trim();
  if (!/^[\x21-\x7e]{8,200}$/.test(key) || key.startsWith('{')) {
    throw new RefusedError('CHANNEL_ADDRESS', 'A secret of the policy\'s recipients holds no key.', 'Put the integration key into it as text, without anything else.');
  }
  if (!isRehearsed()) return { url: serviceUrl, key };
  if (parsed?.url === undefined) {
    throw new RefusedError('CHANNEL_ADDRESS', 'A rehearsal must not speak to a service outside this machine.', 'Put {"key": …, "url": "http://127.0.0.1:…"} into the secret.');
  }
  return { url: parsed.url, key };
}

function objectIn(secret: string): Partial<Record<'url' | 'key' | 'authorization', string>> | undefined {
  if (!secret.trim().startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(secret) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => typeof value === 'string'));
  } catch {
    return undefined;
  }
}
