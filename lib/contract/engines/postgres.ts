import { z } from 'zod';

const Deployed = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

/** Where a PostgreSQL server runs, which decides what belongs to the host and not to the application. */
export const PostgresFlavorName = z.enum(['self-hosted', 'rds', 'aurora', 'supabase', 'neon']);
export type PostgresFlavorName = z.infer<typeof PostgresFlavorName>;

/** Patterns are `schema.table` with `*` for any run of characters, matched against unquoted names. */
const TablePattern = z.string().regex(/^[^.]+\.[^.]+$/u, 'schema.table, * for any characters');

const Port = z.number().int().min(1).max(65535);

/** CloudFormation fills in text where it fills in a port. */
const ResolvedPort = z.union([Port, z.string().regex(/^\d{1,5}$/).transform(Number).pipe(Port)]);

function fields<T extends z.ZodType, P extends z.ZodType>(deployed: T, port: P) {
  return {
    flavor: PostgresFlavorName,
    /**
     * Secrets Manager secret that holds the connection: JSON `{ host, port?, username, password, dbname? }` as RDS writes it,
     * or a `postgres://` URL as plain text or under `url`.
     */
    secretArn: deployed,
    /** Over what the secret says, for those who keep only credentials there. */
    host: deployed.optional(),
    port: port.optional(),
    /** A list of names, or every database that accepts connections and is not a template or the host's own. */
    databases: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).optional(),
    authentication: z.enum(['password', 'rds-iam']),
    tls: z.strictObject({
      /** `verify-full` checks name and chain; `require` encrypts only; `disable` is for loopback and private tests. */
      mode: z.enum(['verify-full', 'require', 'disable']),
      /** Secret or plain PEM of the certificate authority; the public ones and RDS's bundle are in the image. */
      caSecretArn: deployed.optional(),
    }),
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
    /** zstd level; 1 beat 3 in time and size (design section 12). */
    compressionLevel: z.number().int().min(1).max(19),
  };
}

export const PostgresConfig = z.strictObject(fields(z.string().min(1), ResolvedPort));
export type PostgresConfig = z.infer<typeof PostgresConfig>;
/** The form of the template: ARNs, addresses and the port of a cluster may still be intrinsics. */
export const DeclaredPostgresConfig = z.strictObject(fields(Deployed, z.union([Port, z.record(z.string(), z.unknown())])));
