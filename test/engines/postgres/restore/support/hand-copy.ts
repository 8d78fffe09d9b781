import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Client } from 'pg';
import type { CensusItem } from '../../../../../lib/contract/census';
import type { Manifest, Part } from '../../../../../lib/contract/manifest';
import { COPY_END, COPY_SETTINGS, copyHeader, copyOut, partPreamble, qualified, quoteIdent, quoteLiteral } from '../../../../../lambda/engines/postgres/copy-format';
import { CopyStream } from '../../../../../lambda/engines/postgres/copy-stream';
import { LARGE_OBJECTS_HASH, LARGE_OBJECTS_NAME } from '../../../../../lambda/engines/postgres/large-objects';
import type { DatabaseNotes, PostgresNotes } from '../../../../../lambda/engines/postgres/notes';
import type { CopyReader } from '../../../../../lambda/runtime/engine';
import { IntegrityError } from '../../../../../lambda/runtime/errors';

export interface HandCopy extends CopyReader {
  readonly directory: string;
  /** Stored bytes of a part, for tests that damage them. */
  pathOf(part: Part): string;
}

export interface HandCopyProps {
  readonly superuserUrl: string;
  readonly bin: string;
  readonly databases: readonly string[];
  readonly directory: string;
  /** Tables above this many bytes on disk get a part of their own. */
  readonly aloneBytes?: number;
  notes?(notes: DatabaseNotes): DatabaseNotes;
}

