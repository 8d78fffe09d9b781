import type { LeftOut } from '../../../lib/contract/manifest';
import type { Session } from './connection';
import type { Flavor } from './flavors';
import type { Survey } from './survey';

type Row = Pick<LeftOut, 'kind' | 'name'> & { readonly schema?: string };

const PASSWORDS = 'PostgreSQL\'s hosts do not give them out, and a copy must not hold them: set new ones after a restore';

/** What this database has and the copy has not, beyond the tables (`selection.ts`). */
export async function listLeftOut(session: Session, found: Survey, flavor: Flavor): Promise<LeftOut[]> {
  const { database } = session.scene;
  const leave = (rows: readonly Row[], reason: string): LeftOut[] => rows.map(({ kind, name }) => ({ database, kind, name, reason }));
  const list = async (sql: string, values?: readonly unknown[]): Promise<Row[]> => session.rows<Row>(sql, values);
  const { largeObjects } = found;
  return [
    ...found.selection.leftOut,
    ...found.hostSchemas.map((name) => ({ database, kind: 'schema', name, reason: flavor.hostSchemas[name] })),
    ...leave(await list(
      `SELECT 'subscription' AS kind, pg_catalog.quote_ident(s.subname) AS name FROM pg_catalog.pg_subscription s
       JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database() ORDER BY s.subname COLLATE "C"`,
    ), 'it holds the password of its publisher, and a restored copy must not begin to replicate: create it anew'),
    ...leave(await list(
      `SELECT 'user-mapping' AS kind, coalesce(pg_catalog.quote_ident(u.usename), 'PUBLIC') || ' on ' || pg_catalog.quote_ident(u.srvname) AS name
       FROM pg_catalog.pg_user_mappings u WHERE u.umoptions IS NULL ORDER BY 2`,
    ), 'its options are hidden from the role of the backup: the copy has it without them'),
    ...leave(await list(
      `SELECT DISTINCT 'security-label' AS kind, l.provider || ' on ' || l.objtype || ' ' || l.objname AS name
       FROM pg_catalog.pg_seclabels l ORDER BY 2`,
    ), 'its provider must be loaded in the server that it is restored into: set it anew'),
    ...leave(await list(
      `SELECT 'policy' AS kind, pg_catalog.quote_ident(p.polname) || ' on ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
       FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ANY ($1::pg_catalog.text[]) ORDER BY 2`, [found.hostSchemas],
    ), 'on a table of the host\'s, which is not in the copy'),
    ...leave(await list(
      `SELECT 'trigger' AS kind, pg_catalog.quote_ident(t.tgname) || ' on ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
       FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE NOT t.tgisinternal AND n.nspname = ANY ($1::pg_catalog.text[]) ORDER BY 2`, [found.hostSchemas],
    ), 'on a table of the host\'s, which is not in the copy'),
    ...(largeObjects.unreadable.length > 0 && largeObjects.unreadable.length === largeObjects.count
      ? [{ database, kind: 'large-objects', name: `${largeObjects.count} large objects`, reason: 'the role of the backup may read none of them: GRANT SELECT ON LARGE OBJECT … to it' }]
      : []),
  ];
}

/** What the server has beside its databases. */
export async function listServerLeftOut(session: Session, logins: readonly string[]): Promise<LeftOut[]> {
  const tablespaces = await session.rows<{ name: string }>(
    `SELECT pg_catalog.quote_ident(t.spcname) AS name FROM pg_catalog.pg_tablespace t WHERE t.spcname !~ '^pg_' ORDER BY t.spcname COLLATE "C"`,
  );
  const slots = await session.rows<{ name: string }>(
    'SELECT pg_catalog.quote_ident(s.slot_name) AS name FROM pg_catalog.pg_replication_slots s WHERE NOT s.temporary ORDER BY s.slot_name COLLATE "C"',
  );
  return [
    ...logins.map((name) => ({ kind: 'role-password', name, reason: PASSWORDS })),
    ...tablespaces.map(({ name }) => ({ kind: 'tablespace', name, reason: 'a place on this server\'s own disks: create it before a restore, or restore with --no-tablespaces' })),
    ...slots.map(({ name }) => ({ kind: 'replication-slot', name, reason: 'it is a place in this server\'s own log' })),
    { kind: 'server-settings', name: 'postgresql.conf, pg_hba.conf', reason: 'they are the server\'s, not a database\'s: keep them as code' },
  ];
}
