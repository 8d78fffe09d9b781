import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bringFromSid } from './debian-sid';
import { type FamilyBinaries, familyEnvironment } from './mysql-family-server';
import { runCommand } from './run-command';
import { ServersError, ToolsMissingError } from './servers-error';

const PLACES = [
  '/usr', '/usr/local', '/usr/local/mysql', '/opt/homebrew', ...['/opt/homebrew', '/usr/local'].flatMap((brew) => ['mysql', 'mysql@8.4'].map((name) => `${brew}/opt/${name}`)),
];
const PROBE = ['--no-defaults', '--version'];

/**
 * Finds MySQL's programs: `BACKUP_POLICY_MYSQL_PREFIX`, then where packages put them, then our cache folder, into which those of Debian's
 * unstable suite are unpacked where nothing else is there (about 10 s, once).
 *
 * @throws ServersError when the named folder has them not; ToolsMissingError when there are none and none can be brought
 */
export async function findMySqlBinaries(env: NodeJS.ProcessEnv = process.env): Promise<FamilyBinaries> {
  const named = env.BACKUP_POLICY_MYSQL_PREFIX;
  if (named) {
    const binaries = await describe(named);
    if (binaries) return binaries;
    throw new ServersError(`BACKUP_POLICY_MYSQL_PREFIX names '${named}', where not all of MySQL's mysqld, mysql and mysqldump are`, 'Name the folder above bin and sbin.');
  }
  for (const place of PLACES) {
    const binaries = await describe(place);
    if (binaries) return binaries;
  }
  return bring();
}

async function describe(prefix: string): Promise<FamilyBinaries | undefined> {
  const find = (name: string): string | undefined => ['bin', 'sbin', 'libexec'].map((folder) => join(prefix, folder, name)).find((file) => existsSync(file));
  const [server, client, dump] = ['mysqld', 'mysql', 'mysqldump'].map(find);
  if (!server || !client || !dump) return undefined;
  const path = [...new Set([dirname(client), dirname(server)])];
  // MariaDB's packages have programs of these names too, which are theirs.
  const [version] = await Promise.all([server, dump].map(async (program) => {
    const said = await runCommand(program, PROBE, { env: familyEnvironment({ path }) }).catch(() => '');
    return /MariaDB/i.test(said) ? undefined : /Ver (\d+\.\d+\.\d+)/.exec(said)?.[1];
  })).then((versions) => (versions.includes(undefined) ? [] : versions));
  return version === undefined ? undefined : { path, server, client, prefix, version };
}

async function bring(): Promise<FamilyBinaries> {
  const mend = 'Install MySQL (server and client), or name the folder above its programs in BACKUP_POLICY_MYSQL_PREFIX.';
  try {
    const tree = await bringFromSid({
      packages: ['mysql-server-core', 'mysql-client-core'], programs: { 'usr/sbin/mysqld': PROBE, 'usr/bin/mysql': PROBE, 'usr/bin/mysqldump': PROBE },
    });
    const binaries = await describe(join(tree, 'usr'));
    if (binaries) return binaries;
    throw new ToolsMissingError(`the programs in ${tree} do not run`, 'Remove that folder and try again.');
  } catch (error) {
    if (!(error instanceof ServersError)) throw error;
    throw new ToolsMissingError(`no MySQL is installed here and none can be brought: ${error.reason}`, mend, { cause: error });
  }
}
