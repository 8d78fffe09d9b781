import type { Resolver } from '../assembly';
import type { LocalMachine } from '../cloud/local-cloud';
import { Authorizer } from '../cloud/authorizer';
import { RoleKeyring } from '../cloud/role-keys';
import { startCloud } from '../cloud/start-cloud';
import { TaskTokens } from '../machine/task-tokens';
import type { StagedProtection } from './alarm-stage';
import type { MasterCopy } from './master-copy';
import { RealRuns } from './real-runs';
import { Timeline } from './timeline';
import type { World } from './world';

export interface OpenProps {
  readonly resolver: Resolver;
  readonly world: World;
  readonly masters: ReadonlyMap<string, MasterCopy>;
  /** What stands for the databases, by protection. */
  readonly staged: ReadonlyMap<string, StagedProtection>;
  /** Of the store's data: empty, or a copy of another time's. */
  readonly directory: string;
  /** Where the store's clock is set, in epoch seconds. */
  readonly at: number;
  readonly signal: AbortSignal | undefined;
  readonly onLog?: (line: string) => void;
}

export interface OpenTimeline {
  readonly timeline: Timeline;
  close(): Promise<void>;
}

/** A course of time over the local cloud of an assembly; ending it closes the cloud. */
export async function openTimeline({ resolver, world, masters, staged, directory, at, signal, onLog }: OpenProps): Promise<OpenTimeline> {
  const authorizer = new Authorizer(resolver);
  const denied = new Set<string>();
  const tokens = new TaskTokens();
  const running: { machine?: LocalMachine } = {};
  const endpoint = await startCloud({
    resolver, authorizer, directory, tokens, runningMachine: () => running.machine?.arn, faults: undefined, at: new Date(at * 1000),
    denies: (action, roleArn) => denied.has(action) || denied.has(`${roleArn} ${action}`),
  });
  const keys = new RoleKeyring(({ accessKeyId, ...rest }, principal) => endpoint.addCredentials(accessKeyId, { ...rest, principal }));
  const onMachine = (machine: LocalMachine): void => { running.machine = machine; };
  const runs = new RealRuns({ resolver, endpoint, authorizer, keys, tokens, onMachine, staged, signal, onLog });
  const timeline = new Timeline({ world, endpoint, authorizer, keys, masters, runs, denied, signal });
  return {
    timeline,
    close: async () => {
      await timeline.stop();
      await endpoint.close();
    },
  };
}
