import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { findSandbox, isSandbox, shownFolders, type Sandbox } from '../../../rehearsal/sandbox';
import { bringDebianPackages, unpackedLibraryPath } from '../../../rehearsal/servers/debian-packages';
import { findPostgresBinaries } from '../../../rehearsal/servers/postgres-binaries';
import { lacks } from '../../support/lacks';
import { ownTemporaryFolder, resultOf } from './bundle';

let found: Sandbox | undefined;
let whyNone = '';
const leftFolders = ownTemporaryFolder();

beforeAll(async () => {
  const sandbox = await findSandbox();
  if (isSandbox(sandbox)) found = sandbox;
  else whyNone = sandbox.reason;
});

function inSandbox(name: string, body: (sandbox: Sandbox) => Promise<void>, milliseconds?: number): void {
  it(name, async () => {
    await body(found ?? lacks(whyNone));
  }, milliseconds);
}

const TRY = `const fs = require('node:fs');
const failed = (f) => { try { f(); return 'done'; } catch (error) { return error.code; } };
`;

describe('the sandbox', () => {
  inSandbox('shows a read-only root and the bundle, and takes no write but in /tmp', async (sandbox) => {
    const seen = await resultOf<Record<string, unknown>>(`${TRY}exports.run = async () => ({
      root: failed(() => fs.writeFileSync('/x', '')), bundle: failed(() => fs.writeFileSync('/var/task/x', '')), etc: failed(() => fs.writeFileSync('/etc/x', '')),
      usr: failed(() => fs.writeFileSync('/usr/x', '')), dev: failed(() => fs.writeFileSync('/dev/x', '')), runtime: failed(() => fs.writeFileSync('/var/runtime/x', '')),
      tmp: failed(() => fs.writeFileSync('/tmp/x', '')), nothing: failed(() => fs.writeFileSync('/dev/null', 'x')),
      cwd: process.cwd(), node: process.execPath, top: fs.readdirSync('/').filter((n) => !/^lib/.test(n)).sort() });`, sandbox);
    expect(seen).toEqual({
      root: 'EROFS', bundle: 'EROFS', etc: 'EROFS', usr: 'EROFS', dev: 'EROFS', runtime: 'EROFS', tmp: 'done', nothing: 'done',
      cwd: '/var/task', node: '/var/lang/bin/node', top: ['bin', 'dev', 'etc', 'proc', 'sbin', 'tmp', 'usr', 'var'],
    });
  });

  inSandbox('gives uid 993 without a name, no capability, no /dev/shm, and no sight of other processes', async (sandbox) => {
    const seen = await resultOf<Record<string, unknown>>(`${TRY}exports.run = async () => ({
      uid: process.getuid(), gid: process.getgid(), name: failed(() => require('node:os').userInfo()), shm: fs.existsSync('/dev/shm'),
      capabilities: [...new Set(fs.readFileSync('/proc/self/status', 'utf8').match(/(?<=^Cap\\w+:\\s+)\\w+/gm))],
      processes: fs.readdirSync('/proc').filter((n) => /^\\d+$/.test(n)).length, host: require('node:os').hostname() });`, sandbox);
    expect(seen).toEqual({ uid: 993, gid: 990, name: 'ERR_SYSTEM_ERROR', shm: false, capabilities: ['0000000000000000'], processes: 2, host: 'worker' });
  });

  inSandbox('ends /tmp at its size', async (sandbox) => {
    const code = await resultOf<string>(`${TRY}exports.run = async () => failed(() => fs.writeFileSync('/tmp/big', Buffer.alloc(40 << 20)));`, sandbox, { tmpMegabytes: 32 });
    expect(code).toBe('ENOSPC');
    const fits = await resultOf<string>(`${TRY}exports.run = async () => failed(() => fs.writeFileSync('/tmp/big', Buffer.alloc(30 << 20)));`, sandbox, { tmpMegabytes: 32 });
    expect(fits).toBe('done');
  });

  inSandbox('keeps a /tmp larger than the memory on the disk, writable and gone afterwards', async (sandbox) => {
    const seen = await resultOf<string>(`${TRY}exports.run = async () => failed(() => fs.writeFileSync('/tmp/x', 'x')) + fs.readFileSync('/proc/mounts', 'utf8');`,
      sandbox, { tmpMegabytes: Math.ceil(totalmem() / 2 ** 20) });
    expect(seen).toMatch(/^done/);
    expect(seen).not.toMatch(/^tmpfs \/tmp /m);
    expect(leftFolders()).toEqual([]);
  });

  inSandbox('shows no private key of the machine', async (sandbox) => {
    const seen = await resultOf<string[]>(`exports.run = async () => require('node:fs').readdirSync('/etc/ssl');`, sandbox);
    expect(seen).toContain('certs');
    expect(seen).not.toContain('private');
  });

  inSandbox('lets a PostgreSQL server be made and asked', async (sandbox) => {
    const postgres = await findPostgresBinaries();
    const wrapper = await unpackedLibraryPath(await bringDebianPackages(['libnss-wrapper']));
    const seen = await resultOf<{ nameless: string; answer: string }>(`
      const fs = require('node:fs');
      const { execFileSync, spawnSync, spawn } = require('node:child_process');
      exports.run = async () => {
        const env = { ...process.env, LC_ALL: 'C' };
        const args = ['-D', '/tmp/data', '-U', 'scratch', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
        const nameless = spawnSync('initdb', args, { env, encoding: 'utf8' }).stderr;
        fs.writeFileSync('/tmp/passwd', 'worker:x:993:990::/tmp:/sbin/nologin\\n');
        Object.assign(env, { LD_PRELOAD: 'libnss_wrapper.so', NSS_WRAPPER_PASSWD: '/tmp/passwd', NSS_WRAPPER_GROUP: '/etc/group' });
        execFileSync('initdb', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
        const server = spawn('postgres', ['-D', '/tmp/data', '-k', '/tmp', '-c', 'listen_addresses=', '-c', 'dynamic_shared_memory_type=mmap'], { env, stdio: 'inherit' });
        for (let i = 0; i < 600; i++) {
          const asked = spawnSync('psql', ['-h', '/tmp', '-U', 'scratch', '-Atc', 'select count(*) from generate_series(1, 5)', 'postgres'], { env, encoding: 'utf8' });
          if (asked.status === 0) return { nameless, answer: asked.stdout.trim() };
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error('the server did not come up');
      };`, sandbox, {
      path: [postgres.bin],
      libraryPath: [postgres.libraryPath, wrapper].filter(Boolean).join(delimiter),
      memoryMegabytes: 1024,
      timeoutSeconds: 90,
    });
    expect(seen).toEqual({ nameless: expect.stringContaining('could not look up effective user ID 993'), answer: '5' });
  });

  it('says why there is none where the program does not run', async () => {
    expect(await findSandbox({ bubblewrap: '/bin/false' })).toEqual({ reason: expect.stringContaining('bubblewrap does not run here') });
    expect(await findSandbox({ bubblewrap: '/nowhere/bwrap' })).toEqual({ reason: expect.stringContaining('ENOENT') });
  });

  it('shows the whole of what programs need, and no more', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shown-'));
    try {
      for (const path of ['tree/usr/lib/postgresql/15/bin', 'tree/usr/lib/x86_64-linux-gnu', 'prefix/bin', 'prefix/share', 'alone/bin']) mkdirSync(join(folder, path), { recursive: true });
      const shown = (...paths: string[]): string[] => shownFolders(paths.map((path) => (path.startsWith('/') ? path : join(folder, path)))).map((path) => path.slice(folder.length + 1));
      expect(shown('tree/usr/lib/postgresql/15/bin', 'tree/usr/lib/x86_64-linux-gnu')).toEqual(['tree']);
      expect(shown('prefix/bin')).toEqual(['prefix']);
      expect(shown('alone/bin', '/usr/lib/postgresql/15/bin', 'missing')).toEqual(['alone/bin']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
