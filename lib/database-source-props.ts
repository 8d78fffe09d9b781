import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { DatabaseAuthentication } from './database-authentication';
import type { DatabaseTls } from './database-tls';
import type { SshTunnel } from './ssh-tunnel';
import type { WorkerImage } from './worker-image';

/** Options that a database's source takes wherever its server comes from. */
export interface DatabaseSourceOptions {
  /**
   * Which subnets of the VPC the workers stand in.
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Security groups of the dump worker.
   * @default - one of the protection's own; `protection.connections` opens doors to it
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /**
   * Make the VPC endpoints that workers need in subnets without a way out (S3, Secrets Manager, KMS, Step Functions, CloudWatch Logs,
   * STS, ECR). They cost by the hour.
   * @default false
   */
  readonly createEndpoints?: boolean;
  /**
   * How the dump worker proves who it is.
   * @default DatabaseAuthentication.password()
   */
  readonly authentication?: DatabaseAuthentication;
  /**
   * How the connection is encrypted and the server checked.
   * @default DatabaseTls.VERIFY_FULL
   */
  readonly tls?: DatabaseTls;
  /**
   * Secret that holds the PEM of the certificate authority that signs the server's certificate.
   * @default - the public authorities and those of RDS
   */
  readonly caCertificate?: secretsmanager.ISecret;
  /**
   * Image of the verify worker, where the scratch server needs what the library's own has not: extensions, another version.
   * @default - the library's own
   */
  readonly scratchImage?: WorkerImage;
  /**
   * Level of zstd, from 1 to 19. On the measured data 1 beat 3 in time and in size.
   * @default 1
   */
  readonly compressionLevel?: number;
  /**
   * Constructs whose data this is, for `RequireBackup`: to be named where the server is reached by an address or a secret that does not say
   * which resource it is.
   * @default - the database that host, attached secret or `opens` lead to
   */
  readonly protects?: IConstruct[];
}

/** How a database server is reached. */
export interface DatabaseSourceProps extends DatabaseSourceOptions {
  /**
   * Secret that holds the connection: JSON `{ host, port, username, password, dbname }` as RDS writes it, or a URL (`postgres://`,
   * `mysql://`) as plain text or under `url`. It is read at each step of a run, so a rotation in between is met by the new value.
   */
  readonly connection: secretsmanager.ISecret;
  /**
   * Address of the server, over what the secret says.
   * @default - the secret's
   */
  readonly host?: string;
  /**
   * Port of the server, over what the secret says.
   * @default - the secret's, or the engine's usual one
   */
  readonly port?: number;
  /**
   * VPC from which the server is reached.
   * @default - none: the server is reached over the internet
   */
  readonly vpc?: ec2.IVpc;
  /**
   * What must let the dump worker in: its default port is opened to the worker's security group.
   * @default - nothing is opened
   */
  readonly opens?: ec2.IConnectable;
  /**
   * SSH host that alone reaches the server; `host` and `port`, here or in the secret, are then as that host sees them. TLS to the server
   * goes on inside; it may be `DISABLE` for a server on the SSH host itself (`127.0.0.1`), whose bytes leave no machine unencrypted.
   * @default - none: the server is reached directly
   */
  readonly tunnel?: SshTunnel;
}
