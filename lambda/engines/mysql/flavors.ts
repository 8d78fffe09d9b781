import type { MySqlConfig, MySqlFlavorName } from '../../../lib/contract/engines/mysql';

/** Whose tools and scratch server a flavor needs: the two families have grown apart. */
export type Family = 'mariadb' | 'mysql';

export interface Flavor {
  readonly family: Family;
  /** For a person. */
  readonly title: string;
  /** Databases of the server or its host. */
  readonly hostDatabases: readonly string[];
}

const SYSTEM = ['information_schema', 'mysql', 'performance_schema', 'sys'];

export const FLAVORS: Readonly<Record<MySqlFlavorName, Flavor>> = {
  mariadb: { family: 'mariadb', title: 'MariaDB', hostDatabases: SYSTEM },
  'rds-mariadb': { family: 'mariadb', title: 'RDS for MariaDB', hostDatabases: [...SYSTEM, 'innodb'] },
  mysql: { family: 'mysql', title: 'MySQL', hostDatabases: SYSTEM },
  'rds-mysql': { family: 'mysql', title: 'RDS for MySQL', hostDatabases: [...SYSTEM, 'innodb'] },
  // TiDB, "Schema Object Names" and "METRICS_SCHEMA"; its tool and its scratch server are MySQL's, for a cluster has no place in a worker.
  tidb: { family: 'mysql', title: 'TiDB', hostDatabases: [...SYSTEM, 'metrics_schema', 'inspection_schema', 'lightning_task_info'] },
  'aurora-mysql': { family: 'mysql', title: 'Aurora MySQL', hostDatabases: [...SYSTEM, 'innodb'] },
};

export function isTiDb({ flavor }: Pick<MySqlConfig, 'flavor'>): boolean {
  return flavor === 'tidb';
}

export function flavorOf(config: Pick<MySqlConfig, 'flavor'>): Flavor {
  return FLAVORS[config.flavor];
}
