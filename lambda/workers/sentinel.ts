import { tmpdir } from 'node:os';
import { SentinelRequest } from '../../lib/contract/sentinel-request';
import type { InvocationContext } from '../runtime/invocation';
import { parseWorkerRequest } from '../runtime/parse-request';
import { refuseForeignClock } from '../runtime/copies/round-clock';

process.env.HOME ??= tmpdir();

export async function sentinel(event: unknown, _context: InvocationContext): Promise<unknown> {
  const request = parseWorkerRequest('sentinel', SentinelRequest, event);
  refuseForeignClock(request);
  return Promise.resolve(request.version);
}
