-- IFN Connect, a market of traders in Côte d'Ivoire: merchants, stocks, sales, social cover.
CREATE TABLE users (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  open_id varchar(64) NOT NULL,
  name text,
  phone varchar(20) DEFAULT NULL,
  role enum('merchant', 'agent', 'admin', 'cooperative') NOT NULL DEFAULT 'merchant',
  language varchar(10) NOT NULL DEFAULT 'fr',
  pin_hash binary(32) DEFAULT NULL,
  created_at timestamp NOT NULL DEFAULT current_timestamp(),
  UNIQUE KEY open_id (open_id),
  KEY phone (phone)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE markets (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name varchar(120) NOT NULL,
  commune varchar(80) NOT NULL,
  latitude decimal(10, 7) DEFAULT NULL,
  longitude decimal(10, 7) DEFAULT NULL,
  UNIQUE KEY name (name, commune)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE merchants (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id int NOT NULL,
  market_id int DEFAULT NULL,
  merchant_number varchar(20) NOT NULL,
  business_name varchar(160) NOT NULL,
  business_type varchar(60) DEFAULT NULL,
  verified tinyint(1) NOT NULL DEFAULT 0,
  cnps_until date DEFAULT NULL,
  cmu_until date DEFAULT NULL,
  enrolled_at datetime NOT NULL,
  UNIQUE KEY merchant_number (merchant_number),
  KEY market_id (market_id, verified),
  KEY user_id (user_id),
  CONSTRAINT merchant_user FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT merchant_market FOREIGN KEY (market_id) REFERENCES markets (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE products (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  merchant_id int NOT NULL,
  name varchar(120) NOT NULL,
  name_dioula varchar(120) DEFAULT NULL,
  unit varchar(20) NOT NULL,
  price decimal(10, 2) NOT NULL,
  picture_key varchar(255) DEFAULT NULL,
  KEY merchant_id (merchant_id),
  CONSTRAINT product_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE stock (
  merchant_id int NOT NULL,
  product_id int NOT NULL,
  quantity decimal(10, 3) NOT NULL DEFAULT 0,
  least decimal(10, 3) DEFAULT NULL,
  updated_at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  PRIMARY KEY (merchant_id, product_id),
  KEY product_id (product_id),
  CONSTRAINT stock_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id),
  CONSTRAINT stock_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE sales (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  merchant_id int NOT NULL,
  product_id int NOT NULL,
  quantity decimal(10, 3) NOT NULL,
  unit_price decimal(10, 2) NOT NULL,
  total decimal(14, 2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
  payment enum('cash', 'mobile_money', 'credit') NOT NULL,
  voice_note mediumblob DEFAULT NULL,
  sold_at datetime(3) NOT NULL,
  synced bit(1) NOT NULL DEFAULT b'1',
  KEY by_merchant (merchant_id, sold_at),
  KEY product_id (product_id),
  CONSTRAINT sale_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id),
  CONSTRAINT sale_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE audit_logs (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id int DEFAULT NULL,
  action varchar(60) NOT NULL,
  entity varchar(60) DEFAULT NULL,
  details json DEFAULT NULL,
  at datetime(6) NOT NULL,
  KEY at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE VIEW sales_by_day AS
  SELECT merchant_id, DATE(sold_at) AS day, COUNT(*) AS sales, SUM(total) AS total FROM sales GROUP BY merchant_id, DATE(sold_at);
