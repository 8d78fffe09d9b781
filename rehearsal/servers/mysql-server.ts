import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { findMySqlBinaries } from './mysql-binaries';
import { type FamilyBinaries, familyEnvironment, familyPlaces, type FamilyServer, startFamily } from './mysql-family-server';
import { runCommand } from './run-command';
import type { ServerUser } from './server-place';

export interface MySqlServerProps {
  /** A folder that this server may fill and that `stop` removes; it must be new or empty. */
  readonly directory: string;
  /** @default what `findMySqlBinaries` finds */
  readonly binaries?: FamilyBinaries;
  /** Options of the server, over those of one that is thrown away, such as `--gtid-mode=ON`. It writes a binary log. @default none */
  readonly options?: readonly string[];
}

/**
 * Starts a throwaway MySQL server.
 *
 * @throws ToolsMissingError when there is no MySQL here and none can be brought; ServersError when the server does not come up
 */
export async function startMySql(props: MySqlServerProps): Promise<FamilyServer> {
  const binaries = props.binaries ?? await findMySqlBinaries();
  return startFamily({
    title: 'MySQL', binaries, directory: props.directory,
    options: ['--mysqlx=OFF', '--secure-file-priv=', '--log-bin=binlog', '--server-id=1', '--log-error-verbosity=2', ...props.options ?? []],
    makeData: async (data, user) => {
      await runCommand('cp', ['-a', await dataTemplate(binaries, user), data]);
      // Each server says of itself who it is.
      await rm(join(data, 'auto.cnf'), { force: true });
    },
    strayAccounts: 'SELECT User AS user, Host AS host FROM mysql.user WHERE User = \'\'',
  });
}

/** A data directory that was never started (3 s), made once a version and then copied (0.2 s, 80 MB). */
async function dataTemplate(binaries: FamilyBinaries, user: ServerUser | undefined): Promise<string> {
  const folder = join(cacheFolder(), 'clusters');
  const target = join(folder, `mysql-${binaries.version}-${user ? user.uid : 'own'}`);
  const data = join(target, 'data');
  if (existsSync(target)) return data;
  await mkdir(folder, { recursive: true });
  const made = await mkdtemp(join(folder, 'new-'));
  try {
    if (user) await chown(made, user.uid, user.gid);
    await runCommand(binaries.server, [
      '--no-defaults', ...familyPlaces(binaries), '--initialize-insecure', `--datadir=${join(made, 'data')}`, '--skip-log-bin', '--performance-schema=OFF',
      '--innodb-buffer-pool-size=64M', '--innodb-redo-log-capacity=8M', '--innodb-use-native-aio=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync',
    ], { ...user, cwd: made, env: { ...familyEnvironment(binaries), TMPDIR: made } });
    await rename(made, target).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(target)) throw error;
    });
    return data;
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
