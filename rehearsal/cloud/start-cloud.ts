import { AssemblyError } from '../assembly';
import type { Resolver } from '../assembly';
import { ApiError, startEndpoint } from '../endpoint';
import type { ApiCall, Decision, Endpoint, FaultPlan } from '../endpoint';
import { TokenError } from '../machine/task-tokens';
import type { TaskTokens } from '../machine/task-tokens';
import type { Authorizer } from './authorizer';
import { bucketsOf, keysOf, topicsOf } from './local-cloud';

export interface CloudProps {
  readonly resolver: Resolver;
  readonly authorizer: Authorizer;
  readonly tokens: TaskTokens;
  /** Where the store's data lies. */
  readonly directory: string;
  /** ARN of the state machine that runs now. */
  readonly runningMachine: () => string | undefined;
  readonly faults: FaultPlan | undefined;
}

/** The local endpoint with the keys, buckets and topics of an assembly in it, every call decided by the assembly's policies. */
export async function startCloud({ resolver, authorizer, tokens, directory, runningMachine, faults }: CloudProps): Promise<Endpoint> {
  const answered = (answer: () => void): void => {
    try {
      answer();
    } catch (error) {
      throw error instanceof TokenError ? new ApiError('TaskTimedOut', 400, error.message) : error;
    }
  };
  const endpoint = await startEndpoint({
    directory, faults, region: resolver.region, account: resolver.account,
    authorize: (call) => decide(authorizer, call, runningMachine()),
    handlers: {
      sendTaskSuccess: (token, output) => answered(() => tokens.succeed(token, output)),
      sendTaskFailure: (token, error, cause) => answered(() => tokens.failed(token, error, cause)),
      sendTaskHeartbeat: (token) => answered(() => tokens.heartbeat(token)),
    },
  });
  for (const { arn } of keysOf(resolver)) endpoint.seedKey(arn);
  for (const { versioned, lock, keyArn, path: _path, ...bucket } of bucketsOf(resolver)) {
    endpoint.s3.createBucket({
      ...bucket, versioning: versioned, objectLock: lock !== undefined, defaultRetention: lock?.retention, kmsKeyArn: keyArn,
    });
  }
  for (const { arn, keyArn } of topicsOf(resolver)) if (keyArn !== undefined) endpoint.seedTopic(arn, { kmsKeyArn: keyArn });
  return endpoint;
}

/** Step Functions knows the machine by the task's token; the call itself does not name it. */
function decide(authorizer: Authorizer, { action, resource, principal, context }: ApiCall, machineArn: string | undefined): Decision {
  try {
    const asked = action.startsWith('states:SendTask') ? machineArn ?? resource : resource;
    return authorizer.authorize({ action, principal, context, resource: asked });
  } catch (error) {
    if (error instanceof AssemblyError) return { allow: false, reason: error.message };
    throw error;
  }
}
