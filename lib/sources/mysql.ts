import { Duration, Stack, Token } from 'aws-cdk-lib';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import { DeclaredMySqlConfig } from '../contract/engines/mysql';
import type { DatabaseSourceOptions, DatabaseSourceProps } from '../database-source-props';
import { bindDatabase, generatedSecret } from '../network/database-way';
import { PropRefused, requireDuration } from '../refusal';
import { Source, type SourceConfig } from '../source';
import { type MySqlDatabases, MySqlFlavor, NonTransactionalTables, TiDbGarbageCollection } from './mysql-choices';

const TABLE_PATTERN = /^[^.]+\.[^.]+$/u;

/** Which tables; patterns are `database.table`, `*` for any run of characters. */
export interface MySqlTables {
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

/** What concerns `MySqlFlavor.TIDB` alone. */
export interface TiDbOptions {
  /**
   * What keeps garbage collection from the versions that a dump reads.
   * @default TiDbGarbageCollection.REFUSE
   */
  readonly garbageCollection?: TiDbGarbageCollection;
  /**
   * How long reading the databases may take, from 1 second to 7 days; held against what keeps the versions.
   * @default - a minute and a second for each 8 MiB of tables
   */
  readonly readTime?: Duration;
}

/** Options that a MySqlSource takes wherever its server comes from. */
export interface MySqlSourceOptions extends DatabaseSourceOptions {
  /**
   * Which databases of the server.
   * @default - the one that the secret names
   */
  readonly databases?: MySqlDatabases;
  /**
   * Which tables.
   * @default - every table of the application
   */
  readonly tables?: MySqlTables;
  /**
   * Tables of engines without transactions.
   * @default NonTransactionalTables.REFUSE
   */
  readonly nonTransactional?: NonTransactionalTables;
  /**
   * How long a dump waits for a lock that somebody else holds on a table; from 1 second to 1 hour.
   * @default Duration.seconds(10)
   */
  readonly lockTimeout?: Duration;
  /**
   * Of `MySqlFlavor.TIDB` alone.
   * @default - its defaults
   */
  readonly tidb?: TiDbOptions;
}

/** Properties of a MySqlSource. */
export interface MySqlSourceProps extends MySqlSourceOptions, DatabaseSourceProps {
  /** Whose server it is, which decides its tools and what belongs to the host. */
  readonly flavor: MySqlFlavor;
}

/** A server of the MySQL family, or some of its databases. */
export class MySqlSource extends Source {
  /**
   * The instance's own endpoint, secret and VPC; its port is opened to the dump worker. It must have been made with a generated secret.
   *
   * @param flavor `MySqlFlavor.RDS_MYSQL` or `RDS_MARIADB`
   */
  public static fromInstance(instance: rds.DatabaseInstance, flavor: MySqlFlavor, options: MySqlSourceOptions = {}): MySqlSource {
    return new MySqlSource({
      ...options, flavor,
      connection: generatedSecret(instance, instance.secret),
      host: instance.dbInstanceEndpointAddress,
      port: Token.asNumber(instance.instanceEndpoint.port),
      vpc: instance.vpc,
      opens: instance,
    });
  }

  /**
   * The Aurora cluster's writer endpoint, secret and VPC; its port is opened to the dump worker. It must have been made with a generated
   * secret.
   */
  public static fromCluster(cluster: rds.DatabaseCluster, options: MySqlSourceOptions = {}): MySqlSource {
    return new MySqlSource({
      ...options,
      flavor: MySqlFlavor.AURORA_MYSQL,
      connection: generatedSecret(cluster, cluster.secret),
      host: cluster.clusterEndpoint.hostname,
      port: cluster.clusterEndpoint.port,
      vpc: cluster.vpc,
      opens: cluster,
    });
  }

  constructor(private readonly props: MySqlSourceProps) {
    super();
  }

  public bind(scope: Construct): SourceConfig {
    const { props } = this;
    const way = bindDatabase(scope, props);
    const config = {
      flavor: props.flavor.name,
      ...way.config,
      ...(props.databases === undefined ? {} : { databases: props.databases._bind(scope) }),
      tables: this.tables(scope),
      nonTransactional: (props.nonTransactional ?? NonTransactionalTables.REFUSE).treatment,
      lockTimeoutSeconds: requireDuration(scope, 'source.lockTimeout', props.lockTimeout ?? Duration.seconds(10), Duration.seconds(1), Duration.hours(1)),
      ...this.tidb(scope),
    };
    DeclaredMySqlConfig.parse(Stack.of(scope).resolve(config));
    return { engine: 'mysql', imageTarget: props.flavor.family, ...way, config };
  }

  private tidb(scope: Construct) {
    const { flavor, tidb, nonTransactional } = this.props;
    if (flavor !== MySqlFlavor.TIDB) {
      if (tidb !== undefined) throw new PropRefused(scope, 'source.tidb', `options of TiDB for flavor '${flavor.name}'`, 'MySqlFlavor.TIDB alone, or leave it out');
      return {};
    }
    if (nonTransactional === NonTransactionalTables.LOCK) {
      throw new PropRefused(scope, 'source.nonTransactional', 'NonTransactionalTables.LOCK', 'nothing for MySqlFlavor.TIDB: all of its tables have transactions');
    }
    const { garbageCollection = TiDbGarbageCollection.REFUSE, readTime } = tidb ?? {};
    return {
      tidb: {
        garbageCollection: garbageCollection.treatment,
        ...readTime === undefined ? {} : { readSeconds: requireDuration(scope, 'source.tidb.readTime', readTime, Duration.seconds(1), Duration.days(7)) },
      },
    };
  }

  private tables(scope: Construct) {
    const { exclude = [], schemaOnly = [] } = this.props.tables ?? {};
    for (const [prop, patterns] of Object.entries({ exclude, schemaOnly })) {
      for (const pattern of patterns) {
        if (!TABLE_PATTERN.test(pattern)) throw new PropRefused(scope, `source.tables.${prop}`, JSON.stringify(pattern), 'database.table, with * for any run of characters');
      }
    }
    return { exclude, schemaOnly };
  }
}
