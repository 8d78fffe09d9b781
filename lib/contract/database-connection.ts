import { z } from 'zod';
import { sshTunnel } from './ssh-tunnel';

/** What the template holds for a value that is known only at deployment. */
export const DeployedText = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

const Port = z.number().int().min(1).max(65535);

/** A port as a worker gets it: CloudFormation fills in text where it fills in a port. */
export const ResolvedPort = z.union([Port, z.string().regex(/^\d{1,5}$/).transform(Number).pipe(Port)]);

/** A port as it stands in the template: the port of a cluster may still be an intrinsic. */
export const DeclaredPort = z.union([Port, z.record(z.string(), z.unknown())]);

/** How a database server is reached: a part of every database engine's configuration. */
export function connectionFields<T extends z.ZodType, P extends z.ZodType>(deployed: T, port: P) {
  return {
    /**
     * Secrets Manager secret that holds the connection: JSON `{ host, port?, username, password, dbname? }` as RDS writes it, or a URL of
     * the engine's own scheme as plain text or under `url`.
     */
    secretArn: deployed,
    /** Over what the secret says, for those who keep only credentials there. */
    host: deployed.optional(),
    port: port.optional(),
    /** A list of names, or every database of the application. */
    databases: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).optional(),
    authentication: z.enum(['password', 'rds-iam']),
    tls: z.strictObject({
      /** `verify-full` checks name and chain; `require` encrypts only; `disable` is for loopback and private tests. */
      mode: z.enum(['verify-full', 'require', 'disable']),
      /** Secret with the PEM of the certificate authority; the public ones and RDS's bundle are in the image. */
      caSecretArn: deployed.optional(),
    }),
    /** The SSH host that alone reaches the server. */
    tunnel: sshTunnel(deployed).optional(),
    /** zstd level; 1 beat 3 in time and size (design section 12). */
    compressionLevel: z.number().int().min(1).max(19),
  };
}