/** A copy in the agreed form, made simply: one connection, one table after the other, files in a folder. */
export async function makeHandCopy(props: HandCopyProps): Promise<HandCopy> {
  const { directory, superuserUrl, bin } = props;
  const parts: Part[] = [];
  const items: CensusItem[] = [];
  const notes: DatabaseNotes[] = [];
  const pathOf = (part: Part): string => join(directory, part.name);
  const urlOf = (database: string): string => {
    const url = new URL(superuserUrl);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.toString();
  };
  const store = async (name: string, kind: string, database: string | undefined, raw: Readable, zstd: boolean): Promise<Part> => {
    const stored = zstd ? `${name}.zst` : name;
    const file = join(directory, stored);
    await mkdir(dirname(file), { recursive: true });
    const hash = createHash('sha256');
    let rawSizeBytes = 0;
    const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        rawSizeBytes += chunk.length;
        yield chunk;
      }
    };
    const hashed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const packed = zstd ? createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }) : new PassThrough();
    await pipeline(raw, counted, packed, hashed, createWriteStream(file));
    const part: Part = {
      name: stored, key: `parts/test/${stored}`, kind, ...(database === undefined ? {} : { database }), encoding: zstd ? 'zstd' : 'none',
      sizeBytes: (await stat(file)).size, rawSizeBytes, sha256: hash.digest('hex'),
    };
    parts.push(part);
    return part;
  };

  let version = '';
  for (const [index, database] of props.databases.entries()) {
    const folder = `db${index + 1}`;
    const archive = join(directory, 'schema.tmp');
    await mkdir(directory, { recursive: true });
    await promisify(execFile)(join(bin, 'pg_dump'), ['-Fc', '-b', '--exclude-table-data=*.*', '-f', archive, urlOf(database)], { env: process.env });
    await store(`${folder}/schema.dump`, 'schema', database, createReadStream(archive), false);
    const client = new Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      await client.query(Object.entries({ ...COPY_SETTINGS, search_path: '' }).map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`).join(';'));
      version = (await client.query<{ v: string }>('SELECT split_part(current_setting(\'server_version\'), \' \', 1) AS v')).rows[0].v;
      items.push(...await copyTables(client, props, database, folder, store));
      const sequences = (await client.query<{ n: string; s: string }>('SELECT n.nspname AS n, c.relname AS s FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = \'S\' ORDER BY 1, 2')).rows;
      let script = '';
      for (const { n, s } of sequences) {
        const name = qualified(n, s);
        const [{ v, c }] = (await client.query<{ v: string; c: boolean }>(`SELECT last_value AS v, is_called AS c FROM ${name}`)).rows;
        script += `SELECT pg_catalog.setval(${quoteLiteral(name)}, ${v}, ${c});\n`;
        items.push({ database, kind: 'sequence', name, method: 'present', atLeast: v });
      }
      if (script) await store(`${folder}/sequences.sql`, 'sequences', database, Readable.from([Buffer.from(script)]), true);
      const [large] = (await client.query<{ count: string; bytes: string; sha256: string }>(LARGE_OBJECTS_HASH)).rows;
      if (large.count !== '0') items.push({ database, kind: 'large-objects', name: LARGE_OBJECTS_NAME, method: 'hashed', rows: Number(large.count), bytes: Number(large.bytes), sha256: large.sha256 });
      const made = await databaseNotes(client, database, folder);
      const kept = props.notes ? props.notes(made) : made;
      for (const name of kept.materializedViews) items.push({ database, kind: 'materialized-view', name, method: 'present' });
      notes.push(kept);
    } finally {
      await client.end();
    }
  }
  await store('globals.sql', 'globals', undefined, Readable.from([Buffer.from(await globalsText(superuserUrl))]), false);
  const engineNotes: PostgresNotes = { version: 1, flavor: 'self-hosted', serverVersionNum: 150000, standby: false, databases: notes, roles: [], hostRoles: [] };
  const instant = '2026-11-20T02:00:00Z';
  const manifest: Manifest = {
    version: 1, environment: 'test', application: 'app', protection: 'database', engine: 'postgres', runId: '20261120T020000Z', slot: instant, attempt: 'a1', execution: 'e',
    startedAt: instant, finishedAt: instant, recoveryPoint: instant, source: { version, description: 'test', databases: [...props.databases] }, tools: {}, parts, census: 'census.json',
    totals: { items: items.length, rows: 0, sizeBytes: 0, rawSizeBytes: 0 }, leftOut: [], engineNotes: { ...engineNotes },
  };
  await writeFile(join(directory, 'copy.json'), JSON.stringify({ manifest, items }));
  return openHandCopy(directory, manifest, items, pathOf);
}

/** A copy that `makeHandCopy` left in a folder. */
export async function readHandCopy(directory: string): Promise<HandCopy> {
  const { manifest, items } = JSON.parse(await readFile(join(directory, 'copy.json'), 'utf8')) as { manifest: Manifest; items: CensusItem[] };
  return openHandCopy(directory, manifest, items, (part) => join(directory, part.name));
}

function openHandCopy(directory: string, manifest: Manifest, items: CensusItem[], pathOf: (part: Part) => string): HandCopy {
  return {
    directory, manifest, census: { version: 1, items }, pathOf,
    open: (part) => {
      const hash = createHash('sha256');
      const checked = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        for await (const chunk of source) {
          hash.update(chunk);
          yield chunk;
        }
        if (hash.digest('hex') !== part.sha256) throw new IntegrityError('PART_HASH', `Part ${part.name} is not what was written.`, 'Do not count on this run.');
      };
      const stage = part.encoding === 'zstd' ? createZstdDecompress() : new PassThrough();
      const out = new PassThrough({ highWaterMark: 1024 * 1024 });
      const stored = Readable.from(checked(createReadStream(pathOf(part), { highWaterMark: 1024 * 1024 })));
      pipeline(stored, stage, out).catch((error: Error) => out.destroy(error));
      return Promise.resolve(out);
    },
  };
}

type Store = (name: string, kind: string, database: string | undefined, raw: Readable, zstd: boolean) => Promise<Part>;

async function copyTables(client: Client, props: HandCopyProps, database: string, folder: string, store: Store): Promise<CensusItem[]> {
  const { rows } = await client.query<{ n: string; t: string; size: string; columns: string[] | null }>(`SELECT n.nspname AS n, c.relname AS t, pg_relation_size(c.oid) AS size,
      (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 3 DESC, 1, 2`);
  const groups: (typeof rows)[] = [];
  const small = rows.filter(({ size }) => Number(size) < (props.aloneBytes ?? 8 * 1024 * 1024));
  for (const row of rows) if (!small.includes(row)) groups.push([row]);
  for (let at = 0; at < small.length; at += 400) groups.push(small.slice(at, at + 400));
  const items: CensusItem[] = [];
  for (const [index, group] of groups.entries()) {
    const out = new PassThrough({ highWaterMark: 1024 * 1024 });
    const counted: CensusItem[] = [];
    const writing = (async () => {
      out.write(partPreamble('UTF8'));
      for (const { n, t, columns } of group) {
        const table = qualified(n, t);
        out.write(`\n${copyHeader(table, columns ?? [])}`);
        const hash = createHash('sha256');
        const copy = new CopyStream(copyOut(table, columns ?? []), out, (data) => hash.update(data));
        client.query(copy);
        const count = await copy.done;
        out.write(COPY_END);
        counted.push({ database, kind: 'table', name: table, method: 'hashed', rows: count, bytes: copy.bytes, sha256: hash.digest('hex') });
      }
      out.end();
    })();
    const part = await store(`${folder}/rows/${String(index + 1).padStart(5, '0')}.sql`, 'rows', database, out, true);
    await writing;
    items.push(...counted.map((item) => ({ ...item, part: part.name })));
  }
  return items;
}

async function databaseNotes(client: Client, name: string, directory: string): Promise<DatabaseNotes> {
  const [base] = (await client.query<{ owner: string; encoding: string; collate: string; ctype: string }>(`SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
    datcollate AS collate, datctype AS ctype FROM pg_database WHERE datname = current_database()`)).rows;
  const extensions = (await client.query<{ name: string; version: string; schema: string }>(`SELECT extname AS name, extversion AS version, nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace ORDER BY e.oid`)).rows;
  const views = (await client.query<{ n: string; v: string }>('SELECT n.nspname AS n, c.relname AS v FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = \'m\' AND relispopulated ORDER BY c.oid')).rows;
  return {
    name, directory, ...base, localeProvider: 'libc', settings: [], extensions: extensions.map((extension) => ({ ...extension, class: 'needed' as const })), extensionTables: [],
    materializedViews: views.map(({ n, v }) => qualified(n, v)), schemaOnly: [], hostSchemas: [], largeObjects: true,
  };
}

async function globalsText(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const roles = (await client.query<{ name: string; superuser: boolean }>('SELECT rolname AS name, rolsuper AS superuser FROM pg_roles WHERE rolname !~ \'^pg_\'')).rows;
    const members = (await client.query<{ g: string; m: string }>('SELECT roleid::regrole::text AS g, member::regrole::text AS m FROM pg_auth_members WHERE member > 16000')).rows;
    const block = (name: string, superuser: boolean): string =>
      `BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(name)}) THEN CREATE ROLE ${quoteIdent(name)}${superuser ? ' WITH SUPERUSER' : ''}; END IF; END`;
    return [...roles.map(({ name, superuser }) => `DO ${quoteLiteral(block(name, superuser))};`), ...members.map(({ g, m }) => `GRANT ${g} TO ${m};`), ''].join('\n');
  } finally {
    await client.end();
  }
}
