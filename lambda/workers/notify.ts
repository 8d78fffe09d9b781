import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { tmpdir } from 'node:os';
import { NOTIFY_CONFIG_VARIABLE, type NotifyChannel, NotifyConfig } from '../../lib/contract/notify-config';
import { startDeadline } from '../runtime/deadline';
import { messageOf, type RunError, TransientError } from '../runtime/errors';
import type { InvocationContext } from '../runtime/invocation';
import { createLog, type Log } from '../runtime/log';
import { deliver, type Delivery, isFor, say } from '../runtime/notify/deliver';
import { handOver, type Heard, heardOf } from '../runtime/notify/intake';
import { Measured } from '../runtime/notify/measured';
import { writerOf } from '../runtime/notify/write-message';
import { parseWorkerRequest } from '../runtime/parse-request';
import { createSecretReader } from '../runtime/secrets';

// The SDK looks for its shared files in the home folder, and fails where a uid has neither a name nor HOME.
process.env.HOME ??= tmpdir();

/** The platform's own limit of the function is longer (lib/watch/notify-worker.ts). */
const TIMEOUT_SECONDS = 110;

/**
 * What each channel has got already, by message: whoever heard once is not to be woken twice where the same message comes again to this
 * process. Another process knows nothing of it, so what one channel did not take is handed over to it alone. The oldest are forgotten.
 */
const told = new Set<string>();
const REMEMBERED = 2_000;

export interface NotifyResult {
  /** Channels that have got something, by message. */
  readonly told: readonly Brought[];
}

interface Brought {
  readonly message: string;
  readonly kind: string;
  readonly channels: readonly string[];
  /** Channels that did not take it, each of which is tried again by itself. */
  readonly handedOver?: readonly string[];
}

/**
 * Makes a message of what came on an intake topic and brings it by every channel that is to hear it; one that fails stops no other.
 *
 * @throws RunError when no channel took it, or when one did not and could not be handed over: Lambda tries the whole again
 */
export async function notify(event: unknown, context: InvocationContext): Promise<NotifyResult> {
  const config = parseWorkerRequest('notify', NotifyConfig, JSON.parse(process.env[NOTIFY_CONFIG_VARIABLE] ?? '{}'));
  const { environment, application } = config;
  const log = createLog({ environment, application, verb: 'notify' });
  const deadline = startDeadline('notification', TIMEOUT_SECONDS, context);
  const cloudWatch = new CloudWatchClient({ maxAttempts: 3 });
  const sns = new SNSClient({ maxAttempts: 4 });
  const events = new EventBridgeClient({ maxAttempts: 4 });
  const { signal } = deadline;
  const delivery: Delivery = { secrets: createSecretReader(), sns, events, signal };
  const measured = new Measured(cloudWatch, config, signal);
  try {
    const results: Brought[] = [];
    const failures: Failure[] = [];
    for (const heard of heardOf(event, config.pageTopic)) {
      const writer = await writerOf(heard, { config, measured, region: process.env.AWS_REGION ?? 'us-east-1', log });
      const { timeZone, channels } = config;
      const asked = channels.map((channel, index) => ({ channel, index, message: writer({ language: channel.language, timeZone }) }))
        .filter(({ channel, index, message }) => isFor(channel, message) && isAsked(index, heard, channels));
      const ended = await Promise.all(asked.map(async ({ channel, index, message }) => {
        const failure = await bring(channel, index, heard, () => deliver(channel, message, heard.id, delivery), log);
        return { channel: channel.channel, index, failure };
      }));
      const took = ended.filter(({ failure }) => !failure).map(({ channel }) => channel);
      const handed: string[] = [];
      for (const { channel, index, failure } of ended) {
        if (!failure) continue;
        // Where nobody took it, the whole may be tried again.
        if (took.length > 0 && await handedOver(heard, channel, index, delivery, log)) handed.push(channel);
        else failures.push(failure);
      }
      const kind = asked[0]?.message.kind ?? heard.form;
      results.push({ message: heard.id, kind, channels: took, ...handed.length > 0 ? { handedOver: handed } : {} });
    }
    log.info('told', { results });
    if (failures.length > 0) throw incomplete(failures);
    return { told: results };
  } catch (error) {
    log.error(messageOf(error), { errorType: (error as Error).name });
    throw error;
  } finally {
    deadline.end();
    for (const client of [cloudWatch, sns, events]) client.destroy();
  }
}

interface Failure {
  readonly channel: string;
  readonly error: Error;
}

/** Where the channels were declared anew since, all are asked: better twice than never. */
function isAsked(index: number, { only }: Heard, channels: readonly NotifyChannel[]): boolean {
  return only === undefined || channels[only.index]?.channel !== only.channel || only.index === index;
}

async function handedOver(heard: Heard, channel: string, index: number, delivery: Delivery, log: Log): Promise<boolean> {
  const said = handOver(heard, channel, index);
  if (!said) return false;
  try {
    await say(said.topic, said.text, delivery);
    return true;
  } catch (error) {
    log.warn(`${channel} cannot be tried alone: ${messageOf(error)}`, { channel, errorType: (error as Error).name });
    return false;
  }
}

async function bring(
  channel: NotifyChannel, index: number, { id }: Heard, send: () => Promise<void>, log: Log,
): Promise<Failure | undefined> {
  const key = `${id}/${index}`;
  if (told.has(key)) return undefined;
  try {
    await send();
    told.add(key);
    if (told.size > REMEMBERED) told.delete(told.values().next().value!);
    return undefined;
  } catch (error) {
    log.warn(messageOf(error), { channel: channel.channel, errorType: (error as Error).name });
    return { channel: channel.channel, error: error as Error };
  }
}

/** Lambda tries again whatever failed, and then sends the raw message to the policy's topic with this sentence. */
function incomplete(failures: readonly Failure[]): RunError {
  const named = failures.map(({ channel, error }) => `${channel}: ${messageOf(error)}`).join(' ');
  return new TransientError('NOTIFY_INCOMPLETE', `A message did not reach ${failures.length === 1 ? 'a recipient' : `${failures.length} recipients`}. ${named}`, 'The others have got it.', {
    cause: failures[0].error,
  });
}
