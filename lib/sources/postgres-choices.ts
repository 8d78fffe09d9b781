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
