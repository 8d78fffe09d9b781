import { z } from 'zod';
import { connectionFields, DeclaredPort, DeployedText, ResolvedPort } from '../database-connection';

/** Where a PostgreSQL server runs, which decides what belongs to the host and not to the application. */
export const PostgresFlavorName = z.enum(['self-hosted', 'rds', 'aurora', 'supabase', 'neon']);
export type PostgresFlavorName = z.infer<typeof PostgresFlavorName>;

/** Patterns are `schema.table` with `*` for any run of characters, matched against unquoted names. */
const TablePattern = z.string().regex(/^[^.]+\.[^.]+$/u, 'schema.table, * for any characters');

function fields<T extends z.ZodType, P extends z.ZodType>(deployed: T, port: P) {
  return {
    flavor: PostgresFlavorName,
    ...connectionFields(deployed, port),
    tables: z.strictObject({
      include: z.array(TablePattern).optional(),
      exclude: z.array(TablePattern),
      schemaOnly: z.array(TablePattern),
    }),
    /** Connections to the server, all in all (coordinator, watcher and tool included). */
    maximumConnections: z.number().int().min(3).max(32),
    /** How long a dump may hold up somebody else's exclusive lock, in seconds. */
    maximumBlockingSeconds: z.number().int().min(1),
    /** Wait for the ACCESS SHARE locks at the start, in seconds. */
    lockTimeoutSeconds: z.number().int().min(1),
    /** Major version declared for the server; the image must have its tools. */
    majorVersion: z.number().int().min(13).optional(),
  };
}

export const PostgresConfig = z.strictObject(fields(z.string().min(1), ResolvedPort));
export type PostgresConfig = z.infer<typeof PostgresConfig>;
/** The form of the template: ARNs, addresses and the port of a cluster may still be intrinsics. */
export const DeclaredPostgresConfig = z.strictObject(fields(DeployedText, DeclaredPort));
