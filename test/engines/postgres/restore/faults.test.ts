import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { CensusItem } from '../../../../lib/contract/census';
import type { Manifest, Part } from '../../../../lib/contract/manifest';
import type { DatabaseNotes } from '../../../../lambda/engines/postgres/notes';
import { restoreCopy } from '../../../../lambda/engines/postgres/restore';
import type { TargetConnection } from '../../../../lambda/engines/postgres/restore-target';
import { startScratch } from '../../../../lambda/engines/postgres/scratch';
import { chooseServer } from '../../../../lambda/engines/postgres/server-tools';
import { asSuperuser, drill, startSource, type Source } from './support/drill';
import { testContext } from './support/engine-context';
import { makeHandCopy, readHandCopy, type HandCopy } from './support/hand-copy';

let source: Source;
let original: HandCopy;
let count = 0;

beforeAll(async () => {
  source = await startSource();
  await source.createDatabase('app');
  await source.run('app', `
    CREATE EXTENSION hstore; CREATE ROLE app; CREATE SCHEMA app AUTHORIZATION app;
    SET ROLE app;
    CREATE TABLE app.big (id int PRIMARY KEY, filler text);
    INSERT INTO app.big SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 20000) i;
    CREATE TABLE app.small (id int PRIMARY KEY REFERENCES app.big); INSERT INTO app.small VALUES (1), (2);
    CREATE TABLE app.tagged (id int PRIMARY KEY, tags public.hstore); INSERT INTO app.tagged VALUES (1, 'a=>1');
    CREATE INDEX ON app.tagged USING gin (tags); CREATE VIEW app.tags AS SELECT tags->'a' AS a FROM app.tagged;`);
  original = await makeHandCopy({ superuserUrl: source.superuserUrl, bin: source.binaries.bin, databases: ['app'], directory: join(source.folder, 'copy') });
});

afterAll(() => source?.stop());

/** The copy with something changed in its documents or files. */
async function changed(
  change: (copy: { manifest: Manifest; items: CensusItem[]; notes: DatabaseNotes; directory: string }) => Promise<void> | void,
): Promise<HandCopy> {
  const directory = join(source.folder, `changed-${++count}`);
  await cp(original.directory, directory, { recursive: true });
  const document = JSON.parse(await readFile(join(directory, 'copy.json'), 'utf8')) as { manifest: Manifest; items: CensusItem[] };
  await change({ ...document, notes: (document.manifest.engineNotes.databases as DatabaseNotes[])[0], directory });
  await writeFile(join(directory, 'copy.json'), JSON.stringify(document));
  return readHandCopy(directory);
}

function partOf(manifest: Manifest, items: readonly CensusItem[], table: string): Part {
  const item = items.find(({ name }) => name === table);
  return manifest.parts.find(({ name }) => name === item?.part) as Part;
}

/** Restores, and counts what the big table holds after the failure. */
async function failure(copy: HandCopy): Promise<{ error: unknown; committed: string }> {
  const context = await testContext();
  const scratch = await startScratch(context, copy.manifest);
  try {
    const error: unknown = await restoreCopy(context, copy, scratch).then(() => undefined, (thrown: unknown) => thrown);
    const committed = await asSuperuser({ connection: scratch.connection as TargetConnection }, 'app', async (client) => (await client.query<{ n: string }>('SELECT count(*) AS n FROM app.big')).rows[0].n);
    return { error, committed };
  } finally {
    await scratch.stop();
    await context.discard();
  }
}

test('a part that ends without its end is no copy, and nothing of it is committed', async () => {
  const copy = await changed(async ({ manifest, items, directory }) => {
    const part = partOf(manifest, items, 'app.big');
    const raw = zstdDecompressSync(await readFile(join(directory, part.name)));
    const stored = zstdCompressSync(raw.subarray(0, raw.lastIndexOf('\n', raw.length - 10) + 1));
    await writeFile(join(directory, part.name), stored);
    Object.assign(part, { sizeBytes: stored.length, sha256: createHash('sha256').update(stored).digest('hex') });
  });
  const { error, committed } = await failure(copy);
  expect(error).toMatchObject({ name: 'IntegrityError', code: 'PART_CUT' });
  expect(committed).toBe('0');
});

test('a part whose hash is another is refused before its rows are committed', async () => {
  const copy = await changed(({ manifest, items }) => {
    Object.assign(partOf(manifest, items, 'app.big'), { sha256: '0'.repeat(64) });
  });
  const { error, committed } = await failure(copy);
  expect(error).toMatchObject({ name: 'IntegrityError', code: 'PART_HASH' });
  expect(committed).toBe('0');
});

