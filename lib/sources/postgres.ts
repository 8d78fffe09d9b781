import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { DeclaredPostgresConfig } from '../contract/engines/postgres';
import { PropRefused, requireDuration, requireInteger } from '../refusal';
import { readSecret } from '../secret-access';
import { Source, type SourceConfig } from '../source';
import type { WorkerImage } from '../worker-image';
import { isInPostgresImage } from './postgres-image';
import { PostgresAuthentication, type PostgresDatabases, PostgresFlavor, PostgresTls } from './postgres-choices';
import { namedDatabases } from './postgres-databases';

/** Majors whose tools and servers are in the worker image (lambda/images/postgres/Dockerfile). */
const MAJOR_VERSIONS = { oldest: 14, newest: 18 };

const TABLE_PATTERN = /^[^.]+\.[^.]+$/u;

/** Which tables; patterns are `schema.table`, `*` for any run of characters. */
export interface PostgresTables {
  /**
   * Only these tables, rows and definition.
   * @default - every table of the application
   */
  readonly include?: string[];
  /**
   * Not these tables; the manifest names them as left out.
   * @default - none
   */
  readonly exclude?: string[];
  /**
   * The definition of these tables without their rows; the manifest says so.
   * @default - none
   */
  readonly schemaOnly?: string[];
}

/** Options that a PostgresSource takes wherever its server comes from. */
export interface PostgresSourceOptions {
  /**
   * Which databases of the server.
   * @default - the one that the secret names
   */
  readonly databases?: PostgresDatabases;
  /**
   * Which tables.
   * @default - every table of the application
   */
  readonly tables?: PostgresTables;
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
   * @default PostgresAuthentication.password()
   */
  readonly authentication?: PostgresAuthentication;
  /**
   * How the connection is encrypted and the server checked.
   * @default PostgresTls.VERIFY_FULL
   */
  readonly tls?: PostgresTls;
  /**
   * Secret that holds the PEM of the certificate authority that signs the server's certificate.
   * @default - the public authorities and those of RDS
   */
  readonly caCertificate?: secretsmanager.ISecret;
  /**
   * Connections to the server, all in all; from 3 to 32. It is the server's limit that counts, not the protection's.
   * @default 5
   */
  readonly maximumConnections?: number;
  /**
   * How long a dump may hold up somebody's exclusive lock before it lets go and tries again; from 1 second to 1 hour.
   * @default Duration.seconds(30)
   */
  readonly maximumBlocking?: Duration;
  /**
   * How long a dump waits for its locks at the start; from 1 second to 1 hour.
   * @default Duration.seconds(60)
   */
  readonly lockTimeout?: Duration;
  /**
   * Major version of the server, from 14 to 18: the run fails when it is another, instead of meeting it in the night.
   * @default - whatever the server says
   */
  readonly majorVersion?: number;
  /**
   * Extensions that the application's objects hang on, such as `postgis`: what the scratch server lacks is said at synth, and not by the
   * first verdict.
   * @default - none is named; a verdict names what the scratch server lacked
   */
  readonly extensions?: string[];
  /**
   * Image of the verify worker with extensions beside PostgreSQL's contrib modules and pgvector.
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

/** Properties of a PostgresSource. */
export interface PostgresSourceProps extends PostgresSourceOptions {
  /**
   * Secret that holds the connection: JSON `{ host, port, username, password, dbname }` as RDS writes it, or a `postgres://` URL as
   * plain text or under `url`. It is read at each step of a run, so a rotation in between is met by the new value.
   */
  readonly connection: secretsmanager.ISecret;
  /** Where the server runs, which decides what belongs to the host and not to the application. */
  readonly flavor: PostgresFlavor;
  /**
   * Address of the server, over what the secret says.
   * @default - the secret's
   */
  readonly host?: string;
  /**
   * Port of the server, over what the secret says.
   * @default - the secret's, or 5432
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
}

/** A PostgreSQL server, or some of its databases. */
export class PostgresSource extends Source {
  /** The instance's own endpoint, secret and VPC; its port is opened to the dump worker. It must have been made with a generated secret. */
  public static fromInstance(instance: rds.DatabaseInstance, options: PostgresSourceOptions = {}): PostgresSource {
    return new PostgresSource({
      ...options,
      connection: secretOf(instance, instance.secret),
      flavor: PostgresFlavor.RDS,
      host: instance.dbInstanceEndpointAddress,
      port: Token.asNumber(instance.instanceEndpoint.port),
      vpc: instance.vpc,
      opens: instance,
    });
  }

  /**
   * The cluster's writer endpoint, secret and VPC; its port is opened to the dump worker. It must have been made with a generated
   * secret.
   */
  public static fromCluster(cluster: rds.DatabaseCluster, options: PostgresSourceOptions = {}): PostgresSource {
    return new PostgresSource({
      ...options,
      connection: secretOf(cluster, cluster.secret),
      flavor: PostgresFlavor.AURORA,
      host: cluster.clusterEndpoint.hostname,
      port: cluster.clusterEndpoint.port,
      vpc: cluster.vpc,
      opens: cluster,
    });
  }

  constructor(private readonly props: PostgresSourceProps) {
    super();
  }

