import { gunzipSync } from 'node:zlib';
import { ApiError, notImplemented } from './errors';
import { type Exchange, type Prepared, type Reply, type Gate, type Settings } from './exchange';
import type { Input, Service, ServiceCall } from './services/service';
import { toXml, type XmlValue } from './xml';

/** How a service's errors and answers are written. */
export type Protocol = 'rest-xml' | 'json' | 'query' | 'rest-json';

/** Names of services in the credential scope that are not IAM's. */
const SIGNING_NAMES: Record<string, string> = { monitoring: 'cloudwatch' };

export function serviceName(signingName: string): string {
  return SIGNING_NAMES[signingName] ?? signingName;
}

export function protocolOf(service: string, headers: Record<string, string | undefined>): Protocol {
  if (service === 's3') return 'rest-xml';
  if (service === 'lambda' || service === 'scheduler') return 'rest-json';
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? 'query' : 'json';
}

/** Query parameters as a tree: `A.entry.1.Name` and `A.member.1` become lists. */
export function readQuery(body: Buffer): Input {
  const root: Record<string, unknown> = {};
  for (const [path, value] of new URLSearchParams(body.toString('utf8'))) {
    const steps = path.split('.');
    let node = root;
    steps.slice(0, -1).forEach((step) => {
      node = (node[step] ??= Object.create(null)) as Record<string, unknown>;
    });
    node[steps[steps.length - 1]] = value;
  }
  return listsOf(root) as Input;
}

function listsOf(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([name, value]) => [name, listsOf(value)] as const);
  if (entries.length === 1 && ['member', 'entry'].includes(entries[0][0])) return entries[0][1];
  if (entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name))) {
    return entries.sort((a, b) => Number(a[0]) - Number(b[0])).map(([, value]) => value);
  }
  return Object.fromEntries(entries);
}

interface Named { operation: string; input: Input }

function readCall(exchange: Exchange, protocol: Protocol, service: string, body: Buffer): Named {
  if (protocol === 'query') {
    const { Action, Version: _version, ...input } = readQuery(body);
    return { operation: String(Action ?? 'unnamed'), input };
  }
  const target = exchange.headers['x-amz-target'];
  if (target === undefined) throw notImplemented(service, `${exchange.method} ${exchange.rawPath}`);
  const raw = exchange.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  let input: unknown;
  try {
    input = raw.length ? JSON.parse(raw.toString('utf8')) : {};
  } catch {
    throw new ApiError('SerializationException', 400, 'The body is not JSON.');
  }
  return { operation: target.slice(target.indexOf('.') + 1), input: input as Input };
}

/** Understands a request to a JSON or Query service. */
export function prepareCall(
  exchange: Exchange, service: Service | undefined, name: string, body: Buffer, gate: Gate, settings: Settings,
): Prepared {
  const protocol = protocolOf(name, exchange.headers);
  const { operation, input } = readCall(exchange, protocol, name, body);
  const known = service?.operations[operation];
  const call: ServiceCall = { exchange, gate, settings, operation };
  return {
    permission: {
      service: name, operation, action: `${name}:${known?.action ?? operation}`, resource: known?.resource?.(input, call) ?? '*',
      context: known?.context?.(input, call), unasked: !known,
    },
    run: async () => {
      if (!known) throw notImplemented(name, operation);
      const output = await known.run(input, call);
      return protocol === 'query' ? queryReply(operation, output, exchange, service!) : jsonReply(output, exchange);
    },
  };
}

function jsonReply(output: unknown, exchange: Exchange): Reply {
  return {
    status: 200, headers: { 'content-type': exchange.headers['content-type'] ?? 'application/x-amz-json-1.1' },
    body: JSON.stringify(output),
  };
}

function queryReply(operation: string, output: unknown, exchange: Exchange, service: Service): Reply {
  const body = toXml(`${operation}Response`, {
    [`${operation}Result`]: output as XmlValue, ResponseMetadata: { RequestId: exchange.requestId },
  }, service.namespace);
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

/** Codes that the JSON services spell in their own way. */
const JSON_CODES: Record<string, string> = {
  AccessDenied: 'AccessDeniedException', InvalidAccessKeyId: 'UnrecognizedClientException', InvalidToken: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException', RequestTimeTooSkewed: 'InvalidSignatureException',
  NotImplemented: 'NotImplementedException',
};
const QUERY_CODES: Record<string, string> = { InvalidAccessKeyId: 'InvalidClientTokenId' };

/** An error in the form that clients of the service understand. */
export function errorReply(
  error: ApiError, protocol: Protocol, requestId: string, resource: string, service: Service | undefined, queryMode = false,
): Reply {
  if (protocol === 'rest-xml') {
    return {
      status: error.status, headers: { 'content-type': 'application/xml', ...error.headers },
      body: toXml(
        'Error', { Code: error.code, Message: error.message, ...error.details, Resource: resource, RequestId: requestId, HostId: 'local' },
        '',
      ),
    };
  }
  const own = error.code === 'AccessDenied' ? service?.accessDenied : undefined;
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  if (protocol === 'query') {
    const code = own ?? QUERY_CODES[error.code] ?? error.code;
    return {
      status: error.status, headers: { 'content-type': 'text/xml' },
      body: toXml(
        'ErrorResponse', { Error: { Type: type, Code: code, Message: error.message }, RequestId: requestId }, service?.namespace ?? '',
      ),
    };
  }
  // Names of faults of Step Functions and others are exact; only the codes of the front are respelt.
  const code = own ?? JSON_CODES[error.code] ?? error.code;
  return {
    status: error.status === 403 && protocol === 'json' ? 400 : error.status,
    headers: {
      'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code,
      ...(queryMode ? { 'x-amzn-query-error': `${code};${type}` } : {}),
    },
    body: JSON.stringify({ __type: code, message: error.message, Message: protocol === 'rest-json' ? error.message : undefined }),
  };
}
