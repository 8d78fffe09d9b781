import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { PropRefused } from '../refusal';

/** Where a PostgreSQL server runs. */
export class PostgresFlavor {
  /** Supabase: `auth`, `storage` and their like are the host's, their rows the application's. Use the session pooler, port 5432. */
  public static readonly SUPABASE = new PostgresFlavor('supabase');
  /** Amazon RDS for PostgreSQL. */
  public static readonly RDS = new PostgresFlavor('rds');
  /** Amazon Aurora PostgreSQL. */
  public static readonly AURORA = new PostgresFlavor('aurora');
  /** Neon; use the address without `-pooler`. */
  public static readonly NEON = new PostgresFlavor('neon');
  /** A server of one's own. */
  public static readonly SELF_HOSTED = new PostgresFlavor('self-hosted');

  private constructor(
    /** The word for it in manifests. */
    public readonly name: string,
  ) {}
}

/** Which databases of a server. */
export class PostgresDatabases {
  /** Every database of the application, those that appear later too. */
  public static all(): PostgresDatabases {
    return new PostgresDatabases([]);
  }

  /** These and no other. */
  public static of(...names: string[]): PostgresDatabases {
    return new PostgresDatabases(names, true);
  }

  private constructor(private readonly names: string[], private readonly listed = false) {}

  /** @internal */
  public _bind(scope: IConstruct): 'all' | string[] {
    if (!this.listed) return 'all';
    if (this.names.length === 0) throw new PropRefused(scope, 'source.databases', 'an empty list', 'at least one name, or PostgresDatabases.all()');
    for (const name of this.names) {
      // PostgreSQL cuts identifiers off at 63 bytes.
      if (name === '' || Buffer.byteLength(name) > 63) throw new PropRefused(scope, 'source.databases', JSON.stringify(name), 'names from 1 to 63 bytes');
    }
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw new PropRefused(scope, 'source.databases', `${JSON.stringify(twice)} twice`, 'each name once');
    return this.names;
  }
}

/** How the connection is encrypted. */
export class PostgresTls {
  /** Encrypted, and the server's certificate and name are checked. */
  public static readonly VERIFY_FULL = new PostgresTls('verify-full');
  /** Encrypted; whoever answers is believed. */
  public static readonly REQUIRE = new PostgresTls('require');
  /** Not encrypted: for loopback and private tests. */
  public static readonly DISABLE = new PostgresTls('disable');

  private constructor(
    /** libpq's word for it (`sslmode`). */
    public readonly mode: string,
  ) {}
}

/** Properties of a login with RDS IAM authentication. */
export interface RdsIamAuthenticationProps {
  /** Resource id of the instance (`db-…`) or cluster (`cluster-…`), or `prx-…` of a proxy. */
  readonly databaseResourceId: string;
  /** The database's user; it must have the role `rds_iam`. */
  readonly databaseUser: string;
}

/** How the dump worker proves to the server who it is. */
export class PostgresAuthentication {
  /** With the secret's password. */
  public static password(): PostgresAuthentication {
    return new PostgresAuthentication('password');
  }

  /** With a token that the worker's role may ask for; the secret holds no password then, only where and who. */
  public static rdsIam(props: RdsIamAuthenticationProps): PostgresAuthentication {
    return new PostgresAuthentication('rds-iam', props);
  }

  private constructor(
    /** The word for it in the worker's configuration. */
    public readonly method: string,
    private readonly login?: RdsIamAuthenticationProps,
  ) {}

  /** @internal */
  public _statements(scope: IConstruct): iam.PolicyStatement[] {
    if (!this.login) return [];
    const { databaseResourceId, databaseUser } = this.login;
    return [new iam.PolicyStatement({
      actions: ['rds-db:connect'],
      resources: [Stack.of(scope).formatArn({
        service: 'rds-db',
        resource: 'dbuser',
        resourceName: `${databaseResourceId}/${databaseUser}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })],
    })];
  }
}
