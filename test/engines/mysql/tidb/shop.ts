import type { MySqlConfig } from '../../../../lib/contract/engines/mysql';
import type { FamilyServer } from '../../../../rehearsal/servers/mysql-family-server';
import { ACCOUNT, PASSWORD, SECRET, startMySqlShop } from '../mysql-shop';
import { TiDbServer, type TiDbProps } from './server';

/** Every right of docs/sources/mysql.md for TiDB. */
export const TIDB_RIGHTS = ['SELECT', 'SHOW VIEW'] as const;

/** A cluster in front of a server, and the account of the backups with what TiDB's manual asks for. */
export async function startTiDbShop(
  databases: readonly string[], props: Partial<TiDbProps> = {},
): Promise<{ tidb: TiDbServer; backing: FamilyServer; stop(): Promise<void> }> {
  const backing = await startMySqlShop(databases, ['--character-set-server=utf8mb4', '--collation-server=utf8mb4_bin']);
  for (const database of databases) {
    await backing.query(`REVOKE ALL PRIVILEGES ON \`${database}\`.* FROM ${ACCOUNT}`);
    await backing.query(`GRANT ${TIDB_RIGHTS.join(', ')} ON \`${database}\`.* TO ${ACCOUNT}`);
  }
  await backing.query(`REVOKE SHOW_ROUTINE ON *.* FROM ${ACCOUNT}`);
  const tidb = await TiDbServer.start({ backing, reader: { user: 'backup_reader', password: PASSWORD }, ...props });
  return {
    tidb, backing,
    stop: async () => {
      await tidb.stop();
      await backing.stop();
    },
  };
}

export function tidbConfig(database: string, change: Partial<MySqlConfig> = {}): MySqlConfig {
  return {
    flavor: 'tidb', secretArn: SECRET, databases: [database], authentication: 'password', tls: { mode: 'disable' },
    tables: { exclude: [], schemaOnly: [] }, nonTransactional: 'refuse', lockTimeoutSeconds: 5, compressionLevel: 1,
    tidb: { garbageCollection: 'refuse' }, ...change,
  };
}

export function tidbSecret(
  tidb: TiDbServer, change: { readonly host?: string; readonly port?: number; readonly dbname?: string; readonly password?: string } = {},
): string {
  return JSON.stringify({ host: '127.0.0.1', port: tidb.port, username: 'backup_reader', password: PASSWORD, ...change });
}

/** What a dump of TiDB stumbles over, as TiDB shows it; each statement runs alone. */
export const TIDB_SCHEMA: readonly string[] = [
  `CREATE TABLE \`customers\` (
  \`id\` bigint NOT NULL AUTO_INCREMENT,
  \`email\` varchar(190) NOT NULL,
  \`name\` varchar(100) DEFAULT NULL,
  PRIMARY KEY (\`id\`) /*T![clustered_index] CLUSTERED */,
  UNIQUE KEY \`email\` (\`email\`),
  KEY \`loud\` ((upper(\`name\`)))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE=1 */ /*T![placement] PLACEMENT POLICY=\`europe\` */`,
  `CREATE TABLE \`orders\` (
  \`id\` bigint NOT NULL /*T![auto_rand] AUTO_RANDOM(5) */,
  \`customer\` bigint NOT NULL,
  \`total\` decimal(12,2) DEFAULT NULL,
  \`note\` text DEFAULT NULL,
  \`placed\` datetime(6) DEFAULT NULL,
  \`raw\` blob DEFAULT NULL,
  \`flags\` bit(5) DEFAULT NULL,
  \`extra\` json DEFAULT NULL,
  \`ratio\` double DEFAULT NULL,
  \`small\` float DEFAULT NULL,
  \`words\` int GENERATED ALWAYS AS (char_length(\`note\`)) STORED,
  \`half\` double GENERATED ALWAYS AS (\`total\` / 2) VIRTUAL,
  PRIMARY KEY (\`id\`) /*T![clustered_index] CLUSTERED */,
  KEY \`customer\` (\`customer\`),
  CONSTRAINT \`orders_customer\` FOREIGN KEY (\`customer\`) REFERENCES \`customers\` (\`id\`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![auto_rand_base] AUTO_RANDOM_BASE=30001 */`,
  `CREATE TABLE \`sessions\` (
  \`token\` varbinary(16) NOT NULL,
  \`seen\` datetime NOT NULL,
  PRIMARY KEY (\`token\`) /*T![clustered_index] NONCLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin /*T![ttl] TTL=\`seen\` + INTERVAL 3 MONTH */ /*T![ttl] TTL_ENABLE='ON' */ /*T![ttl] TTL_JOB_INTERVAL='24h' */`,
  'INSERT INTO customers (email, name) VALUES (\'aicha@example.org\', \'Aïcha Œuvre 🏠\'), (\'o\\\'brien@example.org\', NULL), (\'x\', \'tab\\tline\\nback\\\\slash\')',
  `INSERT INTO orders (id, customer, total, note, placed, raw, flags, extra, ratio, small) VALUES
     (1, 1, 12.50, '),\\n(9999,"no row");\\n', '2026-11-20 02:00:00.123456', X'00FF0A0D1A275C22', b'10101', '{"long": 1, "b": [1, null, "\\\\n"], "é": 1.0}', 1.7976931348623157e308, 0.1),
     (2, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
     (9223372036854775807, 1, -0.01, REPEAT('é', 1000), '1000-01-01 00:00:00', REPEAT(X'00', 100), b'0', '""', 0.1, 16777216)`,
  `INSERT INTO orders (id, customer, total, note, raw) WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 900)
     SELECT 10 + n, 1 + n % 3, n / 7, CONCAT('order ', n), UNHEX(SHA2(n, 256)) FROM numbers`,
  'INSERT INTO sessions VALUES (X\'00\', \'2026-11-20 02:00:00\'), (X\'FF27\', \'2026-11-20 02:00:01\')',
  'CREATE TABLE `odd ``name; DROP TABLE x; -- q` (`a ``b` int, `VALUES (` varchar(10))',
  'INSERT INTO `odd ``name; DROP TABLE x; -- q` VALUES (1, \'(x\'), (2, \'y)\')',
  'CREATE TABLE nokey (a int, b varchar(20))',
  'INSERT INTO nokey VALUES (3, \'c\'), (1, \'a\'), (2, NULL), (1, \'a\')',
  'CREATE TABLE later_key (a int, b int NOT NULL, KEY a (a), UNIQUE KEY b (b))',
  'INSERT INTO later_key VALUES (1, 9), (2, 3), (3, 5)',
  'CREATE TABLE nothing (x int PRIMARY KEY)',
  'CREATE TABLE parts (id int, day date, PRIMARY KEY (id, day), KEY day (day)) PARTITION BY RANGE (YEAR(day)) (PARTITION p0 VALUES LESS THAN (2026), PARTITION p1 VALUES LESS THAN MAXVALUE)',
  'INSERT INTO parts VALUES (1, \'2025-05-05\'), (2, \'2026-11-20\')',
  'CREATE DEFINER=`gone`@`%` VIEW totals AS SELECT customer, SUM(total) AS sum FROM orders GROUP BY customer',
];
