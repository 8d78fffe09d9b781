import type { Resolver } from '../assembly';
import { Authorizer } from '../cloud/authorizer';
import { RoleKeyring } from '../cloud/role-keys';
import { startCloud } from '../cloud/start-cloud';
import { TaskTokens } from '../machine/task-tokens';
import type { MasterCopy } from './master-copy';
import { Timeline } from './timeline';
import type { World } from './world';

export interface OpenProps {
  readonly resolver: Resolver;
  readonly world: World;
  readonly masters: ReadonlyMap<string, MasterCopy>;
  /** Of the store's data: empty, or a copy of another time's. */
  readonly directory: string;
  /** Where the store's clock is set, in epoch seconds. */
  readonly at: number;
  readonly signal: AbortSignal | undefined;
}

export interface OpenTimeline {
  readonly timeline: Timeline;
  close(): Promise<void>;
}

/** A course of time over the local cloud of an assembly; ending it closes the cloud. */
export async function openTimeline({ resolver, world, masters, directory, at, signal }: OpenProps): Promise<OpenTimeline> {
  const authorizer = new Authorizer(resolver);
  const denied = new Set<string>();
  const endpoint = await startCloud({
    resolver, authorizer, directory, tokens: new TaskTokens(), runningMachine: () => undefined, faults: undefined,
    denies: (action) => denied.has(action),
  });
  endpoint.setClock(new Date(at * 1000));
  const keys = new RoleKeyring(({ accessKeyId, ...rest }, principal) => endpoint.addCredentials(accessKeyId, { ...rest, principal }));
  const timeline = new Timeline({ world, endpoint, authorizer, keys, masters, denied, signal });
  return {
    timeline,
    close: async () => {
      await timeline.stop();
      await endpoint.close();
    },
  };
}
