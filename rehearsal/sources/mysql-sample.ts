/** A small application for protections of the MySQL family that were given no data: enough kinds of things that a lost one would show. */
const DIGITS = '(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';

export const MYSQL_SAMPLE = `
CREATE TEMPORARY TABLE numbers (seq int PRIMARY KEY);
INSERT INTO numbers SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d FROM ${['a', 'b', 'c', 'e', 'f'].map((name) => `${DIGITS} ${name}`).join(', ')};
CREATE TABLE people (
  id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(200) NOT NULL, born date, notes json, picture blob,
  name_length int GENERATED ALWAYS AS (char_length(name)) STORED
) ENGINE=InnoDB;
CREATE TABLE orders (
  id bigint AUTO_INCREMENT PRIMARY KEY, person_id bigint NOT NULL, amount decimal(12, 2) NOT NULL, placed_at datetime(3) NOT NULL, flags bit(4),
  KEY by_person (person_id, placed_at), CONSTRAINT orders_person FOREIGN KEY (person_id) REFERENCES people (id)
) ENGINE=InnoDB;
CREATE VIEW turnover AS SELECT person_id, SUM(amount) AS amount FROM orders GROUP BY person_id;
INSERT INTO people (name, born, notes, picture)
  SELECT CONCAT('Élodie N''Guessan ', seq), DATE_ADD('1950-01-01', INTERVAL seq % 20000 DAY), JSON_OBJECT('n', seq, 'text', REPEAT('Œuvre ☀ ', seq % 7)), UNHEX(SHA2(seq, 256))
  FROM numbers WHERE seq <= 20000;
INSERT INTO orders (person_id, amount, placed_at, flags)
  SELECT 1 + seq % 20000, seq % 9973 / 100.0, DATE_ADD('2026-01-01', INTERVAL seq * 3 MINUTE), seq % 16 FROM numbers WHERE seq <= 60000;
`;
