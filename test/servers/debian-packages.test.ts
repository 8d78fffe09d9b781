import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bringDebianPackages } from '../../rehearsal/servers/debian-packages';
import { lacks } from '../support/lacks';

const servers = resolve(__dirname, '../../rehearsal/servers');

/** Hides the machine's own PostgreSQL, in a mount namespace of the child alone. */
function canHide(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return existsSync('/var/lib/dpkg/status') && process.getuid?.() === 0;
  } catch {
    return false;
  }
}

const whereHidden = canHide() ? test : test.skip;

whereHidden('where no PostgreSQL is installed (needs root, unshare and apt), Debian\'s is unpacked and serves', () => {
  const cache = mkdtempSync(join(tmpdir(), 'packages-test-'));
  try {
    const script = `(async () => {
      const { startPostgres } = require(${JSON.stringify(join(servers, 'postgres-server.ts'))});
      const { Client } = require('pg');
      const server = await startPostgres({ directory: ${JSON.stringify(join(cache, 'server'))} });
      const client = new Client({ connectionString: server.superuserUrl });
      await client.connect();
      await client.query('CREATE EXTENSION btree_gist; CREATE EXTENSION pgcrypto');
      const { jit } = (await client.query('SELECT pg_jit_available() AS jit')).rows[0];
      console.log(JSON.stringify({ bin: server.binaries.bin, jit }));
      await client.end();
      await server.stop();
    })().catch(error => { console.error(error); process.exit(1); });`;
    const hide = 'for d in /usr/lib/postgresql /usr/share/postgresql; do [ ! -d $d ] || mount -t tmpfs none $d; done; exec "$0" "$@"';
    execFileSync('chmod', ['755', cache]);
    const node = [process.execPath, '--require', require.resolve('tsx/cjs'), '-e', script];
    const { status, stdout: said, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', hide, ...node], {
      cwd: resolve(servers, '../..'), encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: cache, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    if (stderr.includes('ToolsMissingError')) lacks('no network to Debian\'s packages');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { bin, jit } = JSON.parse(said) as { bin: string; jit: boolean };
    expect(bin.startsWith(join(cache, 'cdk-backup-policy/debian/postgresql-'))).toBe(true);
    expect(jit).toBe(false);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});

test.each([['Zstd'], ['a b'], ['$(id)'], ['']])('%j is refused as the name of a package', async (name) => {
  await expect(bringDebianPackages([name])).rejects.toThrow(/is not the name of a Debian package/);
});
