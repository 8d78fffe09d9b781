import type { ProtectionId } from '../../lib/contract/object-keys';
import { VerifyResult } from '../../lib/contract/run-request';
import { RoleKeyring } from '../cloud/role-keys';
import type { TaskCall } from '../machine/run-machine';
import { Tasks } from '../machine/tasks';
import type { LostRegionProof, MonthProtection } from '../report/month-model';
import { adjusted, type Planned, type Surroundings } from '../run-protection';
import { fateOf, type Place } from './fates';

export interface ReplicaProofProps {
  readonly planned: Planned;
  readonly id: ProtectionId;
  readonly place: Place;
  readonly replicas: readonly Place[];
  /** The task by which the deployed machine verifies a run; undefined where none ever got that far. */
  readonly verify: TaskCall | undefined;
  readonly report: MonthProtection;
  readonly parts: Surroundings;
}

/**
 * Proves the newest copy that a replica keeps, by the deployed verify worker, in the replica's region. The app has no worker there: it runs
 * as whoever would start it by hand, and the report says so.
 */
export async function proveFromReplica(props: ReplicaProofProps): Promise<LostRegionProof> {
  const { planned, id, place, replicas, verify, report, parts } = props;
  const began = performance.now();
  const ended = (more: Omit<LostRegionProof, 'region' | 'seconds'>): LostRegionProof =>
    ({ region: place.region, seconds: Math.round(performance.now() - began) / 1000, ...more });
  const found = replicas.flatMap((replica) => {
    const copy = report.copies.findLast(({ runId }) => fateOf(parts.endpoint, replica.bucket, id, runId).fate === 'kept');
    return copy ? [{ replica, copy }] : [];
  })[0];
  if (!found || !verify) {
    return ended({ outcome: 'failed', summary: verify ? 'No other region keeps a copy.' : 'No run came as far as its verification, so there is nothing to prove.' });
  }
  const { replica: { bucket, region }, copy: { runId, slot } } = found;
  const done = parts.progress.begin(`${id.protection}: ${place.region} is lost, proof from ${region}`);
  const tasks = new Tasks({
    ...parts, machine: planned.machine, region, endpointUrl: parts.endpoint.url,
    keys: new RoleKeyring(({ accessKeyId, ...rest }) => parts.endpoint.addCredentials(accessKeyId, rest)),
    adjust: (request) => elsewhere(adjusted(request, parts.source, planned.identity), { bucket, region }, slot),
    onRun: () => undefined, beforeTask: undefined,
  });
  try {
    const result = VerifyResult.parse(payloadOf(await tasks.run(withNewToken(verify, parts.tokens.issue()))));
    done(result.outcome);
    return ended({ from: region, runId, outcome: result.outcome, summary: result.summary });
  } catch (error) {
    done('failed');
    return ended({ from: region, runId, outcome: 'failed', summary: messageOf(error as Error) });
  }
}

/** The request for the same run, read from another place. */
function elsewhere(request: unknown, place: Place, slot: string): unknown {
  const { store } = (request ?? {}) as { store?: object };
  return store === undefined ? request : { ...request as object, slot, store: { ...store, ...place } };
}

/** A task's token ended with the task. */
function withNewToken(call: TaskCall, token: string): TaskCall {
  const text = JSON.stringify(call.parameters);
  const [, old] = /"Name":"TASK_TOKEN","Value":"([^"]+)"/.exec(text) ?? [];
  const parameters: unknown = old === undefined ? call.parameters : JSON.parse(text.replaceAll(old, token));
  return { ...call, parameters, signal: new AbortController().signal, tryNumber: 1 };
}

function payloadOf(answer: unknown): unknown {
  return (answer as { Payload?: unknown } | null)?.Payload ?? answer;
}

/** A worker's error is JSON in its cause. */
function messageOf({ message }: Error): string {
  try {
    return (JSON.parse(message) as { errorMessage?: string }).errorMessage ?? message;
  } catch {
    return message;
  }
}
