const numbers = (last: number): string => `WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})`;
const DEEP = '/*+ SET_VAR(cte_max_recursion_depth = 100000) */';

/** Rows of an INSERT from the numbers 1 to `last`. */
export function fromNumbers(into: string, columns: string, last: number): string {
  return `INSERT INTO ${into} ${numbers(last)} SELECT ${DEEP} ${columns} FROM numbers`;
}

/** What dumps of MySQL stumble over; each statement runs alone. */
export const MYSQL_SCHEMA: readonly string[] = [
  `CREATE TABLE customers (id int unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(190) NOT NULL, name varchar(100) COLLATE utf8mb4_0900_ai_ci, kind enum('a','b','it''s') DEFAULT 'a',
     likes set('x','y'), UNIQUE KEY email (email), KEY name (name DESC), KEY loud ((UPPER(name))), KEY hidden (kind) INVISIBLE,
     CONSTRAINT has_at CHECK (email <> ''), CONSTRAINT lax CHECK (CHAR_LENGTH(name) > 99) NOT ENFORCED)`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer int unsigned NOT NULL, total decimal(12,2), note text, placed datetime(6), raw blob, flags bit(5), wide bit(64), token binary(16),
     extra json, hidden int INVISIBLE DEFAULT 7, words int GENERATED ALWAYS AS (char_length(note)) STORED, half double AS (total / 2) VIRTUAL, later int DEFAULT ((1 + 2)),
     at timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, born year, took time(3), ratio double, place point NOT NULL SRID 4326, vector vector(3),
     KEY customer (customer), KEY placed (placed, total), KEY tags ((CAST(extra->'$.tags' AS UNSIGNED ARRAY))), KEY start (note(10)), SPATIAL KEY place (place),
     CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE) COMMENT='a, b
  KEY \`c\` (\`d\`)'`,
  'INSERT INTO customers (email, name, kind, likes) VALUES (\'aicha@example.org\', \'Aïcha Œuvre 🏠\', \'it\'\'s\', \'x,y\'), (\'o\\\'brien@example.org\', NULL, NULL, \'\'), (\'x\', \'tab\\tline\\nback\\\\slash\', \'b\', NULL)',
  `INSERT INTO orders (customer, total, note, placed, raw, flags, wide, token, extra, at, born, took, ratio, place, vector) VALUES
     (1, 12.50, '),\\n(9999,"no row");\\n', '2026-11-20 02:00:00.123456', X'00FF0A0D1A275C22', b'10101', b'1111111111111111111111111111111111111111111111111111111111111111', X'123E4567E89B12D3A456426655440000',
       '{"a": [1, null, "\\\\n"], "tags": [3, 1], "é": 1.0}', '2026-10-25 00:30:00', 2155, '-838:59:59.000', 1.7976931348623157e308, ST_SRID(POINT(5.3, -4.0), 4326), TO_VECTOR('[1,2,3.5]')),
     (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ST_SRID(POINT(0, 0), 4326), NULL),
     (1, -0.01, REPEAT('é', 1000), '1000-01-01 00:00:00', REPEAT(X'00', 100), b'0', 0, REPEAT(X'00', 16), '""', '1970-01-01 00:00:01', 1901, '00:00:00.001', 0.1, ST_SRID(POINT(180, 90), 4326), NULL)`,
  fromNumbers('orders (customer, total, note, raw, place)', '1 + n % 3, n / 7, CONCAT(\'order \', n), UNHEX(SHA2(n, 256)), ST_SRID(POINT(n % 180, n % 90), 4326)', 2000),
  'CREATE TABLE `odd ``name; DROP TABLE x; -- q` (`a ``b` int, `VALUES (` varchar(10))',
  'INSERT INTO `odd ``name; DROP TABLE x; -- q` VALUES (1, \'(x\'), (2, \'y)\')',
  'CREATE TABLE `-- Dumping data for table y` (x int)',
  'INSERT INTO `-- Dumping data for table y` VALUES (5)',
  'CREATE TABLE nokey (a int, b varchar(20), KEY b (b))',
  'INSERT INTO nokey VALUES (3, \'c\'), (1, \'a\'), (2, NULL), (1, \'a\')',
  'CREATE TABLE generated_key (my_row_id bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, a int)',
  'INSERT INTO generated_key (a) VALUES (3), (1)',
  'DELETE FROM generated_key WHERE a = 3',
  'CREATE TABLE nothing (x int PRIMARY KEY)',
  'CREATE TABLE parts (id int, day date, PRIMARY KEY (id, day), KEY day (day)) PARTITION BY RANGE (YEAR(day)) (PARTITION p0 VALUES LESS THAN (2026), PARTITION p1 VALUES LESS THAN MAXVALUE)',
  'INSERT INTO parts VALUES (1, \'2025-05-05\'), (2, \'2026-11-20\')',
  'CREATE TABLE legacy (id int PRIMARY KEY, word varchar(20)) ENGINE=MyISAM DEFAULT CHARSET=latin1',
  'INSERT INTO legacy VALUES (1, \'cafe\'), (2, \'é\')',
  'CREATE TABLE words (id int PRIMARY KEY, body text, FULLTEXT KEY body (body))',
  'INSERT INTO words VALUES (1, \'silence is an alarm\')',
  'CREATE TABLE fleeting (id int PRIMARY KEY) ENGINE=MEMORY',
  'CREATE TABLE zeros (id int PRIMARY KEY, day date NOT NULL, moment datetime NOT NULL)',
  // A session has the mode that was there when it began.
  'SET GLOBAL sql_mode = \'\'',
  'INSERT INTO zeros VALUES (1, \'0000-00-00\', \'0000-00-00 00:00:00\'), (2, \'2026-00-00\', \'2026-11-00 00:00:00\')',
  'SET GLOBAL sql_mode = DEFAULT',
  'CREATE TABLE left_side (id int PRIMARY KEY, other int)',
  'CREATE TABLE right_side (id int PRIMARY KEY, other int, CONSTRAINT to_left FOREIGN KEY (other) REFERENCES left_side (id))',
  'ALTER TABLE left_side ADD CONSTRAINT to_right FOREIGN KEY (other) REFERENCES right_side (id)',
  'INSERT INTO left_side VALUES (1, NULL)',
  'INSERT INTO right_side VALUES (1, 1)',
  'UPDATE left_side SET other = 1',
  'CREATE FUNCTION doubled(x int) RETURNS int DETERMINISTIC RETURN x * 2',
  'CREATE PROCEDURE touch_orders() UPDATE orders SET note = note',
  'CREATE DEFINER=`gone`@`nowhere` VIEW totals AS SELECT customer, SUM(total) AS sum, doubled(COUNT(*)) AS twice FROM orders GROUP BY customer',
  'CREATE TRIGGER shout BEFORE INSERT ON customers FOR EACH ROW SET NEW.name = CONCAT(NEW.name, \'!\')',
  'CREATE TRIGGER whisper BEFORE INSERT ON customers FOR EACH ROW PRECEDES shout SET NEW.name = LOWER(NEW.name)',
  'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO UPDATE orders SET note = note',
];
