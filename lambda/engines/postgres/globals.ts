import type { Session } from './connection';
import { quoteIdent, quoteLiteral } from './copy-format';
import type { StoredSetting } from './database-facts';
import type { Flavor } from './flavors';
import { settingClause } from './settings-sql';

interface Role {
  readonly name: string;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  readonly connections: number;
  readonly validUntil: string | null;
  readonly comment: string | null;
}

interface Membership {
  readonly group: string;
  readonly member: string;
  /** What a membership of the member has by default. */
  readonly inherit: boolean;
  readonly options: Record<string, unknown>;
}

export interface Globals {
  readonly sql: string;
  /** Roles in the script that log in: the copy has no password of theirs. */
  readonly logins: readonly string[];
}

/**
 * Roles, memberships and role settings as statements that can be run twice; never a password. Roles of the host are the new host's to
 * bring. A role's attributes beyond the default are given at its creation only, so that no right is needed that they do not need.
 */
export async function readGlobals(session: Session, flavor: Flavor): Promise<Globals> {
  const host = new Set(flavor.roles);
  const roles = (await session.rows<Role>(
    `SELECT r.rolname::pg_catalog.text AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS "createRole",
       r.rolcreatedb AS "createDatabase", r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS "bypassRls",
       r.rolconnlimit AS connections, r.rolvaliduntil::pg_catalog.text AS "validUntil", pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
     FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY r.rolname COLLATE "C"`,
  )).filter(({ name }) => !host.has(name));
  const memberships = await session.rows<Membership>(
    `SELECT g.rolname::pg_catalog.text AS "group", m.rolname::pg_catalog.text AS member, m.rolinherit AS inherit, pg_catalog.to_jsonb(a) AS options
     FROM pg_catalog.pg_auth_members a
     JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
     ORDER BY g.rolname COLLATE "C", m.rolname COLLATE "C"`,
  );
  const settings = await session.rows<StoredSetting & { role: string }>(
    `SELECT r.rolname::pg_catalog.text AS role, c.setting FROM pg_catalog.pg_db_role_setting s
     JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
     CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, position)
     WHERE s.setdatabase = 0 ORDER BY r.rolname COLLATE "C", c.position`,
  );
  const names = new Set(roles.map(({ name }) => name));
  const sql = [
    '-- Roles without their passwords (the copy has none), memberships, role settings. Can be run again.',
    'SET client_encoding = \'UTF8\';',
    ...roles.map(createRole),
    ...roles.filter(({ comment }) => comment !== null).map(({ name, comment }) => `COMMENT ON ROLE ${quoteIdent(name)} IS ${quoteLiteral(comment ?? '')};`),
    ...memberships.filter(({ member }) => names.has(member)).map(grantMembership),
    ...settings.filter(({ role }) => names.has(role)).map(({ role, setting }) => `ALTER ROLE ${quoteIdent(role)} SET ${settingClause(setting)};`),
    '',
  ];
  return { sql: sql.join('\n'), logins: roles.filter(({ login }) => login).map(({ name }) => name) };
}

function createRole(role: Role): string {
  const attributes = [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.inherit ? [] : ['NOINHERIT']),
    ...(role.createRole ? ['CREATEROLE'] : []),
    ...(role.createDatabase ? ['CREATEDB'] : []),
    ...(role.login ? ['LOGIN'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
    ...(role.bypassRls ? ['BYPASSRLS'] : []),
    ...(role.connections >= 0 ? [`CONNECTION LIMIT ${role.connections}`] : []),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${quoteLiteral(role.validUntil)}`]),
  ];
  const create = `CREATE ROLE ${quoteIdent(role.name)}${attributes.length > 0 ? ` WITH ${attributes.join(' ')}` : ''}`;
  const block = `BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role.name)}) THEN ${create}; END IF; END`;
  return `DO ${quoteLiteral(block)};`;
}

/** PostgreSQL 16 added INHERIT and SET to a membership: said only where they differ from the default, which every version takes. */
function grantMembership({ group, member, inherit, options }: Membership): string {
  const withOptions = [
    ...(options.admin_option === true ? ['ADMIN OPTION'] : []),
    ...(typeof options.inherit_option === 'boolean' && options.inherit_option !== inherit ? [`INHERIT ${inherit ? 'FALSE' : 'TRUE'}`] : []),
    ...(options.set_option === false ? ['SET FALSE'] : []),
  ];
  return `GRANT ${quoteIdent(group)} TO ${quoteIdent(member)}${withOptions.length > 0 ? ` WITH ${withOptions.join(', ')}` : ''};`;
}
