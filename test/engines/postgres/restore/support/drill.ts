import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Census } from '../../../../../lib/contract/census';
import type { Difference } from '../../../../../lib/contract/verdict';
import { takeCensus } from '../../../../../lambda/engines/postgres/census';
import { restoreCopy } from '../../../../../lambda/engines/postgres/restore';
import type { TargetConnection } from '../../../../../lambda/engines/postgres/restore-target';
import { startScratch } from '../../../../../lambda/engines/postgres/scratch';
import { compareCensus } from '../../../../../lambda/runtime/compare-census';
import type { CopyReader, Restored, Scratch } from '../../../../../lambda/runtime/engine';
import { startPostgres, type PostgresServer } from '../../../../../rehearsal/servers/postgres-server';
import { postgresOnPath } from '../../../../support/programs-on-path';
import { testContext, type TestContext } from './engine-context';

export interface Source extends PostgresServer {
  /** A folder for copies, removed with the server. */
  readonly folder: string;
  /** Runs a script in a database, as psql would without its own commands. */
  run(database: string, sql: string): Promise<void>;
}

/** A throwaway source; its programs are on PATH while it is there, as they are in the image. */
export async function startSource(): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'restore-'));
  const server = await startPostgres({ directory: join(folder, 'source') });
  postgresOnPath(server.binaries);
  return {
    ...server, folder,
    run: async (database, sql) => {
      const client = new Client({ connectionString: server.urlOf(database) });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Drill {
  readonly scratch: Scratch;
  readonly connection: TargetConnection;
  readonly restored: Restored;
  readonly census: Census;
  readonly differences: Difference[];
  readonly context: TestContext;
}

/** Scratch server, restore, census; `look` sees the server before it ends. */
export async function drill(
  copy: CopyReader, look: (drill: Drill) => Promise<void> = () => Promise.resolve(), scratchDirectory?: string,
): Promise<Drill> {
  const context = await testContext(scratchDirectory);
  try {
    const scratch = await startScratch(context, copy.manifest);
    try {
      const restored = await restoreCopy(context, copy, scratch);
      const census = await takeCensus(context, scratch, copy.census);
      const differences = compareCensus(copy.census, census);
      const drilled: Drill = { scratch, connection: scratch.connection as TargetConnection, restored, census, differences, context };
      await look(drilled);
      return drilled;
    } finally {
      await scratch.stop();
    }
  } finally {
    if (scratchDirectory === undefined) await context.discard();
  }
}

/** A client of the scratch server's superuser. */
export async function asSuperuser<Result>({ connection }: Pick<Drill, 'connection'>, database: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ host: connection.host, port: connection.port, ...connection.administrator, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
