import { parseSentinelReport, type SentinelReport } from '../../lib/contract/sentinel-report';
import { SentinelRequest } from '../../lib/contract/sentinel-request';
import { parseVersioned } from '../../lib/contract/common';
import type { DeclaredWatching } from '../../lib/contract/watching';
import { type Assembly, Resolver } from '../assembly';
import { functionOf } from '../cloud/local-cloud';
import type { ChosenPolicy } from '../choose-policy';
import type { Deployed } from '../deployed/read-stacks';
import { invokeDeployed, runHere } from '../own-worker';
import { judge, judgeReplica } from './judge';
import type { KeptStore } from './kept-store';
import { type PolicyStatus, type ReplicaStatus, type Status, type UnreadPolicy, worst } from './model';

/** Where reports come from. */
export type Source =
  | { readonly kind: 'deployed'; readonly deployed: Deployed; /** Runs the deployed code here, with the caller's rights. */ readonly local: boolean }
  | { readonly kind: 'kept'; readonly store: KeptStore };

export interface ReadProps {
  readonly assembly: Assembly;
  readonly policies: readonly ChosenPolicy[];
  readonly source: Source;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}

/** The template declares no sentinel: a release without one made it. */
export class NotWatchedError extends Error {
  constructor(policy: ChosenPolicy['declared']) {
    super(`${policy.path} declares no sentinel: synthesize and deploy the app with this release of cdk-backup-policy.`);
    this.name = 'NotWatchedError';
  }
}

/** Asks the sentinel of each policy for a round that writes no metrics; one that cannot be asked is unread, and in nobody's way. */
export async function readStatus(props: ReadProps): Promise<Status> {
  const read = await Promise.all(props.policies.map(async (policy) => await readPolicy(policy, props)));
  const policies = read.filter((one): one is PolicyStatus => 'condition' in one);
  const unread = read.filter((one): one is UnreadPolicy => 'error' in one);
  return { version: 1, condition: worst([...policies.map(({ condition }) => condition), ...unread.map(() => 'unknown' as const)]), policies, unread };
}

type Sentinel = Pick<DeclaredWatching['sentinel'], 'function' | 'request'>;

async function readPolicy(policy: ChosenPolicy, props: ReadProps): Promise<PolicyStatus | UnreadPolicy> {
  const { declared } = policy;
  const { application, environment, watching } = declared;
  const replicas = await Promise.all((watching?.replicaSentinels ?? []).map(async (sentinel): Promise<ReplicaStatus> => {
    try {
      return judgeReplica({ report: await ask(sentinel, policy, props, sentinel.region), alarms: watching!.alarms });
    } catch (error) {
      return { region: sentinel.region, condition: 'unknown', breaches: [], alarms: [], error: reasonOf(error, props.signal) };
    }
  }));
  try {
    if (!watching) throw new NotWatchedError(declared);
    const report = await ask(watching.sentinel, policy, props);
    return judge({ report, declared: watching.sentinel.request, alarms: watching.alarms, replicas });
  } catch (error) {
    return { application, environment, region: policy.stack.region, error: reasonOf(error, props.signal), replicas };
  }
}

/** @param region of a replica's sentinel; the policy's own otherwise */
async function ask(sentinel: Sentinel, { stack, declared }: ChosenPolicy, props: ReadProps, region?: string): Promise<SentinelReport> {
  const { source, assembly, env, signal, onLog } = props;
  const path = `${declared.path} sentinel`;
  const resolved = async (value: unknown): Promise<unknown> => source.kind === 'kept' ? source.store.resolver.resolve(stack, value, path) : await source.deployed.resolve(stack, value, path, region);
  const request = parseVersioned('the sentinel\'s request', SentinelRequest, {
    ...await resolved(sentinel.request) as object, silent: true, ...(source.kind === 'kept' ? { rehearsedAt: source.store.now() } : {}),
  });
  if (source.kind === 'deployed' && !source.local) {
    const functionName = await source.deployed.text(stack, sentinel.function, path, region);
    return parseSentinelReport(await invokeDeployed({ functionName, region: region ?? source.deployed.regionOf(stack), request, signal }));
  }
  // The code is found by the names that a laptop makes up, whatever the deployed ones are.
  const resolver = source.kind === 'kept' ? source.store.resolver : new Resolver(assembly, { region: stack.region, account: stack.account });
  const { directory, handler } = functionOf(resolver, String(resolver.resolve(stack, sentinel.function, path)));
  const variables = source.kind === 'kept' ? source.store.env : { ...env, AWS_REGION: source.deployed.regionOf(stack) };
  return parseSentinelReport(await runHere({
    directory, name: handler.slice(handler.lastIndexOf('.') + 1), request, signal, onLog,
    env: region === undefined ? variables : { ...variables, AWS_REGION: region },
  }));
}

/** What a person can act on; a fault of this program is none. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted || error instanceof TypeError || error instanceof ReferenceError || !(error instanceof Error)) throw error;
  return error.name === 'Error' || /^[A-Z].*[.:] /.test(error.message) || error.message.endsWith('.') ? error.message : `${error.name}: ${error.message}`;
}
