import { z } from 'zod';
import { connectionFields, DeclaredPort, DeployedText, ResolvedPort } from '../database-connection';

/** Whose server it is, which decides the tool that dumps it and what belongs to the host. */
export const MySqlFlavorName = z.enum(['mariadb', 'rds-mariadb', 'mysql', 'rds-mysql', 'aurora-mysql', 'tidb']);
export type MySqlFlavorName = z.infer<typeof MySqlFlavorName>;

/** Patterns are `database.table` with `*` for any run of characters. */
const TablePattern = z.string().regex(/^[^.]+\.[^.]+$/u, 'database.table, * for any characters');

function fields<T extends z.ZodType, P extends z.ZodType>(deployed: T, port: P) {
  return {
    flavor: MySqlFlavorName,
    ...connectionFields(deployed, port),
    tables: z.strictObject({
      exclude: z.array(TablePattern),
      /** The definition without the rows. */
      schemaOnly: z.array(TablePattern),
    }),
    /** Tables of engines without transactions (MyISAM, Aria): refused, or locked against writers while the dump lasts. */
    nonTransactional: z.enum(['refuse', 'lock']),
    /** Wait for those locks, in seconds. */
    lockTimeoutSeconds: z.number().int().min(1),
    /** Of TiDB alone: what keeps the versions that a dump reads from being collected meanwhile. */
    tidb: z.strictObject({
      /** `refuse` takes the server's life time as it is, `raise` lengthens it for the dump, `hold` counts on an open transaction. */
      garbageCollection: z.enum(['refuse', 'raise', 'hold']),
      /** How long reading may take, in seconds, in place of an estimate from the size. */
      readSeconds: z.number().int().min(1).optional(),
    }).optional(),
  };
}

export const MySqlConfig = z.strictObject(fields(z.string().min(1), ResolvedPort));
export type MySqlConfig = z.infer<typeof MySqlConfig>;
/** The form of the template: ARNs, addresses and the port of a cluster may still be intrinsics. */
export const DeclaredMySqlConfig = z.strictObject(fields(DeployedText, DeclaredPort));
