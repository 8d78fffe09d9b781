import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringFromSid } from '../../rehearsal/servers/debian-sid';
import { startMySql } from '../../rehearsal/servers/mysql-server';

const MADE = 180_000;

test('a MySQL of its own family serves, and leaves nothing', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'mysql-test-')), 'server');
  const server = await startMySql({ directory, options: ['--gtid-mode=OFF'] });
  try {
    const [facts] = await server.query<{ version: string; comment: string; gtid: string }>('SELECT VERSION() AS version, @@version_comment AS comment, @@gtid_mode AS gtid');
    expect(facts.version.startsWith(server.version)).toBe(true);
    expect(facts).toMatchObject({ version: expect.not.stringMatching(/MariaDB/), comment: expect.not.stringMatching(/MariaDB/), gtid: 'OFF' });
    expect(await server.query('SELECT User AS user FROM mysql.user WHERE User NOT LIKE \'mysql.%\' AND account_locked = \'N\''))
      .toEqual([{ user: 'administrator' }, { user: 'administrator' }]);
  } finally {
    await server.stop();
  }
  expect(existsSync(directory)).toBe(false);
}, MADE);

test('what is out of reach is a lack, which is remembered for a while and leaves no half of a tree', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'sid-test-'));
  chmodSync(cache, 0o755);
  const { XDG_CACHE_HOME, http_proxy } = process.env;
  // Nobody listens there.
  Object.assign(process.env, { XDG_CACHE_HOME: cache, http_proxy: 'http://127.0.0.1:9' });
  try {
    const attempt = () => bringFromSid({ packages: ['mysql-client-core'], programs: { 'usr/bin/mysql': ['--version'] } }).catch((error: unknown) => error);
    expect(await attempt()).toMatchObject({ name: 'ToolsMissingError', reason: expect.not.stringContaining('a while ago') });
    expect(await attempt()).toMatchObject({ name: 'ToolsMissingError', reason: expect.stringContaining('a while ago') });
    expect(readdirSync(join(cache, 'cdk-backup-policy')).filter((name) => /^(unpack|apt)-/.test(name))).toEqual([]);
  } finally {
    for (const [name, value] of Object.entries({ XDG_CACHE_HOME, http_proxy })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(cache, { recursive: true, force: true });
  }
}, MADE);
