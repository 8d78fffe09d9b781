import { z } from 'zod';

const Deployed = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

/** Whose server it is, which decides the tool that dumps it and what belongs to the host. */
export const MySqlFlavorName = z.enum(['mariadb', 'rds-mariadb', 'mysql', 'rds-mysql', 'aurora-mysql']);
export type MySqlFlavorName = z.infer<typeof MySqlFlavorName>;

/** Patterns are `database.table` with `*` for any run of characters. */
const TablePattern = z.string().regex(/^[^.]+\.[^.]+$/u, 'database.table, * for any characters');

const Port = z.number().int().min(1).max(65535);

/** CloudFormation fills in text where it fills in a port. */
const ResolvedPort = z.union([Port, z.string().regex(/^\d{1,5}$/).transform(Number).pipe(Port)]);

function fields<T extends z.ZodType, P extends z.ZodType>(deployed: T, port: P) {
  return {
    flavor: MySqlFlavorName,
    /**
     * Secrets Manager secret that holds the connection: JSON `{ host, port?, username, password, dbname? }` as RDS writes it,
     * or a `mysql://` URL as plain text or under `url`.
     */
    secretArn: deployed,
    /** Over what the secret says, for those who keep only credentials there. */
    host: deployed.optional(),
    port: port.optional(),
    /** A list of names, or every database but the server's own. */
    databases: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).optional(),
    authentication: z.enum(['password', 'rds-iam']),
    tls: z.strictObject({
      /** `verify-full` checks name and chain; `require` encrypts only; `disable` is for loopback and private tests. */
      mode: z.enum(['verify-full', 'require', 'disable']),
      /** Secret with the PEM of the certificate authority; the public ones and RDS's bundle are in the image. */
      caSecretArn: deployed.optional(),
    }),
    tables: z.strictObject({
      exclude: z.array(TablePattern),
      /** The definition without the rows. */
      schemaOnly: z.array(TablePattern),
    }),
    /** Tables of engines without transactions (MyISAM, Aria): refused, or locked against writers while the dump lasts. */
    nonTransactional: z.enum(['refuse', 'lock']),
    /** Wait for those locks, in seconds. */
    lockTimeoutSeconds: z.number().int().min(1),
    /** zstd level; 1 beat 3 in time and size (design section 12). */
    compressionLevel: z.number().int().min(1).max(19),
  };
}

export const MySqlConfig = z.strictObject(fields(z.string().min(1), ResolvedPort));
export type MySqlConfig = z.infer<typeof MySqlConfig>;
/** The form of the template: ARNs, addresses and the port of a cluster may still be intrinsics. */
export const DeclaredMySqlConfig = z.strictObject(fields(Deployed, z.union([Port, z.record(z.string(), z.unknown())])));