test('fewer rows than the census says, a cut archive, a missing archive', async () => {
  const rows = await changed(({ items }) => {
    Object.assign(items.find(({ name }) => name === 'app.big') as CensusItem, { rows: 20_001 });
  });
  expect(await failure(rows)).toMatchObject({ error: { code: 'ROWS_MISSING' }, committed: '0' });
  const cut = await changed(async ({ manifest, directory }) => {
    const part = manifest.parts.find(({ kind }) => kind === 'schema') as Part;
    const stored = (await readFile(join(directory, part.name))).subarray(0, 3000);
    await writeFile(join(directory, part.name), stored);
    part.sha256 = createHash('sha256').update(stored).digest('hex');
  });
  await expect(drill(cut)).rejects.toMatchObject({ name: 'IntegrityError', code: 'ARCHIVE_DAMAGED' });
  const none = await changed(({ manifest }) => {
    manifest.parts = manifest.parts.filter(({ kind }) => kind !== 'schema');
  });
  await expect(drill(none)).rejects.toMatchObject({ name: 'IntegrityError', code: 'PART_MISSING' });
});

test('what the image lacks grades the verdict: an extension, with what hangs on it by its name in the census, and a locale', async () => {
  const copy = await changed(({ notes }) => {
    notes.extensions = [...notes.extensions.map((one) => (one.name === 'hstore' ? { ...one, class: 'inert' as const } : one)), { name: 'no_such_extension', version: '1', schema: 'public', class: 'needed' }];
    notes.collate = 'xx_YY.utf8';
    notes.ctype = 'xx_YY.utf8';
  });
  const { restored, differences } = await drill(copy);
  expect(restored.exceptions.map(({ code, name }) => `${code} ${name}`)).toEqual([
    'LOCALE app', 'EXTENSION_MISSING app: extension no_such_extension', 'OBJECT_NOT_RESTORED app: table app.tagged', 'OBJECT_NOT_RESTORED app: view app.tags',
    'OBJECT_NOT_RESTORED app: constraint app.tagged tagged_pkey', 'OBJECT_NOT_RESTORED app: index app.tagged_tags_idx',
  ]);
  expect(differences.map(({ name, actual }) => `${name} ${actual}`)).toEqual(['app.tagged missing']);
});

test('a server of the same major version, else the next one with an exception, else a refusal', async () => {
  const { majorVersion, version } = source.binaries;
  expect(await chooseServer(`${majorVersion}.1`)).toMatchObject({ tools: { version }, exceptions: [] });
  expect(await chooseServer(`${majorVersion - 1}.1`, source.binaries.bin)).toMatchObject({ exceptions: [{ code: 'SERVER_VERSION' }] });
  await expect(chooseServer('99.1')).rejects.toMatchObject({ name: 'RefusedError', code: 'SCRATCH_TOOLS', message: expect.stringContaining('no PostgreSQL server 99') as string });
});

test('an abort ends the restore and the server', async () => {
  const context = await testContext();
  const scratch = await startScratch(context, original.manifest);
  const pid = await serverProcess(scratch.connection as TargetConnection);
  const reason = new Error('time is over');
  const restore = restoreCopy(context, { ...original, open: async (part) => {
    if (part.kind === 'rows') setImmediate(() => context.abort.abort(reason));
    return original.open(part);
  } }, scratch);
  await expect(restore).rejects.toBe(reason);
  await scratch.stop();
  await scratch.stop();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await readdir(context.scratchDirectory)).toEqual([]);
  await context.discard();
});

test('a worker that is killed leaves no server behind', async () => {
  const directory = join(source.folder, 'killed');
  await mkdir(directory);
  const script = `
    const { startScratch } = require(${JSON.stringify(join(__dirname, '../../../../lambda/engines/postgres/scratch.ts'))});
    startScratch({ scratchDirectory: ${JSON.stringify(directory)}, signal: new AbortController().signal }, { source: { version: '${source.binaries.version}', databases: ['app'] } })
      .then((scratch) => console.log(scratch.connection.host));`;
  const worker = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
  const host = await new Promise<string>((resolve, reject) => {
    worker.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  const pid = await serverProcess({ host } as TargetConnection);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  worker.kill('SIGKILL');
  for (let turn = 0; turn < 2000 && existsSync(`/proc/${pid}`); turn++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

async function serverProcess({ host }: TargetConnection): Promise<string> {
  return (await readFile(join(host, '.s.PGSQL.5432.lock'), 'utf8')).split('\n')[0];
}

const mountable = process.getuid?.() === 0 && (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    execFileSync('umount', ['/mnt']);
    return true;
  } catch {
    return false;
  }
})();

(mountable ? test : test.skip)('a full /tmp is said with its size and the mend (needs root, to mount a small file system)', async () => {
  const directory = join(source.folder, 'small');
  await mkdir(directory);
  for (const size of ['40m', '120m']) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', directory]);
    try {
      const many = await changed(({ notes }) => void notes);
      const fat: HandCopy = { ...many, open: async (part) => {
        // Fills the rest, so that the rows find no room whatever the server itself takes.
        if (part.kind === 'rows') try { execFileSync('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=64k'], { stdio: 'ignore' }); } catch { /* full, as it should be */ }
        return many.open(part);
      } };
      await expect(drill(fat, undefined, directory)).rejects.toMatchObject({ name: 'RefusedError', code: 'SCRATCH_FULL', message: expect.stringContaining(`${Number.parseInt(size, 10)} MiB`) as string });
      expect((await readdir(directory)).filter((name) => name !== 'filler')).toEqual([]);
    } finally {
      execFileSync('umount', [directory]);
      await rm(join(directory, 'filler'), { force: true });
    }
  }
});
