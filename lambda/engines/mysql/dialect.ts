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
  /** Options by which the system tables of a scratch server are made, beside those of both. */
  initialization(settings: { readonly lowerCaseTableNames: number }): string[];
  /** Options of a scratch server. */
  options(sizes: { readonly logBytes: number }): string[];
}

const MEBIBYTE = 1024 * 1024;
/** A server that is reached by its socket alone needs no certificate and no key. */
const WITHOUT_KEYS = ['--auto-generate-certs=OFF', '--caching-sha2-password-auto-generate-rsa-keys=OFF'];

export const DIALECTS: Readonly<Record<Family, Dialect>> = {
  mariadb: {
    limitStatements: (seconds) => `SET SESSION max_statement_time = ${seconds}`,
    namesDefiners: (user) => `GRANT SET USER ON *.* TO ${user}`,
    readsRoutines: (user) => `GRANT SELECT ON mysql.proc TO ${user}`,
    strayAccounts: 'SELECT User AS user, Host AS host FROM mysql.global_priv WHERE User = \'\' OR User = \'root\' AND Host <> \'localhost\'',
    unchecked: ['check_constraint_checks=0'],
    initialization: () => [],
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
    // MySQL Reference Manual, "lower_case_table_names": a server does not start with another value than it was made with.
    initialization: ({ lowerCaseTableNames }) => [
      `--lower-case-table-names=${lowerCaseTableNames}`, '--skip-log-bin', '--performance-schema=OFF', '--innodb-redo-log-capacity=32M', '--innodb-doublewrite=0',
      '--innodb-flush-method=nosync', '--innodb-flush-log-at-trx-commit=0', ...WITHOUT_KEYS,
    ],
    options: ({ logBytes }) => [`--innodb-redo-log-capacity=${Math.floor(logBytes / MEBIBYTE)}M`, '--local-infile=OFF', '--skip-replica-start', '--mysqlx=OFF', ...WITHOUT_KEYS],
  },
};
