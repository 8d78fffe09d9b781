import { ApiError, notImplemented } from '../errors';
import type { Exchange, Gate, Permission, Prepared, Settings } from '../exchange';
import type { Input, Operation, ServiceCall } from './service';

/** One operation of a service that speaks REST and JSON. */
export interface RestOperation extends Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Its groups are parts of the input, each decoded. */
  readonly path: RegExp;
}

/** A service that is asked by method and path; query parameters and the body's members are one input. */
export interface RestService {
  readonly name: string;
  readonly operations: Readonly<Record<string, RestOperation>>;
}

/** Understands a request to a REST service; what is none of its operations is a 501 by method and path. */
export function prepareRest(exchange: Exchange, body: Buffer, service: RestService, gate: Gate, settings: Settings): Prepared {
  const found = Object.entries(service.operations)
    .flatMap(([name, one]) => {
      const match = one.method === exchange.method ? one.path.exec(exchange.rawPath) : null;
      return match ? [{ name, one, match }] : [];
    })[0];
  if (!found) {
    const asked = `${exchange.method} ${exchange.rawPath}`;
    return {
      permission: { service: service.name, operation: asked, action: `${service.name}:${asked}`, resource: '*', unasked: true },
      run: () => Promise.reject(notImplemented(service.name, asked)),
    };
  }
  const { name: operation, one, match } = found;
  const input = inputOf(exchange, body, match);
  const call: ServiceCall = { exchange, gate, settings, operation };
  const permission: Permission = {
    service: service.name, operation, action: `${service.name}:${one.action ?? operation}`,
    resource: one.resource?.(input, call) ?? '*', context: one.context?.(input, call),
  };
  return {
    permission,
    run: async () => ({
      status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(await one.run(input, call)),
    }),
  };
}

function inputOf(exchange: Exchange, body: Buffer, match: RegExpExecArray): Input {
  const named = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)] as const);
  let sent: Input = {};
  try {
    if (body.length) sent = JSON.parse(body.toString('utf8')) as Input;
  } catch {
    throw new ApiError('SerializationException', 400, 'The body is not JSON.');
  }
  return { ...sent, ...Object.fromEntries(exchange.query), ...Object.fromEntries(named) };
}
