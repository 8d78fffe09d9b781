import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembly, findPolicies, Resolver } from '../assembly';
import { seedCloud } from '../cloud/seed-cloud';
import { type Endpoint, startEndpoint } from '../endpoint';
import { nearest } from '../usage';

/** A folder that holds no store, or another app's. */
export class KeptStoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeptStoreError';
  }
}

/** A rehearsal's store, opened again. */
export interface KeptStore {
  readonly resolver: Resolver;
  /** Environment of a worker that reads it with all rights. */
  readonly env: NodeJS.ProcessEnv;
  /** The store's clock, ISO 8601 in UTC. */
  now(): string;
  close(): Promise<void>;
}

export interface OpenProps {
  readonly assembly: Assembly;
  /** What `rehearse --keep` left. */
  readonly folder: string;
  /** The instant to look at it, ISO 8601 in UTC. @default now, or just after the last write where that is later */
  readonly at?: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens the store that a rehearsal kept: the local cloud of the same app over its folder.
 *
 * @throws KeptStoreError
 */
export async function openKeptStore({ assembly, folder, at, env }: OpenProps): Promise<KeptStore> {
  // An endpoint would make a new store of any other folder.
  if (!existsSync(join(folder, 'index.jsonl'))) {
    throw new KeptStoreError(`${folder} holds no store: keep a rehearsal's with \`backup-policy rehearse --keep\`, which leaves it in report/store.`);
  }
  const { stack } = findPolicies(new Resolver(assembly))[0] ?? {};
  const resolver = new Resolver(assembly, { region: stack?.region, account: stack?.account });
  const wanted = [...new Set(findPolicies(resolver).flatMap(({ protections }) => protections.map(({ bucket }) => bucket)))];
  const endpoint = await open(folder, resolver);
  try {
    refuseForeign(endpoint.s3.buckets(), wanted, folder);
    seedCloud(resolver, endpoint);
    endpoint.setClock(at === undefined ? new Date(Math.max(Date.now(), lastWrite(endpoint) + 1000)) : new Date(at));
  } catch (error) {
    await endpoint.close();
    throw error;
  }
  return {
    resolver, now: () => endpoint.now().toISOString(), close: () => endpoint.close(),
    env: {
      ...env, AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: resolver.region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SESSION_TOKEN: undefined, AWS_PROFILE: undefined,
    },
  };
}

async function open(directory: string, { region, account }: Resolver): Promise<Endpoint> {
  try {
    return await startEndpoint({ directory, region, account });
  } catch (error) {
    throw new KeptStoreError(`${directory} cannot be opened: ${(error as Error).message}`);
  }
}

function refuseForeign(found: readonly string[], wanted: readonly string[], folder: string): void {
  if (wanted.some((bucket) => found.includes(bucket))) return;
  const meant = nearest(wanted[0] ?? '', found);
  throw new KeptStoreError(`${folder} has no bucket ${wanted.join(' or ')}; it has ${meant ?? (found.join(', ') || 'none')}: name the folder and the app that were rehearsed together.`);
}

/** Days that passed in a rehearsal lie ahead of the machine's clock. */
function lastWrite({ s3 }: Endpoint): number {
  return Math.max(0, ...s3.buckets().flatMap((bucket) => s3.allKeys(bucket).map((key) => s3.versions(bucket, key)[0]?.lastModified ?? 0)));
}
