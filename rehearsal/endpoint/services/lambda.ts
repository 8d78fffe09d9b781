import { ApiError, notImplemented } from '../errors';
import type { Exchange, Prepared, Settings } from '../exchange';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const LARGEST_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Lambda speaks REST, so its one operation is found by the path. */
export function prepareLambda(
  exchange: Exchange, body: Buffer, settings: Settings, inBackground: (work: Promise<unknown>) => void,
): Prepared {
  const match = exchange.method === 'POST' ? INVOKE.exec(exchange.rawPath) : null;
  const operation = match ? 'Invoke' : `${exchange.method} ${exchange.rawPath}`;
  const name = match ? decodeURIComponent(match[1]) : '';
  const resource = name.startsWith('arn:') ? name : `arn:aws:lambda:${settings.region}:${settings.account}:function:${name}`;
  return {
    permission: {
      service: 'lambda', operation, action: match ? 'lambda:InvokeFunction' : `lambda:${operation}`, resource: match ? resource : '*',
      unasked: !match,
    },
    run: async () => {
      const invoke = settings.handlers.invokeLambda;
      if (!match) throw notImplemented('lambda', operation);
      if (!invoke) throw notImplemented('lambda', operation, 'the host gave no handler invokeLambda');
      if (body.length > LARGEST_PAYLOAD_BYTES) throw new ApiError(
        'RequestTooLargeException', 413, `The payload is larger than ${LARGEST_PAYLOAD_BYTES} bytes`,
      );
      let payload: unknown;
      try {
        payload = body.length ? JSON.parse(body.toString('utf8')) : {};
      } catch {
        throw new ApiError('InvalidRequestContentException', 400, 'Could not parse request body into json');
      }
      const type = exchange.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      if (type === 'DryRun') return { status: 204 };
      if (type === 'Event') {
        inBackground(invoke(name, payload));
        return { status: 202 };
      }
      const answer = await invoke(name, payload);
      return {
        status: 200, headers: {
          'content-type': 'application/json', 'x-amz-executed-version': '$LATEST', 'x-amz-function-error': answer.functionError,
        },
        body: JSON.stringify(answer.payload ?? null),
      };
    },
  };
}
