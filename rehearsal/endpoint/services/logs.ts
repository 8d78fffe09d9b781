import { ApiError } from '../errors';
import { text, type Input, type Service, type ServiceCall } from './service';

/** Log events by `group/stream`. */
export type LogBook = Map<string, { timestamp: number; message: string }[]>;

/** CloudWatch Logs: takes what a worker writes. */
export function logsService(book: LogBook): Service {
  const id = (input: Input): string => `${text(input, 'logGroupName') ?? ''}/${text(input, 'logStreamName') ?? ''}`;
  const group = (input: Input, { settings }: ServiceCall): string =>
    `arn:aws:logs:${settings.region}:${settings.account}:log-group:${text(input, 'logGroupName') ?? ''}`;
  const stream = (input: Input, call: ServiceCall): string => `${group(input, call)}:log-stream:${text(input, 'logStreamName') ?? ''}`;
  return {
    name: 'logs', accessDenied: 'AccessDeniedException',
    operations: {
      CreateLogGroup: { resource: group, run: () => ({}) },
      CreateLogStream: {
        resource: stream,
        run: (input) => {
          if (book.has(id(input))) throw new ApiError('ResourceAlreadyExistsException', 400, 'The specified log stream already exists');
          book.set(id(input), []);
          return {};
        },
      },
      PutLogEvents: {
        resource: stream,
        run: (input) => {
          const events = book.get(id(input));
          if (!events) throw new ApiError('ResourceNotFoundException', 400, 'The specified log stream does not exist.');
          events.push(...(input.logEvents ?? []) as { timestamp: number; message: string }[]);
          return { nextSequenceToken: String(events.length) };
        },
      },
    },
  };
}
