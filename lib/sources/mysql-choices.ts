import type { IConstruct } from 'constructs';
import { PropRefused } from '../refusal';

/** Whose server it is: each has its own dump tool, and its copies come up in a scratch server of its own family. */
export class MySqlFlavor {
  /** MariaDB on a server of one's own, 10.6 or newer. */
  public static readonly MARIADB = new MySqlFlavor('mariadb', 'mariadb');
  /** Amazon RDS for MariaDB. */
  public static readonly RDS_MARIADB = new MySqlFlavor('rds-mariadb', 'mariadb');
  /** MySQL on a server of one's own, 8.0 or newer. */
  public static readonly MYSQL = new MySqlFlavor('mysql', 'mysql');
  /** Amazon RDS for MySQL. */
  public static readonly RDS_MYSQL = new MySqlFlavor('rds-mysql', 'mysql');
  /** Amazon Aurora MySQL. */
  public static readonly AURORA_MYSQL = new MySqlFlavor('aurora-mysql', 'mysql');
  /** TiDB 6.5 or newer, on servers of one's own or as TiDB Cloud; it is read by MySQL's tool, and its copies come up in MySQL. */
  public static readonly TIDB = new MySqlFlavor('tidb', 'mysql');

  private constructor(
    /** The word for it in manifests. */
    public readonly name: string,
    /** Whose tools and scratch server it needs: `mariadb` or `mysql`. */
    public readonly family: string,
  ) {}
}

/** Which databases of a server. */
export class MySqlDatabases {
  /** Every database of the application, those that appear later too. */
  public static all(): MySqlDatabases {
    return new MySqlDatabases([]);
  }

  /** These and no other. */
  public static of(...names: string[]): MySqlDatabases {
    return new MySqlDatabases(names, true);
  }

  private constructor(private readonly names: string[], private readonly listed = false) {}

  /** @internal */
  public _bind(scope: IConstruct): 'all' | string[] {
    if (!this.listed) return 'all';
    if (this.names.length === 0) throw new PropRefused(scope, 'source.databases', 'an empty list', 'at least one name, or MySqlDatabases.all()');
    for (const name of this.names) {
      // MySQL Reference Manual, "Identifier Length Limits".
      if (name === '' || [...name].length > 64) throw new PropRefused(scope, 'source.databases', JSON.stringify(name), 'names from 1 to 64 characters');
    }
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw new PropRefused(scope, 'source.databases', `${JSON.stringify(twice)} twice`, 'each name once');
    return this.names;
  }
}

/** What becomes of tables without transactions (MyISAM, Aria), which no snapshot holds still. */
export class NonTransactionalTables {
  /** The run is refused, and names them. */
  public static readonly REFUSE = new NonTransactionalTables('refuse');
  /** They are locked against writers while the dump lasts. */
  public static readonly LOCK = new NonTransactionalTables('lock');

  private constructor(
    /** The word for it in the worker's configuration. */
    public readonly treatment: string,
  ) {}
}

/** What keeps TiDB's garbage collection from the versions that a dump reads. */
export class TiDbGarbageCollection {
  /** The server's `tidb_gc_life_time` must be longer than reading takes, else the run is refused with both numbers. */
  public static readonly REFUSE = new TiDbGarbageCollection('refuse');
  /**
   * `tidb_gc_life_time` is raised for the dump where it is too short, and put back however the run ends; what a killed worker left raised,
   * the next run puts back. The user needs SYSTEM_VARIABLES_ADMIN. Not on TiDB Cloud's Starter and Essential, where nobody may set it.
   */
  public static readonly RAISE = new TiDbGarbageCollection('raise');
  /**
   * A transaction that is open while the dump lasts holds the collection back, as TiDB's manual promises, up to `tidb_gc_max_wait_time` (a
   * day unless set) and, on TiDB Cloud's Starter and Essential, the 30 minutes that a transaction may last there.
   */
  public static readonly HOLD = new TiDbGarbageCollection('hold');

  private constructor(
    /** The word for it in the worker's configuration. */
    public readonly treatment: string,
  ) {}
}
