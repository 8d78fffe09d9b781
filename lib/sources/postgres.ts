import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import { DeclaredPostgresConfig } from '../contract/engines/postgres';
import { PropRefused, requireDuration, requireInteger } from '../refusal';
import type { DatabaseSourceOptions, DatabaseSourceProps } from '../database-source-props';
import { bindDatabase, generatedSecret } from '../network/database-way';
import { Source, type SourceConfig } from '../source';
import { type PostgresDatabases, PostgresFlavor } from './postgres-choices';
import { isInPostgresImage } from './postgres-image';

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
export interface PostgresSourceOptions extends DatabaseSourceOptions {
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
}

/** Properties of a PostgresSource. */
export interface PostgresSourceProps extends PostgresSourceOptions, DatabaseSourceProps {
  /** Where the server runs, which decides what belongs to the host and not to the application. */
  readonly flavor: PostgresFlavor;
}

/** A PostgreSQL server, or some of its databases. */
export class PostgresSource extends Source {
  /** The instance's own endpoint, secret and VPC; its port is opened to the dump worker. It must have been made with a generated secret. */
  public static fromInstance(instance: rds.DatabaseInstance, options: PostgresSourceOptions = {}): PostgresSource {
    return new PostgresSource({
      ...options,
      connection: generatedSecret(instance, instance.secret),
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
      connection: generatedSecret(cluster, cluster.secret),
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
    const way = bindDatabase(scope, props);
    this.checkCertificate(scope, way.config.tls);
    this.checkExtensions(scope);
    const config = {
      flavor: props.flavor.name,
      ...way.config,
      ...(props.databases === undefined ? {} : { databases: props.databases._bind(scope) }),
      tables: this.tables(scope),
      maximumConnections: requireInteger(scope, 'source.maximumConnections', props.maximumConnections ?? 5, 3, 32),
      maximumBlockingSeconds: requireDuration(scope, 'source.maximumBlocking', props.maximumBlocking ?? Duration.seconds(30), Duration.seconds(1), Duration.hours(1)),
      lockTimeoutSeconds: requireDuration(scope, 'source.lockTimeout', props.lockTimeout ?? Duration.seconds(60), Duration.seconds(1), Duration.hours(1)),
      ...(props.majorVersion === undefined
        ? {}
        : { majorVersion: requireInteger(scope, 'source.majorVersion', props.majorVersion, MAJOR_VERSIONS.oldest, MAJOR_VERSIONS.newest) }),
    };
    DeclaredPostgresConfig.parse(Stack.of(scope).resolve(config));
    return { engine: 'postgres', ...way, config };
  }

  private checkCertificate(scope: Construct, tls: { readonly mode: string; readonly caSecretArn?: string }): void {
    if (this.props.flavor !== PostgresFlavor.SUPABASE || tls.mode !== 'verify-full' || tls.caSecretArn !== undefined) return;
    Annotations.of(scope).addWarningV2(
      'cdk-backup-policy:supabase-certificate',
      "Supabase's certificate authority is not a public one: give its PEM as source.caCertificate (dashboard, Database, SSL configuration), or the dump will refuse the server",
    );
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
