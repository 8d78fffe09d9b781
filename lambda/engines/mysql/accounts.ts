import type { LeftOut } from '../../../lib/contract/manifest';
import { type Session, quoteLiteral } from './connection';

export interface Accounts {
  /** Statements that make the accounts again, locked and without a password, with their rights. */
  readonly sql: string;
  readonly leftOut: readonly LeftOut[];
}

/** Accounts of the server itself. */
const OWN = new Set(['mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'root', 'PUBLIC', '', 'rdsadmin']);

/**
 * Users and what they may do, never a password nor its hash: who restores gives new ones. A user that may not read the accounts gets a
 * copy without them, which says so.
 */
export async function readAccounts(session: Session): Promise<Accounts> {
  const users = await session.rows<{ user: string; host: string }>('SELECT User AS user, Host AS host FROM mysql.user ORDER BY User, Host').catch(() => undefined);
  if (!users) {
    return {
      sql: '-- The user of the backups may not read mysql.user: accounts are not in the copy.\n',
      leftOut: [{ kind: 'accounts', name: 'users and grants', reason: 'the user of the backups may not read them (GRANT SELECT ON mysql.* brings them into the copy)' }],
    };
  }
  const made = ['-- Accounts without their passwords, locked, and their rights. Give each a password, then ALTER USER … ACCOUNT UNLOCK.'];
  // A role may be granted to whom it comes after.
  const granted: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const { user, host } of users.filter((one) => !OWN.has(one.user))) {
    const account = `${quoteName(user)}@${quoteName(host)}`;
    try {
      const grants = (await session.rows<Record<string, string>>(`SHOW GRANTS FOR ${account}`)).map((row) => Object.values(row)[0]);
      // A role has no host, and cannot be locked.
      made.push(host === '' ? `CREATE ROLE IF NOT EXISTS ${quoteName(user)};` : `CREATE USER IF NOT EXISTS ${account} ACCOUNT LOCK;`);
      granted.push(...grants.map((grant) => `${withoutPassword(grant)};`));
    } catch {
      leftOut.push({ kind: 'account', name: `${user}@${host}`, reason: 'its rights could not be read' });
    }
  }
  return { sql: `${[...made, ...granted].join('\n')}\n`, leftOut };
}

/** MariaDB shows the hash with the first grant. */
function withoutPassword(grant: string): string {
  return grant.replaceAll(/ IDENTIFIED (BY PASSWORD|VIA|WITH) [^;]*?(?= REQUIRE | WITH (?:GRANT|MAX_)|$)/g, '');
}

/** As a name of an account, in quotes of its own. */
function quoteName(name: string): string {
  return /^[\w.%-]*$/.test(name) ? quoteLiteral(name) : `'${name.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'')}'`;
}
