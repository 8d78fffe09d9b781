import { findMariaDbBinaries, type MariaDbBinaries } from './mariadb-binaries';
import { familyEnvironment, type FamilyServer, startFamily } from './mysql-family-server';
import { runCommand } from './run-command';

export interface MariaDbServerProps {
  /** A folder that this server may fill and that `stop` removes; it must be new or empty. */
  readonly directory: string;
  /** @default what `findMariaDbBinaries` finds */
  readonly binaries?: MariaDbBinaries;
  /** Options of the server, over those of one that is thrown away, such as `--log-bin`. @default none */
  readonly options?: readonly string[];
}

/**
 * Starts a throwaway MariaDB server.
 *
 * @throws ServersError when there are no binaries or the server does not come up; the message carries the end of its log
 */
export async function startMariaDb(props: MariaDbServerProps): Promise<FamilyServer> {
  const binaries = props.binaries ?? await findMariaDbBinaries();
  return startFamily({
    title: 'MariaDB', binaries, directory: props.directory, options: props.options ?? [],
    makeData: async (data, user) => {
      await runCommand(binaries.install, [
        '--no-defaults', `--basedir=${binaries.prefix}`, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve', '--innodb-use-native-aio=0',
      ], { ...user, cwd: props.directory, env: { ...familyEnvironment(binaries), TMPDIR: props.directory } });
    },
    strayAccounts: 'SELECT User AS user, Host AS host FROM mysql.global_priv WHERE User = \'\'',
  });
}
