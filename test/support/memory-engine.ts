import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CensusItem } from '../../lib/contract/census';
import type { Engine, EngineContext, Target } from '../../lambda/runtime/engine';
import { IntegrityError, RefusedError } from '../../lambda/runtime/errors';

/** Tables of lines, in this process: the smallest thing that can keep the port's promises. */
export type MemoryTables = Map<string, string[]>;

const Config = z.strictObject({ server: z.string(), secretArn: z.string() });
type Config = z.infer<typeof Config>;

interface MemoryServer {
  readonly password: string;
  readonly tables: MemoryTables;
}

export const memoryServers = new Map<string, MemoryServer>();

const END = '\\.';

async function connect({ config, secrets, signal }: EngineContext<Config>): Promise<MemoryServer> {
  signal.throwIfAborted();
  const password = await secrets.read(config.secretArn);
  const server = memoryServers.get(config.server);
  if (!server) throw new RefusedError('SOURCE_UNKNOWN', `There is no server "${config.server}".`, 'Name one that exists.');
  if (server.password !== password) throw new RefusedError('WRONG_PASSWORD', `"${config.server}" refuses the password.`, 'Put the right one into the secret.');
  return server;
}

function itemOf(name: string, lines: readonly string[], part?: string): CensusItem {
  const text = lines.map((line) => `${line}\n`).join('');
  return {
    kind: 'table',
    name,
    method: 'hashed',
    rows: lines.length,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    ...(part === undefined ? {} : { part }),
  };
}

export const memoryEngine: Engine<Config> = {
  name: 'memory',
  config: Config,

  async inspect(context) {
    const { tables } = await connect(context);
    if (tables.size === 0) throw new RefusedError('EMPTY_DATABASE', `"${context.config.server}" holds no table.`, 'Point the source at the right server.');
    return { version: '1.0', description: 'tables in memory', databases: ['memory'], estimatedBytes: 1, tools: {} };
  },

  async dump(context, sink) {
    const { tables } = await connect(context);
    const recoveryPoint = context.now();
    const frozen = [...tables].map(([name, lines]) => [name, [...lines]] as const);
    const census: CensusItem[] = [];
    for (const [name, lines] of frozen) {
      const part = await sink.write({ name: `rows/${name}`, kind: 'rows', compression: { zstdLevel: 1 } }, async (out) => {
        for (const line of lines) {
          context.signal.throwIfAborted();
          await new Promise<void>((resolve, reject) => out.write(`${line}\n`, (error) => (error ? reject(error) : resolve())));
        }
        out.write(`${END}\n`);
      });
      census.push(itemOf(name, lines, part.name));
    }
    return { recoveryPoint, version: '1.0', description: 'tables in memory', databases: ['memory'], tools: {}, census, leftOut: [], engineNotes: {} };
  },

  async scratch() {
    const tables: MemoryTables = new Map();
    return {
      connection: tables,
      version: '1.0',
      tools: {},
      query: async (name) => (tables.has(name) ? String(tables.get(name)!.length) : null),
      stop: async () => tables.clear(),
    };
  },

  async restore(_context, copy, target) {
    const tables = target.connection as MemoryTables;
    for (const part of copy.manifest.parts.filter(({ kind }) => kind === 'rows')) {
      const chunks: Buffer[] = [];
      for await (const chunk of await copy.open(part)) chunks.push(chunk as Buffer);
      const lines = Buffer.concat(chunks).toString('utf8').split('\n');
      if (lines.at(-2) !== END) throw new IntegrityError('PART_CUT', `Part ${part.name} has no end.`, 'Take another run.');
      tables.set(part.name.replace(/^rows\//, '').replace(/\.zst(\.age)?$/, ''), lines.slice(0, -2));
    }
    return { exceptions: [], seconds: {} };
  },

  async census(_context, target: Target) {
    return { version: 1, items: [...(target.connection as MemoryTables)].map(([name, lines]) => itemOf(name, lines)) };
  },
};
