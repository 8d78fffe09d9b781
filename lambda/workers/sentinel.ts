import { tmpdir } from 'node:os';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SentinelReport } from '../../lib/contract/sentinel-report';
import { SentinelRequest } from '../../lib/contract/sentinel-request';
import { refuseForeignClock } from '../runtime/copies/round-clock';
import { startDeadline } from '../runtime/deadline';
import type { InvocationContext } from '../runtime/invocation';
import { createLog } from '../runtime/log';
import { parseWorkerRequest } from '../runtime/parse-request';
import { watchPolicy } from '../runtime/sentinel/round';
import { createStoreClient } from '../runtime/store-client';
import { watchClock } from '../runtime/store-clock';

// The SDK looks for its shared files in the home folder, and fails where a uid has neither a name nor HOME.
process.env.HOME ??= tmpdir();

/**
 * A round over a policy: holds what the store has against what must be there by now, and what is in force against what was declared, and
 * writes a gauge of each. It changes nothing, but stores a declaration that it meets for the first time.
 */
export async function sentinel(event: unknown, context: InvocationContext): Promise<SentinelReport> {
  const request = parseWorkerRequest('sentinel', SentinelRequest, event);
  refuseForeignClock(request);
  const { environment, application, store: { bucket, region, replicas } } = request;
  const log = createLog({ environment, application, slot: request.slot, verb: 'sentinel' });
  const deadline = startDeadline('sentinel round', request.limits.timeoutSeconds, context);
  const { signal } = deadline;
  const clients = new Map<string, S3Client>();
  const counts = { list: 0, read: 0 };
  const clientOf = (place: string): S3Client => {
    const known = clients.get(place);
    if (known) return known;
    const client = createStoreClient(place);
    count(client, counts);
    clients.set(place, client);
    return client;
  };
  const client = clientOf(region);
  const ahead = watchClock(client);
  try {
    return await watchPolicy({
      request, log, ahead, requests: () => ({ ...counts }),
      store: { client, bucket, signal },
      replicas: replicas.map((replica) => (
        { region: replica.region, store: { client: clientOf(replica.region), bucket: replica.bucket, signal } })),
    });
  } catch (error) {
    const cause = signal.aborted && signal.reason instanceof Error ? signal.reason : (error as Error);
    log.error(cause.message, { errorType: cause.name, stack: cause.stack });
    throw cause;
  } finally {
    deadline.end();
    for (const one of clients.values()) one.destroy();
  }
}

function count(client: S3Client, counts: { list: number; read: number }): void {
  client.middlewareStack.add((next, { commandName = '' }) => (args) => {
    counts[commandName.startsWith('List') ? 'list' : 'read'] += 1;
    return next(args);
  }, { step: 'initialize', name: 'countRequests' });
}
