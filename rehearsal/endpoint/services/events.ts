import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors';
import type { SentEvent } from '../types';
import { text, type Input, type Service, type ServiceCall } from './service';

const MOST_ENTRIES = 10;
const LARGEST_REQUEST_BYTES = 262_144;

/** EventBridge: keeps what is put on a bus. */
export function eventsService(events: SentEvent[]): Service {
  const busOf = (name: string | undefined, { exchange, settings }: ServiceCall): string =>
    (name?.startsWith('arn:') ? name : `arn:aws:events:${exchange.identity.region}:${settings.account}:event-bus/${name ?? 'default'}`);
  const entriesOf = (input: Input): Input[] => (input.Entries ?? []) as Input[];
  return {
    name: 'events', accessDenied: 'AccessDeniedException',
    operations: {
      PutEvents: {
        resource: (input, call) => busOf(text(entriesOf(input)[0] ?? {}, 'EventBusName'), call),
        context: (input) => ({
          'events:source': text(entriesOf(input)[0] ?? {}, 'Source') ?? '', 'events:detail-type': text(entriesOf(input)[0] ?? {}, 'DetailType') ?? '',
        }),
        run: (input, call) => {
          const entries = entriesOf(input);
          if (entries.length < 1 || entries.length > MOST_ENTRIES) throw new ApiError('ValidationException', 400, `Entries must have 1 to ${MOST_ENTRIES} items`);
          if (Buffer.byteLength(JSON.stringify(entries)) > LARGEST_REQUEST_BYTES) {
            throw new ApiError('ValidationException', 400, 'Total size of the entries in the request is over the limit.');
          }
          const answers = entries.map((entry) => put(entry, events, busOf(text(entry, 'EventBusName'), call), call.settings.now()));
          return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
        },
      },
    },
  };
}

function put(entry: Input, events: SentEvent[], bus: string, at: Date): object {
  const source = text(entry, 'Source');
  const detailType = text(entry, 'DetailType');
  const detail = text(entry, 'Detail');
  if (!source || !detailType || !detail) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source, DetailType or Detail is not valid.' };
  try {
    const id = randomUUID();
    events.push({ id, at, bus, source, detailType, detail: JSON.parse(detail) as unknown, resources: (entry.Resources ?? []) as string[] });
    return { EventId: id };
  } catch {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
}
