import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Writable } from 'node:stream';
import { Client, escapeIdentifier } from 'pg';
import { PostgresConfig } from '../../../../lib/contract/engines/postgres';
import type { Part } from '../../../../lib/contract/manifest';
import type { EngineContext, PartDescription, PartSink } from '../../../../lambda/runtime/engine';
import { startPostgres } from '../../../../rehearsal/servers/postgres-server';
import type { PostgresServer, PostgresSettings } from '../../../../rehearsal/servers/postgres-server';
import { postgresOnPath } from '../../../support/programs-on-path';
import { DirectorySink } from '../../../support/directory-sink';

/** One server for a test file, and a folder of its own. The tools of the server's version come first on PATH. */
export class Surroundings {
  private constructor(readonly folder: string, readonly server: PostgresServer) {}

  static async open(settings: PostgresSettings = {}, major?: number): Promise<Surroundings> {
    const folder = await mkdtemp(join(tmpdir(), 'dump-test-'));
    const server = await startPostgres({ directory: join(folder, 'server'), settings, major });
    postgresOnPath(server.binaries);
    return new Surroundings(folder, server);
  }

  async close(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async sql(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = await this.client(database);
    try {
      const result: unknown = await client.query(text);
      const last = (Array.isArray(result) ? result[result.length - 1] : result) as { rows: Record<string, unknown>[] };
      return last.rows;
    } finally {
      await client.end();
    }
  }

  async client(database: string): Promise<Client> {
    const { port, superuser: user, password } = this.server;
    const client = new Client({ host: '127.0.0.1', port, user, password, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** A new database with what `text` makes in it. */
  async database(name: string, text = ''): Promise<string> {
    await this.sql('postgres', `CREATE DATABASE ${escapeIdentifier(name)}`);
    if (text) await this.sql(name, text);
    return this.secret(name);
  }

  /** The connection's secret, as RDS writes it. */
  secret(dbname: string, fields: { username?: string; password?: string; host?: string; port?: number } = {}): string {
    const { port, superuser: username, password } = this.server;
    return JSON.stringify({ host: '127.0.0.1', port, username, password, dbname, ...fields });
  }

  async sink(name: string): Promise<DirectorySink> {
    const directory = join(this.folder, name);
    await mkdir(directory);
    return new DirectorySink(directory);
  }

  /** Sessions of backups that the server has now. */
  async sessions(): Promise<number> {
    const [row] = await this.sql('postgres', 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE \'backup-policy/%\'');
    return row.n as number;
  }
}

export interface ContextProps {
  readonly secret: string;
  readonly config?: Partial<PostgresConfig>;
  readonly attempt?: string;
  readonly signal?: AbortSignal;
  readonly scratchDirectory?: string;
  readonly warn?: (message: string, details?: Record<string, unknown>) => void;
}

let attempts = 0;

export function contextOf(props: ContextProps): EngineContext<PostgresConfig> {
  const quiet = (): void => undefined;
  return {
    config: PostgresConfig.parse({
      flavor: 'self-hosted', secretArn: 'secret', authentication: 'password', tls: { mode: 'disable' }, tables: { exclude: [], schemaOnly: [] },
      maximumConnections: 6, maximumBlockingSeconds: 30, lockTimeoutSeconds: 5, compressionLevel: 1, ...props.config,
    }),
    runId: '20261120T020000Z',
    attempt: props.attempt ?? `test-${process.pid}-${++attempts}`,
    log: { info: quiet, warn: props.warn ?? quiet, error: quiet },
    signal: props.signal ?? new AbortController().signal,
    secrets: { read: async () => props.secret },
    scratchDirectory: props.scratchDirectory ?? tmpdir(),
    now: () => new Date(),
  };
}

/** Stops each part it is told to after its first bytes, until it is let go on: time to do something in the middle of a dump. */
export class GatedSink implements PartSink {
  readonly reached: Promise<void>;
  private arrive!: () => void;
  private open!: () => void;
  private readonly gate: Promise<void>;

  constructor(private readonly inner: PartSink, private readonly stops: (part: PartDescription) => boolean) {
    this.reached = new Promise((resolve) => {
      this.arrive = resolve;
    });
    this.gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  release(): void {
    this.open();
  }

  write(part: PartDescription, produce: (out: Writable) => Promise<void>): Promise<Part> {
    if (!this.stops(part)) return this.inner.write(part, produce);
    return this.inner.write(part, async (out) => {
      const gated = new Transform({ transform: (chunk: Buffer, _, done) => {
        this.arrive();
        void this.gate.then(() => done(null, chunk));
      } });
      gated.pipe(out, { end: false });
      const flowed = new Promise<void>((resolve, reject) => {
        gated.once('end', resolve);
        gated.once('error', reject);
        out.once('close', () => reject(new Error('the part was closed')));
      });
      flowed.catch(() => undefined);
      await produce(gated);
      gated.end();
      await flowed;
    });
  }
}
