import type { Session } from './connection';
import { classOfExtension } from './flavors';
import type { DatabaseNotes, ExtensionNotes } from './notes';

/** What `CREATE DATABASE` needs to make such a database again. */
export type DatabaseForm = Pick<DatabaseNotes, 'owner' | 'encoding' | 'collate' | 'ctype' | 'localeProvider' | 'locale'>;

const PROVIDERS: Readonly<Record<string, DatabaseNotes['localeProvider']>> = { c: 'libc', i: 'icu', b: 'builtin', d: 'default' };

/** Columns differ by version, so the row is read as JSON. */
export async function databaseForm(session: Session): Promise<DatabaseForm> {
  const [{ row, owner, encoding }] = await session.rows<{ row: Record<string, string | null>; owner: string; encoding: string }>(
    `SELECT pg_catalog.to_jsonb(d) AS row, pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text AS owner,
       pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text AS encoding
     FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`,
  );
  const locale = row.datlocale ?? row.daticulocale;
  return {
    owner,
    encoding,
    collate: row.datcollate ?? 'C',
    ctype: row.datctype ?? 'C',
    localeProvider: PROVIDERS[row.datlocprovider ?? 'c'] ?? 'libc',
    ...(locale ? { locale } : {}),
  };
}

/** An inert extension that something of the application's depends on is needed. */
export async function listExtensions(session: Session): Promise<ExtensionNotes[]> {
  const rows = await session.rows<{ name: string; version: string; schema: string; inUse: boolean }>(
    `SELECT e.extname::pg_catalog.text AS name, e.extversion AS version, n.nspname::pg_catalog.text AS schema, EXISTS (
       SELECT FROM pg_catalog.pg_depend m
       JOIN pg_catalog.pg_depend u ON u.refclassid = m.classid AND u.refobjid = m.objid AND u.deptype IN ('n', 'a')
       WHERE m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND m.refobjid = e.oid AND m.deptype = 'e'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = u.classid AND x.objid = u.objid AND x.deptype = 'e')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i JOIN pg_catalog.pg_depend x
             ON x.classid = i.refclassid AND x.objid = i.refobjid AND x.deptype = 'e'
           WHERE i.classid = u.classid AND i.objid = u.objid AND i.deptype IN ('i', 'a'))
     ) AS "inUse"
     FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     ORDER BY e.extname COLLATE "C"`,
  );
  return rows.map(({ name, version, schema, inUse }) => ({ name, version, schema, class: classOfExtension(name, inUse) }));
}

export async function listSchemas(session: Session): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(
    `SELECT n.nspname::pg_catalog.text AS name FROM pg_catalog.pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname COLLATE "C"`,
  );
  return rows.map((row) => row.name);
}

/** Roles that own, are granted, or are named by a policy of something in this database, its owner and the server's first role included. */
export async function listDependentRoles(session: Session): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(
    `SELECT r.rolname::pg_catalog.text AS name FROM pg_catalog.pg_roles r
     WHERE r.oid = 10
       OR r.oid IN (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
       OR r.oid IN (SELECT s.refobjid FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_database d ON d.oid = s.dbid
         WHERE d.datname = pg_catalog.current_database() AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass)
     ORDER BY r.rolname COLLATE "C"`,
  );
  return rows.map((row) => row.name).filter((name) => !name.startsWith('pg_'));
}

export interface LargeObjects {
  readonly count: number;
  readonly unreadable: readonly string[];
  /** Disk of all of them; what they hold may be more where it compresses well. */
  readonly diskBytes: number;
}

export async function largeObjects(session: Session, superuser: boolean): Promise<LargeObjects> {
  const [row] = await session.rows<{ count: string; bytes: string; lax: boolean }>(
    `SELECT pg_catalog.count(*)::pg_catalog.text AS count, pg_catalog.current_setting('lo_compat_privileges') = 'on' AS lax,
       pg_catalog.pg_relation_size('pg_catalog.pg_largeobject'::pg_catalog.regclass)::pg_catalog.text AS bytes
     FROM pg_catalog.pg_largeobject_metadata`,
  );
  const count = Number(row.count);
  if (count === 0 || superuser || row.lax) return { count, unreadable: [], diskBytes: Number(row.bytes) };
  const unreadable = await session.rows<{ oid: string }>(
    `SELECT l.oid::pg_catalog.text AS oid FROM pg_catalog.pg_largeobject_metadata l
     WHERE NOT pg_catalog.pg_has_role(l.lomowner, 'USAGE') AND NOT EXISTS (
       SELECT FROM pg_catalog.aclexplode(l.lomacl) a
       WHERE a.privilege_type = 'SELECT' AND CASE WHEN a.grantee = 0 THEN true ELSE pg_catalog.pg_has_role(a.grantee, 'USAGE') END)
     ORDER BY l.oid`,
  );
  return { count, unreadable: unreadable.map(({ oid }) => oid), diskBytes: Number(row.bytes) };
}

/** `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET` of this database, and with `null` as role of all. */
export interface StoredSetting {
  readonly role: string | null;
  /** `name=value` as the catalog has it. */
  readonly setting: string;
}

export async function listDatabaseSettings(session: Session): Promise<StoredSetting[]> {
  return session.rows<StoredSetting>(
    `SELECT r.rolname::pg_catalog.text AS role, c.setting
     FROM pg_catalog.pg_db_role_setting s
     JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
     LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
     CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, position)
     ORDER BY r.rolname COLLATE "C" NULLS FIRST, c.position`,
  );
}
