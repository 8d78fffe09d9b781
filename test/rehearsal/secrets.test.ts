import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { Client } from 'pg';
import { rehearse } from '../../rehearsal/rehearse';
import { writeReport } from '../../rehearsal/report/write';
import { startPostgres } from '../../rehearsal/servers/postgres-server';
import { shopApp } from './shop-app';

const SENTINEL = 'sentinel-Pa55w0rd-9f2c71';
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What processes of this machine show of themselves: their arguments and environments, other than this process's own. */
async function shownByProcesses(found: Set<string>): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
    for (const file of ['cmdline', 'environ']) {
      const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      if (text.includes(SENTINEL)) found.add(`${file} of ${(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')).trim()}`);
    }
  }
}

test('the password of the source is nowhere: arguments, environments, logs, templates, manifests, parts, messages, report', async () => {
  const app = shopApp();
  const folder = await mkdtemp(join(tmpdir(), 'bp-secrets-'));
  const server = await startPostgres({ directory: join(folder, 'server') });
  const shown = new Set<string>();
  const logs: string[] = [];
  let watching = true;
  const watch = (async () => {
    while (watching) {
      await shownByProcesses(shown);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  try {
    const url = new URL(await server.createDatabase('mine'));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(`CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT i, md5(i::text) FROM generate_series(1, 200000) i;
      CREATE ROLE reader LOGIN PASSWORD '${SENTINEL}'; GRANT pg_read_all_data TO reader`);
    await client.end();
    const asReader = new URL(url);
    Object.assign(asReader, { username: 'reader', password: SENTINEL, search: '?sslmode=disable' });

    const outcomes: string[] = [];
    for (const [name, connection] of [['right', asReader.href], ['wrong', asReader.href.replace(SENTINEL, `${SENTINEL}x`)]]) {
      const store = join(folder, `store-${name}`);
      const report = await rehearse({ app: app.directory, slot: '2026-11-20T02:00:00Z', connections: { database: connection }, store, onLog: (line) => logs.push(line) });
      await writeReport(report, join(folder, `report-${name}`));
      outcomes.push(report.policies[0].protections[0].outcome);
      expect(report.messages.map(({ text }) => text).join()).not.toContain(SENTINEL);
    }
    // The failure says what it is about, without the value.
    expect(outcomes).toEqual(['proven', 'failed']);

    for (const file of [...(await filesUnder(join(folder, 'store-right'))), ...(await filesUnder(join(folder, 'report-right'))), ...(await filesUnder(join(folder, 'report-wrong'))), ...(await filesUnder(app.directory))]) {
      const stored = await readFile(file);
      const bytes = stored.subarray(0, 4).equals(ZSTD_MAGIC) ? zstdDecompressSync(stored) : stored;
      expect([file, bytes.includes(SENTINEL)]).toEqual([file, false]);
    }
    expect(logs.length).toBeGreaterThan(4);
    expect(logs.join('\n')).not.toContain(SENTINEL);
  } finally {
    watching = false;
    await watch;
    await server.stop();
    app.remove();
    await rm(folder, { recursive: true, force: true });
  }
  expect([...shown]).toEqual([]);
});
