-- SELMai, a local exchange system: members offer services to each other, negotiate, and pay in hours.
SET foreign_key_checks = 0;

CREATE TABLE members (
  id int unsigned NOT NULL AUTO_INCREMENT,
  email varchar(190) NOT NULL,
  password_hash char(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  display_name varchar(80) NOT NULL,
  town varchar(80) DEFAULT NULL,
  bio text DEFAULT NULL,
  avatar varchar(255) DEFAULT NULL,
  balance_minutes int NOT NULL DEFAULT 0,
  joined_at datetime NOT NULL DEFAULT current_timestamp(),
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  KEY town (town),
  CONSTRAINT not_too_poor CHECK (balance_minutes >= -1200)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE categories (
  id smallint unsigned NOT NULL AUTO_INCREMENT,
  parent smallint unsigned DEFAULT NULL,
  name varchar(80) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name),
  KEY parent (parent),
  CONSTRAINT category_parent FOREIGN KEY (parent) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE services (
  id int unsigned NOT NULL AUTO_INCREMENT,
  member int unsigned NOT NULL,
  category smallint unsigned NOT NULL,
  title varchar(150) NOT NULL,
  description text NOT NULL,
  minutes smallint unsigned NOT NULL,
  photos longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(photos)),
  state enum('offered', 'wanted', 'closed') NOT NULL DEFAULT 'offered',
  created_at datetime(3) NOT NULL,
  PRIMARY KEY (id),
  KEY member (member),
  KEY by_category (category, state, created_at),
  FULLTEXT KEY search (title, description),
  CONSTRAINT service_member FOREIGN KEY (member) REFERENCES members (id) ON DELETE CASCADE,
  CONSTRAINT service_category FOREIGN KEY (category) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE negotiations (
  id int unsigned NOT NULL AUTO_INCREMENT,
  service int unsigned NOT NULL,
  asker int unsigned NOT NULL,
  state enum('open', 'agreed', 'declined') NOT NULL DEFAULT 'open',
  minutes smallint unsigned DEFAULT NULL,
  opened_at datetime NOT NULL,
  closed_at datetime DEFAULT NULL,
  days_open int GENERATED ALWAYS AS (to_days(closed_at) - to_days(opened_at)) STORED,
  PRIMARY KEY (id),
  KEY service (service),
  KEY asker (asker, state),
  CONSTRAINT negotiation_service FOREIGN KEY (service) REFERENCES services (id),
  CONSTRAINT negotiation_asker FOREIGN KEY (asker) REFERENCES members (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE messages (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  negotiation int unsigned NOT NULL,
  author int unsigned NOT NULL,
  body text NOT NULL,
  sent_at datetime(3) NOT NULL,
  PRIMARY KEY (id),
  KEY negotiation (negotiation, sent_at),
  CONSTRAINT message_negotiation FOREIGN KEY (negotiation) REFERENCES negotiations (id) ON DELETE CASCADE,
  CONSTRAINT message_author FOREIGN KEY (author) REFERENCES members (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A transaction moves minutes from one member to another; the book is never changed.
CREATE TABLE transactions (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  negotiation int unsigned NOT NULL,
  payer int unsigned NOT NULL,
  payee int unsigned NOT NULL,
  minutes smallint unsigned NOT NULL,
  booked_at datetime NOT NULL,
  PRIMARY KEY (id, booked_at),
  KEY payer (payer),
  KEY payee (payee)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
PARTITION BY RANGE COLUMNS (booked_at) (
  PARTITION before_2026 VALUES LESS THAN ('2026-01-01'),
  PARTITION since_2026 VALUES LESS THAN (MAXVALUE)
);

CREATE TABLE settings (
  name varchar(60) CHARACTER SET ascii NOT NULL,
  value blob DEFAULT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE VIEW open_offers AS
  SELECT s.id, s.title, c.name AS category, m.display_name, m.town FROM services s JOIN categories c ON c.id = s.category JOIN members m ON m.id = s.member
  WHERE s.state = 'offered';

DELIMITER //
CREATE FUNCTION hours(minutes int) RETURNS varchar(20) DETERMINISTIC
  RETURN CONCAT(minutes DIV 60, ' h ', LPAD(ABS(minutes) MOD 60, 2, '0'))//
CREATE PROCEDURE book(IN negotiation_id int unsigned, IN at datetime)
BEGIN
  INSERT INTO transactions (negotiation, payer, payee, minutes, booked_at)
    SELECT n.id, n.asker, s.member, n.minutes, at FROM negotiations n JOIN services s ON s.id = n.service WHERE n.id = negotiation_id AND n.state = 'agreed';
END//
CREATE TRIGGER move_minutes AFTER INSERT ON transactions FOR EACH ROW
BEGIN
  UPDATE members SET balance_minutes = balance_minutes - CAST(NEW.minutes AS SIGNED) WHERE id = NEW.payer;
  UPDATE members SET balance_minutes = balance_minutes + CAST(NEW.minutes AS SIGNED) WHERE id = NEW.payee;
END//
DELIMITER ;
CREATE EVENT close_stale ON SCHEDULE EVERY 1 DAY DO
  UPDATE negotiations SET state = 'declined', closed_at = NOW() WHERE state = 'open' AND opened_at < NOW() - INTERVAL 90 DAY;