  public bind(scope: Construct): SourceConfig {
    const { props } = this;
    const authentication = props.authentication ?? PostgresAuthentication.password();
    const tls = props.tls ?? PostgresTls.VERIFY_FULL;
    this.checkTogether(scope, authentication, tls);
    this.checkExtensions(scope);
    const config = {
      flavor: props.flavor.name,
      secretArn: props.connection.secretArn,
      ...(props.host === undefined ? {} : { host: this.host(scope, props.host) }),
      ...(props.port === undefined ? {} : { port: this.port(scope, props.port) }),
      ...(props.databases === undefined ? {} : { databases: props.databases._bind(scope) }),
      authentication: authentication.method,
      tls: { mode: tls.mode, ...(props.caCertificate === undefined ? {} : { caSecretArn: props.caCertificate.secretArn }) },
      tables: this.tables(scope),
      maximumConnections: requireInteger(scope, 'source.maximumConnections', props.maximumConnections ?? 5, 3, 32),
      maximumBlockingSeconds: requireDuration(scope, 'source.maximumBlocking', props.maximumBlocking ?? Duration.seconds(30), Duration.seconds(1), Duration.hours(1)),
      lockTimeoutSeconds: requireDuration(scope, 'source.lockTimeout', props.lockTimeout ?? Duration.seconds(60), Duration.seconds(1), Duration.hours(1)),
      ...(props.majorVersion === undefined
        ? {}
        : { majorVersion: requireInteger(scope, 'source.majorVersion', props.majorVersion, MAJOR_VERSIONS.oldest, MAJOR_VERSIONS.newest) }),
      compressionLevel: requireInteger(scope, 'source.compressionLevel', props.compressionLevel ?? 1, 1, 19),
    };
    const { vpc, vpcSubnets, securityGroups, createEndpoints, opens } = props;
    DeclaredPostgresConfig.parse(Stack.of(scope).resolve(config));
    return {
      engine: 'postgres',
      config,
      scratchImage: props.scratchImage,
      statements: [
        ...readSecret(scope, props.connection),
        ...(props.caCertificate ? readSecret(scope, props.caCertificate) : []),
        ...authentication._statements(scope),
      ],
      ...(vpc ? { network: { vpc, vpcSubnets, securityGroups, createEndpoints } } : {}),
      opens,
      protects: [...props.protects ?? [], ...namedDatabases(scope, { secretArn: props.connection.secretArn, host: props.host, opens })],
    };
  }

  private checkTogether(scope: Construct, authentication: PostgresAuthentication, tls: PostgresTls): void {
    const { vpc, vpcSubnets, securityGroups, createEndpoints, opens, caCertificate, flavor } = this.props;
    for (const [prop, value] of Object.entries({ vpcSubnets, securityGroups, createEndpoints, opens })) {
      if (value !== undefined && !vpc) throw new PropRefused(scope, `source.${prop}`, 'given', 'only together with source.vpc');
    }
    if (authentication.method === 'rds-iam' && tls.mode === 'disable') {
      throw new PropRefused(scope, 'source.tls', 'DISABLE', 'VERIFY_FULL or REQUIRE with PostgresAuthentication.rdsIam(): RDS takes the token over TLS only');
    }
    if (caCertificate && tls.mode !== 'verify-full') throw new PropRefused(scope, 'source.caCertificate', 'given', 'only with PostgresTls.VERIFY_FULL, which uses it');
    if (flavor === PostgresFlavor.SUPABASE && tls.mode === 'verify-full' && !caCertificate) {
      Annotations.of(scope).addWarningV2(
        'cdk-backup-policy:supabase-certificate',
        "Supabase's certificate authority is not a public one: give its PEM as source.caCertificate (dashboard, Database, SSL configuration), or the dump will refuse the server",
      );
    }
  }

  private checkExtensions(scope: Construct): void {
    if (this.props.scratchImage) return;
    const missing = (this.props.extensions ?? []).filter((name) => !isInPostgresImage(name));
    if (missing.length === 0) return;
    Annotations.of(scope).addWarningV2(
      'cdk-backup-policy:extension-not-in-image',
      `The scratch server has no ${missing.join(', ')}: what hangs on ${missing.length === 1 ? 'it' : 'them'} will not be restored in a drill, and no verdict will be better than "proven except"; give a source.scratchImage that has ${missing.length === 1 ? 'it' : 'them'}`,
    );
  }

  private host(scope: Construct, host: string): string {
    if (Token.isUnresolved(host) || /^[A-Za-z0-9.:_-]+$/.test(host)) return host;
    throw new PropRefused(scope, 'source.host', JSON.stringify(host), 'a host name or address, without scheme or port');
  }

  private port(scope: Construct, port: number): number {
    return Token.isUnresolved(port) ? port : requireInteger(scope, 'source.port', port, 1, 65_535);
  }

  private tables(scope: Construct) {
    const { include, exclude = [], schemaOnly = [] } = this.props.tables ?? {};
    for (const [prop, patterns] of Object.entries({ include, exclude, schemaOnly })) {
      for (const pattern of patterns ?? []) {
        if (!TABLE_PATTERN.test(pattern)) throw new PropRefused(scope, `source.tables.${prop}`, JSON.stringify(pattern), 'schema.table, with * for any run of characters');
      }
    }
    if (include?.length === 0) throw new PropRefused(scope, 'source.tables.include', 'an empty list', 'at least one pattern, or no list for every table');
    return { ...(include ? { include } : {}), exclude, schemaOnly };
  }
}

function secretOf(database: Construct, secret: secretsmanager.ISecret | undefined): secretsmanager.ISecret {
  if (!secret) throw new PropRefused(database, 'credentials', 'without a secret', 'Credentials.fromGeneratedSecret(), or new PostgresSource({ connection }) with a secret of your own');
  return secret;
}
