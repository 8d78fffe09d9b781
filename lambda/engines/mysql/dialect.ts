import type { Family } from './flavors';

/** Where the two families say the same thing in other words. */
export interface Dialect {
  /** Ends a statement that takes longer. */
  limitStatements(seconds: number): string;
  /** Lets a user name others as definers of views, routines, triggers and events. */
  namesDefiners(user: string): string;
  /** Lets a user read the definitions of routines. */
  readsRoutines(user: string): string;
  /** Accounts that a new server has beside its administrator. */
  readonly strayAccounts: string;
  /** Settings of a session that puts in rows which were consistent where they came from, beside those of both. */
  readonly unchecked: readonly string[];
  /** Options of a scratch server. */
  options(sizes: { readonly logBytes: number }): string[];
}

const MEBIBYTE = 1024 * 1024;

export const DIALECTS: Readonly<Record<Family, Dialect>> = {
  mariadb: {
    limitStatements: (seconds) => `SET SESSION max_statement_time = ${seconds}`,
    namesDefiners: (user) => `GRANT SET USER ON *.* TO ${user}`,
    readsRoutines: (user) => `GRANT SELECT ON mysql.proc TO ${user}`,
    strayAccounts: 'SELECT User AS user, Host AS host FROM mysql.global_priv WHERE User = \'\' OR User = \'root\' AND Host <> \'localhost\'',
    unchecked: ['check_constraint_checks=0'],
    options: ({ logBytes }) => [
      `--innodb-log-file-size=${Math.floor(logBytes / MEBIBYTE)}M`, '--local-infile=ON', '--skip-slave-start', '--sync-frm=0', '--aria-checkpoint-interval=0', '--innodb-stats-auto-recalc=0',
    ],
  },
  mysql: {
    limitStatements: (seconds) => `SET SESSION max_execution_time = ${seconds * 1000}`,
    // MySQL Reference Manual, "Dynamic Privilege Descriptions": SET_USER_ID became these two in 8.2.
    namesDefiners: (user) => `GRANT SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER ON *.* TO ${user}`,
    readsRoutines: (user) => `GRANT SHOW_ROUTINE ON *.* TO ${user}`,
    strayAccounts: 'SELECT User AS user, Host AS host FROM mysql.user WHERE User = \'\' OR User = \'root\' AND Host <> \'localhost\'',
    unchecked: [],
    options: ({ logBytes }) => [`--innodb-redo-log-capacity=${Math.floor(logBytes / MEBIBYTE)}M`, '--local-infile=OFF', '--skip-replica-start', '--mysqlx=OFF'],
  },
};
