import { AssemblyError } from '../assembly';
import type { Resolver } from '../assembly';
import { ApiError, startEndpoint } from '../endpoint';
import type { ApiCall, Decision, Endpoint, FaultPlan, Handlers } from '../endpoint';
import { TokenError } from '../machine/task-tokens';
import type { TaskTokens } from '../machine/task-tokens';
import type { Authorizer } from './authorizer';
import { seedCloud } from './seed-cloud';

export interface CloudProps {
  readonly resolver: Resolver;
  readonly authorizer: Authorizer;
  readonly tokens: TaskTokens;
  /** Where the store's data lies. */
  readonly directory: string;
  /** ARN of the state machine that runs now. */
  readonly runningMachine: () => string | undefined;
  readonly faults: FaultPlan | undefined;
  /** Whether a role's call is refused, whatever its policies say; for what a rehearsal takes away by hand. @default none is */
  readonly denies?: (action: string, roleArn: string) => boolean;
  /** Where the clock of everything stored is set before anything is made. @default now */
  readonly at?: Date;
  /** What the host does where a call asks for a function, an execution, or publishes. @default nothing but task tokens */
  readonly handlers?: Pick<Handlers, 'invokeLambda' | 'startExecution' | 'publish'>;
}

/** The local endpoint with what an assembly makes in it, every call decided by the assembly's policies. */
export async function startCloud(props: CloudProps): Promise<Endpoint> {
  const { resolver, authorizer, tokens, directory, runningMachine, faults, handlers, denies, at } = props;
  const answered = (answer: () => void): void => {
    try {
      answer();
    } catch (error) {
      throw error instanceof TokenError ? new ApiError('TaskTimedOut', 400, error.message) : error;
    }
  };
  const endpoint = await startEndpoint({
    directory, faults, region: resolver.region, account: resolver.account,
    authorize: (call) => (call.principal !== undefined && denies?.(call.action, call.principal)
      ? { allow: false, reason: `no policy of ${call.principal} allows it any more` } : decide(authorizer, call, runningMachine())),
    handlers: {
      ...handlers,
      sendTaskSuccess: (token, output) => answered(() => tokens.succeed(token, output)),
      sendTaskFailure: (token, error, cause) => answered(() => tokens.failed(token, error, cause)),
      sendTaskHeartbeat: (token) => answered(() => tokens.heartbeat(token)),
    },
  });
  if (at) endpoint.setClock(at);
  seedCloud(resolver, endpoint);
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
