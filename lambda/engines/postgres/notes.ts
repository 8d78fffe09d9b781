import { z } from 'zod';
import { PostgresFlavorName } from '../../../lib/contract/engines/postgres';

/**
 * What becomes of an extension in a scratch server: `needed` must be there, `inert` does nothing for stored rows (cron, network,
 * statistics) and is skipped by name, `special` needs a procedure of its own (timescaledb).
 */
export const ExtensionClass = z.enum(['needed', 'inert', 'special']);
export type ExtensionClass = z.infer<typeof ExtensionClass>;

const ExtensionNotes = z.strictObject({
  name: z.string(),
  version: z.string(),
  schema: z.string(),
  class: ExtensionClass,
});
export type ExtensionNotes = z.infer<typeof ExtensionNotes>;

/** Rows of a table that belongs to an extension: those that the extension's own `condition` (`WHERE …` or nothing) marks as the user's. */
const ExtensionTable = z.strictObject({ name: z.string(), extension: z.string(), condition: z.string() });

const DatabaseNotes = z.strictObject({
  /** The real name; `Part.database` has the same. */
  name: z.string(),
  /** Folder of its parts under the attempt's prefix: `db1`, `db2` … */
  directory: z.string(),
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  localeProvider: z.enum(['libc', 'icu', 'builtin', 'default']),
  /** ICU or builtin locale, where there is one. */
  locale: z.string().optional(),
  /**
   * `name=value` of `ALTER DATABASE … SET`; those of one role begin with the role in brackets, `[role] name=value`. Statements are in
   * `<directory>/settings.sql`.
   */
  settings: z.array(z.string()),
  extensions: z.array(ExtensionNotes),
  /** Tables of extensions whose rows are in the copy: load them beside the extension's own rows and hash with the condition. */
  extensionTables: z.array(ExtensionTable),
  /** Quoted and qualified, each after those it reads from: refresh in this order. */
  materializedViews: z.array(z.string()),
  /** Quoted and qualified tables whose rows are left out, their definition kept. */
  schemaOnly: z.array(z.string()),
  /** Unquoted names of schemas that are the host's: their structure comes with the host. */
  hostSchemas: z.array(z.string()),
  /** False when the archive was made without large objects. */
  largeObjects: z.boolean(),
});
export type DatabaseNotes = z.infer<typeof DatabaseNotes>;

/** `Manifest.engineNotes` of a PostgreSQL copy. */
export const PostgresNotes = z.strictObject({
  version: z.literal(1),
  flavor: PostgresFlavorName,
  /** `server_version_num`, such as 150018. */
  serverVersionNum: z.number().int().positive(),
  /** True when a standby was read. */
  standby: z.boolean(),
  databases: z.array(DatabaseNotes).min(1),
  /** Roles that own something, are granted something or are named by a policy: what a scratch server needs as stubs. */
  roles: z.array(z.string()),
  /** Of these, the ones the host brings itself. */
  hostRoles: z.array(z.string()),
});
export type PostgresNotes = z.infer<typeof PostgresNotes>;
