import type { ProtectionId } from '../../lib/contract/object-keys';
import { VerifyResult } from '../../lib/contract/run-request';
import { type LocalMachine, machineOf } from '../cloud/local-cloud';
import { RoleKeyring } from '../cloud/role-keys';
import { runMachine, type TaskCall } from '../machine/run-machine';
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
  /** Told which machine is about to run. */
  readonly onMachine: (machine: LocalMachine) => void;
}

/**
 * Proves the newest copy that a replica keeps, in the replica's region: by the machine that the app has there, with the rights of its own
 * roles; else by the deployed verify worker as whoever would start it by hand. The report says which.
 */
export async function proveFromReplica(props: ReplicaProofProps): Promise<LostRegionProof> {
  const { planned, id, place, replicas, verify, report, parts, onMachine } = props;
  const began = performance.now();
  const ended = (more: Omit<LostRegionProof, 'region' | 'seconds'>): LostRegionProof =>
    ({ region: place.region, seconds: Math.round(performance.now() - began) / 1000, ...more });
  const found = replicas.flatMap((replica) => {
    const copy = report.copies.findLast(({ runId }) => fateOf(parts.endpoint, replica.bucket, id, runId).fate === 'kept');
    return copy ? [{ replica, copy }] : [];
  })[0];
  if (!found) return ended({ outcome: 'failed', summary: 'No other region keeps a copy.' });
  const { replica, copy: { runId, slot } } = found;
  const { region } = replica;
  const drill = planned.protection.replicaDrills.find((one) => one.region === region);
  const machine = drill && machineOf(parts.resolver, drill.stateMachineArn);
  const from = { from: region, runId, ...machine ? { machine: machine.path } : {} };
  const nothing = 'No run came as far as its verification: there is nothing to prove.';
  if (!machine && !verify) return ended({ ...from, outcome: 'failed', summary: nothing });
  const done = parts.progress.begin(`${id.protection}: ${place.region} is lost, proof from ${region}`);
  try {
    if (machine) onMachine(machine);
    const answer = machine ? await byMachine(machine, region, slot, props) : await byHand(verify!, replica, slot, props);
    const result = VerifyResult.parse(answer);
    done(result.outcome);
    return ended({ ...from, outcome: result.outcome, summary: result.summary });
  } catch (error) {
    done('failed');
    return ended({ ...from, outcome: 'failed', summary: messageOf(error as Error) });
  }
}

/** The machine of the replica's stack, as a person starts it: with the slot and nothing else. */
async function byMachine(machine: LocalMachine, region: string, slot: string, { planned, id, parts }: ReplicaProofProps): Promise<unknown> {
  const tasks = new Tasks({
    ...parts, machine, region, endpointUrl: parts.endpoint.url, onRun: () => undefined, beforeTask: undefined,
    adjust: (request) => adjusted(request, parts.source, planned.identity),
  });
  const execution = await runMachine({
    definition: machine.definition, name: machine.path, arn: machine.arn, roleArn: machine.roleArn,
    executionName: `replica-drill-${id.protection}`.slice(0, 80), input: { slot }, signal: parts.signal,
    runTask: tasks.run, issueToken: () => parts.tokens.issue(),
  });
  if (execution.outcome !== 'succeeded') throw new Error(execution.error?.cause ?? `the execution ${execution.outcome}`);
  return payloadOf((execution.output as { verify?: unknown }).verify);
}

async function byHand(verify: TaskCall, place: Place, slot: string, { planned, parts }: ReplicaProofProps): Promise<unknown> {
  const tasks = new Tasks({
    ...parts, machine: planned.machine, region: place.region, endpointUrl: parts.endpoint.url,
    keys: new RoleKeyring(({ accessKeyId, ...rest }) => parts.endpoint.addCredentials(accessKeyId, rest)),
    adjust: (request) => elsewhere(adjusted(request, parts.source, planned.identity), place, slot),
    onRun: () => undefined, beforeTask: undefined,
  });
  return payloadOf(await tasks.run(withNewToken(verify, parts.tokens.issue())));
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
