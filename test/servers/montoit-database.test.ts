import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { postgresEnvironment } from '../../rehearsal/servers/postgres-binaries';
import { type PostgresServer, startPostgres } from '../../rehearsal/servers/postgres-server';
import { runCommand } from '../../rehearsal/servers/run-command';

const data = resolve(__dirname, '../../examples/montoit/data');
const folder = mkdtempSync(join(tmpdir(), 'montoit-test-'));
const password = 'lecteur-de-sauvegarde';
let source: PostgresServer;
let scratch: PostgresServer;

beforeAll(async () => {
  source = await startPostgres({ directory: join(folder, 'source'), superuser: 'supabase_admin', settings: { wal_level: 'logical' } });
  scratch = await startPostgres({ directory: join(folder, 'scratch'), superuser: 'supabase_admin', settings: { wal_level: 'logical' } });
  await load(source);
});

afterAll(async () => {
  await source?.stop();
  await scratch?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const tool = (server: PostgresServer, name: string, args: string[]): Promise<string> =>
  runCommand(join(server.binaries.bin, name), args, { env: postgresEnvironment(server.binaries) });

async function load(server: PostgresServer): Promise<void> {
  const url = await server.createDatabase('montoit');
  for (const file of ['host.sql', 'schema.sql', 'seed.sql']) await tool(server, 'psql', ['-X', '-q', '-f', join(data, file), url]);
  await tool(server, 'psql', ['-X', '-q', '-c', `ALTER ROLE backup_reader PASSWORD '${password}'`, url]);
}

/** Roles belong to no database: a dump of one names them and another tool carries them. */
async function rolesOf(server: PostgresServer): Promise<string> {
  const file = join(folder, 'roles.sql');
  await writeFile(file, await tool(server, 'pg_dumpall', ['--roles-only', '--no-role-passwords', '-d', server.superuserUrl]));
  return file;
}

/** Rows and SHA-256 of the COPY text of every table, sorted by row because a restored heap may be in another order. */
async function contents(url: string): Promise<{ tables: Record<string, string>; bytes: number }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const tables: Record<string, string> = {};
  let bytes = 0;
  try {
    const { rows } = await client.query<{ name: string }>(`SELECT oid::regclass::text AS name FROM pg_class
      WHERE relkind IN ('r', 'm') AND relnamespace IN ('public'::regnamespace, 'auth'::regnamespace, 'storage'::regnamespace) ORDER BY 1`);
    for (const { name } of rows) {
      let text = '';
      const copy: Readable = client.query(copyTo(`COPY (SELECT * FROM ${name}) TO STDOUT`));
      await pipeline(copy, new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          text += chunk.toString('latin1');
          done();
        },
      }));
      bytes += text.length;
      const sorted = text.split('\n').sort();
      tables[name] = `${sorted.length - 1} ${createHash('sha256').update(sorted.join('\n')).digest('hex')}`;
    }
    const large = await client.query<{ bytes: string; hash: string }>(`SELECT sum(length(lo_get(oid))) AS bytes,
      encode(sha256(string_agg(oid::text::bytea || sha256(lo_get(oid)), NULL ORDER BY oid)), 'hex') AS hash FROM pg_largeobject_metadata`);
    tables['large objects'] = `${large.rows[0].bytes} ${large.rows[0].hash}`;
  } finally {
    await client.end();
  }
  return { tables, bytes };
}

test('is about 38 MB of rows that never differ, with nothing of the clock in them', async () => {
  const { tables, bytes } = await contents(source.urlOf('montoit'));
  expect(bytes / 1e6).toBeGreaterThan(35);
  expect(bytes / 1e6).toBeLessThan(46);
  expect(Object.entries(tables).filter(([, sum]) => sum.startsWith('0 ')).map(([name]) => name)).toEqual(['payments_2026_12']);
  await load(scratch);
  expect((await contents(scratch.urlOf('montoit'))).tables).toEqual(tables);
});

test('its backup role, no superuser, dumps everything, and a fresh server with the same roles restores it alike', async () => {
  const url = `postgres://backup_reader:${password}@127.0.0.1:${source.port}/montoit`;
  const archive = join(folder, 'montoit.dump');
  await tool(source, 'pg_dump', ['-Fc', '-Z1', '-f', archive, url]);
  const fresh = await scratch.createDatabase('restored');
  await tool(scratch, 'psql', ['-X', '-q', '-f', await rolesOf(source), fresh]);
  await tool(scratch, 'pg_restore', ['--exit-on-error', '-d', fresh, archive]);
  expect((await contents(fresh)).tables).toEqual((await contents(source.urlOf('montoit'))).tables);
  const schema = async (from: string): Promise<string> =>
    (await tool(source, 'pg_dump', ['--schema-only', from])).replaceAll(/^\\(un)?restrict .*$/gm, '');
  expect(await schema(fresh)).toBe(await schema(source.urlOf('montoit')));
});

test('a login makes a profile, row security holds, and the audit writes', async () => {
  const client = new Client({ connectionString: source.urlOf('montoit') });
  await client.connect();
  try {
    await client.query('BEGIN');
    const id = 'ffffffff-0000-4000-8000-000000000001';
    await client.query('INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES ($1, $2, $3)', [id, 'a@exemple.ci', { full_name: 'Awa Çelik' }]);
    expect((await client.query('SELECT full_name FROM public.profiles WHERE id = $1', [id])).rows).toEqual([{ full_name: 'Awa Çelik' }]);
    const { rows: [before] } = await client.query('SELECT count(*)::int AS n FROM public.audit_log');
    await client.query('UPDATE public.leases SET monthly_rent = monthly_rent + 1 WHERE number = 2024000001');
    const { rows: [after] } = await client.query('SELECT count(*)::int AS n FROM public.audit_log');
    expect(after.n - before.n).toBe(1);
    const { rows: [tenant] } = await client.query('SELECT tenant_id FROM public.leases WHERE number = 2024000001');
    await client.query('SELECT set_config(\'request.jwt.claims\', $1, true)', [JSON.stringify({ sub: tenant.tenant_id, role: 'authenticated' })]);
    await client.query('SET LOCAL ROLE authenticated');
    const { rows: [seen] } = await client.query('SELECT count(*)::int AS n, count(DISTINCT tenant_id)::int AS tenants FROM public.leases');
    expect(seen.n).toBeGreaterThanOrEqual(1);
    expect(seen.n).toBeLessThan(50);
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
});
