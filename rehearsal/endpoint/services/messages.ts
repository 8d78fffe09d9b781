import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors';
import type { MetricDatum, PublishedMessage } from '../types';
import { text, type Input, type Service, type ServiceCall } from './service';

const LARGEST_MESSAGE_BYTES = 262_144;

interface Attribute { DataType?: string; StringValue?: string; BinaryValue?: string }

/** Keys of encrypted topics by the topic's ARN. */
export type TopicKeys = Map<string, string>;

/** Publishing to an encrypted topic needs its key too: SNS asks KMS in the publisher's name. */
async function demandTopicKey(topicKeys: TopicKeys, topicArn: string, { gate, exchange, settings }: ServiceCall): Promise<void> {
  const resource = topicKeys.get(topicArn);
  if (resource === undefined) return;
  const context = {
    'kms:ViaService': `sns.${settings.region}.amazonaws.com`, 'kms:CallerAccount': settings.account,
    'kms:EncryptionContext:aws:sns:topicArn': topicArn, 'kms:EncryptionContextKeys': ['aws:sns:topicArn'],
  };
  for (const operation of ['GenerateDataKey', 'Decrypt']) {
    await gate.demand(exchange, { service: 'kms', operation, action: `kms:${operation}`, resource, via: 'sns', context });
  }
}

/** SNS: keeps what is published. Every well-formed topic ARN exists. */
export function snsService(messages: PublishedMessage[], topicKeys: TopicKeys): Service {
  return {
    name: 'sns', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/', accessDenied: 'AuthorizationError',
    operations: {
      Publish: {
        resource: (input) => text(input, 'TopicArn') ?? text(input, 'TargetArn') ?? '*',
        run: async (input, call) => {
          const { settings } = call;
          const message = readMessage(input, settings.now());
          await demandTopicKey(topicKeys, message.topicArn, call);
          messages.push(message);
          await settings.handlers.publish?.(message);
          return { MessageId: message.messageId };
        },
      },
    },
  };
}

function readMessage(input: Input, at: Date): PublishedMessage {
  const invalid = (what: string): ApiError => new ApiError('InvalidParameter', 400, `Invalid parameter: ${what}`);
  const topicArn = text(input, 'TopicArn') ?? text(input, 'TargetArn') ?? '';
  if (!/^arn:aws[\w-]*:sns:[\w-]+:\d+:[\w.-]+$/.test(topicArn)) throw invalid('TopicArn');
  const message = text(input, 'Message') ?? '';
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > LARGEST_MESSAGE_BYTES) throw invalid('Message too long');
  const subject = text(input, 'Subject');
  if (subject !== undefined && (subject.length < 1 || subject.length > 100 || !/^[\x20-\x7e]+$/.test(subject))) throw invalid('Subject');
  const messageStructure = text(input, 'MessageStructure');
  if (messageStructure === 'json') assertDefault(message, invalid);
  const attributes = Object.fromEntries(entries(input.MessageAttributes).map(({ Name, Value }) => [
    Name, Value.StringValue ?? Value.BinaryValue ?? '',
  ]));
  return { messageId: randomUUID(), at, topicArn, subject, message, messageStructure, attributes };
}

function assertDefault(message: string, invalid: (what: string) => ApiError): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  if (typeof (parsed as { default?: unknown } | null)?.default !== 'string') throw invalid('Message Structure - No default entry in '
    + 'JSON message body');
}

function entries(value: unknown): { Name: string; Value: Attribute }[] {
  return Array.isArray(value) ? value as { Name: string; Value: Attribute }[] : [];
}

interface Datum {
  MetricName?: string;
  Value?: number;
  Values?: number[];
  StatisticValues?: object;
  Unit?: string;
  Timestamp?: number | string;
  Dimensions?: { Name: string; Value: string }[];
}

/** CloudWatch: keeps metric data. */
export function cloudWatchService(metrics: MetricDatum[]): Service {
  return {
    name: 'cloudwatch', namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    operations: {
      PutMetricData: {
        context: (input) => ({ 'cloudwatch:namespace': text(input, 'Namespace') ?? '' }),
        run: (input, { settings }) => {
          const namespace = text(input, 'Namespace') ?? '';
          const data = (input.MetricData ?? []) as Datum[];
          const invalid = (message: string): ApiError => new ApiError('InvalidParameterValue', 400, message);
          if (!/^[^:][\w.\-/#:]{0,254}$/.test(namespace)) throw invalid('The value for parameter Namespace is invalid.');
          if (data.length > 1000) throw invalid('The collection MetricData must not have a size greater than 1000.');
          for (const datum of data) {
            if (!datum.MetricName) throw new ApiError('MissingParameter', 400, 'The parameter MetricData.member.N.MetricName is required.');
            if ((datum.Dimensions?.length ?? 0) > 30) throw invalid('The collection Dimensions must not have a size greater than 30.');
            if (datum.Value === undefined && !datum.Values && !datum.StatisticValues) {
              throw invalid(`The metric ${datum.MetricName} has no value.`);
            }
          }
          for (const datum of data) {
            const stamp = typeof datum.Timestamp === 'number' ? datum.Timestamp * 1000 : datum.Timestamp;
            const at = stamp === undefined ? settings.now() : new Date(stamp);
            metrics.push({
              at, namespace, name: datum.MetricName!, value: datum.Value, values: datum.Values, unit: datum.Unit,
              dimensions: Object.fromEntries((datum.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
            });
          }
          return {};
        },
      },
    },
  };
}
