import { tmpdir } from 'node:os';
import type { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import type { PolicyId, ProtectionId } from '../../../lib/contract/object-keys';
import { refuseForeignClock, roundInstant } from '../copies/round-clock';
import { worstFailure } from '../copies/worst-failure';
import { startDeadline } from '../deadline';
import { messageOf } from '../errors';
import type { InvocationContext } from '../invocation';
import { createLog, type Log } from '../log';
import { parseWorkerRequest } from '../parse-request';
import { createStoreClient } from '../store-client';
import { watchClock } from '../store-clock';
import type { StoreReaderOptions } from '../store-reader';

// The SDK looks for its shared files in the home folder, and fails where a uid has neither a name nor HOME.
process.env.HOME ??= tmpdir();

/** What every worker that goes over a policy's copies is asked, beside what is its own. */
export interface RoundRequest extends PolicyId {
  readonly store: { readonly bucket: string; readonly region: string };
  readonly protections: readonly { readonly protection: string }[];
  readonly limits: { readonly timeoutSeconds: number };
  readonly execution: string;
  /** The instant to act at, of a rehearsal. */
  readonly rehearsedAt?: string;
}

/** What the body of a round is given. */
export interface PolicyRound<Request> {
  readonly request: Request;
  readonly store: StoreReaderOptions;
  readonly log: Log;
  /** The instant it acts at; asked once the store has said by an answer what time it is. @throws RefusedError */
  readonly instant: () => Date;
}

/** Runs a round with what each needs: its request, a deadline, the store and the store's clock. Errors are logged here, once. */
export async function policyRound<Request extends RoundRequest, Result>(
  verb: string, schema: z.ZodType<Request>, event: unknown, context: InvocationContext,
  body: (round: PolicyRound<Request>) => Promise<Result>,
): Promise<Result> {
  const request = parseWorkerRequest(verb, schema, event);
  refuseForeignClock(request);
  const { environment, application, execution, limits, store: { region, bucket } } = request;
  const log = createLog({ environment, application, execution, verb });
  const deadline = startDeadline(`${verb} round`, limits.timeoutSeconds, context);
  const client: S3Client = createStoreClient(region);
  const ahead = watchClock(client);
  try {
    const store: StoreReaderOptions = { client, bucket, signal: deadline.signal };
    return await body({ request, store, log, instant: () => roundInstant(request, ahead()) });
  } catch (error) {
    const cause = deadline.signal.aborted && deadline.signal.reason instanceof Error ? deadline.signal.reason : (error as Error);
    log.error(cause.message, { errorType: cause.name, stack: cause.stack });
    throw cause;
  } finally {
    deadline.end();
    client.destroy();
  }
}

/** What went wrong in a round, protection by protection; the rest of the round is done first. */
export class Failures {
  private readonly all: Error[] = [];

  constructor(private readonly log: Log) {}

  add({ protection }: ProtectionId, error: Error): void {
    this.all.push(error);
    this.log.warn(`${protection}: ${messageOf(error)}`, { protection, errorType: error.name });
  }

  /** @throws the worst of them */
  throwWorst(): void {
    if (this.all.length > 0) throw worstFailure(this.all);
  }
}

/** Does one after the other; what is wrong with one protection says nothing of the others. */
export async function eachProtection<Protection extends { readonly protection: string }>(
  { request, store }: PolicyRound<RoundRequest & { readonly protections: readonly Protection[] }>,
  failures: Failures,
  work: (protection: Protection, id: ProtectionId) => Promise<void>,
): Promise<void> {
  const { environment, application } = request;
  for (const protection of request.protections) {
    const id: ProtectionId = { environment, application, protection: protection.protection };
    try {
      await work(protection, id);
    } catch (error) {
      store.signal.throwIfAborted();
      failures.add(id, error as Error);
    }
  }
}
