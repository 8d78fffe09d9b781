import { createHash, randomUUID } from 'node:crypto';
import { ApiError } from '../errors';
import type { Settings } from '../exchange';
import { text, type Input, type Service, type ServiceCall } from './service';

export interface QueueSeed {
  readonly arn: string;
  /** Of the key that encrypts it. @default none of KMS */
  readonly keyArn?: string;
  /** @default 345600, SQS's own: 4 days */
  readonly retentionSeconds?: number;
}

export interface QueuedMessage {
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly body: string;
}

interface Queue extends QueueSeed { readonly created: number; messages: QueuedMessage[] }

const RETENTION_SECONDS = 345_600;
const LARGEST_MESSAGE_BYTES = 1_048_576;

/** The queues that exist, by ARN. */
export class QueueBook {
  readonly #queues = new Map<string, Queue>();

  constructor(private readonly settings: Pick<Settings, 'now'>) {}

  seed(seed: QueueSeed): void {
    this.#queues.set(seed.arn, { ...seed, created: this.settings.now().getTime(), messages: [] });
  }

  remove(arn: string): void {
    this.#queues.delete(arn);
  }

  /** What is in it, oldest first; what was kept longer than the queue keeps is gone. @throws ApiError QueueDoesNotExist */
  messages(arn: string): readonly QueuedMessage[] {
    const queue = this.find(arn);
    const oldest = this.settings.now().getTime() - (queue.retentionSeconds ?? RETENTION_SECONDS) * 1000;
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt > oldest);
    return queue.messages;
  }

  /** @throws ApiError QueueDoesNotExist */
  send(arn: string, body: string): QueuedMessage {
    const message = { messageId: randomUUID(), sentAt: this.settings.now().getTime(), body };
    this.find(arn).messages.push(message);
    return message;
  }

  /** @throws ApiError QueueDoesNotExist */
  purge(arn: string): void {
    this.find(arn).messages = [];
  }

  /** @throws ApiError QueueDoesNotExist */
  find(arn: string): Queue {
    const found = this.#queues.get(arn);
    if (!found) throw new ApiError('AWS.SimpleQueueService.NonExistentQueue', 400, 'The specified queue does not exist.');
    return found;
  }
}

/** The ARN of a queue by its URL, which names account and queue; its region is the host's, or the request's. */
function arnOf(input: Input, { exchange }: ServiceCall): string {
  const url = text(input, 'QueueUrl') ?? '';
  const [, account, name] = /\/(\d{12})\/([\w-]{1,80}(?:\.fifo)?)$/.exec(url) ?? [];
  if (name === undefined) throw new ApiError('InvalidAddress', 400, `The address ${url} is not valid for this endpoint.`);
  const region = /^https?:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1] ?? exchange.identity.region;
  return `arn:aws:sqs:${region}:${account}:${name}`;
}

/** SQS: how full a queue is, and what is sent to it. */
export function sqsService(book: QueueBook): Service {
  return {
    name: 'sqs',
    operations: {
      GetQueueAttributes: {
        resource: arnOf,
        run: (input, call) => {
          const all = attributesOf(book, arnOf(input, call));
          const asked = (input.AttributeNames ?? []) as string[];
          const unknown = asked.find((name) => name !== 'All' && !KNOWN.includes(name));
          if (unknown !== undefined) throw new ApiError('InvalidAttributeName', 400, `Unknown Attribute ${unknown}.`);
          const shown = asked.includes('All') ? Object.keys(all) : asked;
          const entries = Object.entries(all).filter(([name, value]) => shown.includes(name) && value !== undefined);
          return { Attributes: Object.fromEntries(entries) };
        },
      },
      SendMessage: {
        resource: arnOf,
        run: async (input, call) => {
          const arn = arnOf(input, call);
          const body = text(input, 'MessageBody') ?? '';
          if (body === '') throw new ApiError('MissingParameter', 400, 'The request must contain the parameter MessageBody.');
          if (Buffer.byteLength(body) > LARGEST_MESSAGE_BYTES) {
            const reason = `Message must be shorter than ${LARGEST_MESSAGE_BYTES} bytes.`;
            throw new ApiError('InvalidParameterValue', 400, `One or more parameters are invalid. Reason: ${reason}`);
          }
          await demandQueueKey(book.find(arn), call);
          const { messageId } = book.send(arn, body);
          return { MessageId: messageId, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
        },
      },
    },
  };
}

const KNOWN = [
  'QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed', 'CreatedTimestamp',
  'LastModifiedTimestamp', 'MessageRetentionPeriod', 'KmsMasterKeyId', 'VisibilityTimeout', 'MaximumMessageSize', 'DelaySeconds', 'Policy',
  'ReceiveMessageWaitTimeSeconds', 'RedrivePolicy', 'RedriveAllowPolicy', 'SqsManagedSseEnabled', 'KmsDataKeyReusePeriodSeconds', 'FifoQueue',
];

function attributesOf(book: QueueBook, arn: string): Record<string, string | undefined> {
  const { created, keyArn, retentionSeconds = RETENTION_SECONDS } = book.find(arn);
  const seconds = String(Math.floor(created / 1000));
  return {
    QueueArn: arn, ApproximateNumberOfMessages: String(book.messages(arn).length), ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0', CreatedTimestamp: seconds, LastModifiedTimestamp: seconds,
    MessageRetentionPeriod: String(retentionSeconds), KmsMasterKeyId: keyArn, SqsManagedSseEnabled: String(keyArn === undefined),
  };
}

/** Sending to an encrypted queue needs its key too (SQS Developer Guide, "Key management": GenerateDataKey and Decrypt). */
async function demandQueueKey({ arn, keyArn }: Queue, { gate, exchange, settings }: ServiceCall): Promise<void> {
  if (keyArn === undefined) return;
  const context = {
    'kms:ViaService': `sqs.${arn.split(':')[3]}.amazonaws.com`, 'kms:CallerAccount': settings.account,
    'kms:EncryptionContext:aws:sqs:arn': arn, 'kms:EncryptionContextKeys': ['aws:sqs:arn'],
  };
  for (const operation of ['GenerateDataKey', 'Decrypt']) {
    await gate.demand(exchange, { service: 'kms', operation, action: `kms:${operation}`, resource: keyArn, via: 'sqs', context });
  }
}
