-- Merchants of ten markets and their sales; the same each time, on MySQL and MariaDB.
CREATE TEMPORARY TABLE numbers (seq int PRIMARY KEY);
INSERT INTO numbers
  SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d FROM
    (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) a,
    (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) b,
    (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) c,
    (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) e,
    (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) f;
INSERT INTO markets (name, commune, latitude, longitude)
  SELECT CONCAT('Marché ', ELT(seq, 'Adjamé', 'Treichville', 'Cocody', 'Abobo', 'Yopougon', 'Koumassi', 'Port-Bouët', 'Marcory', 'Attécoubé', 'Plateau')),
    ELT(seq, 'Adjamé', 'Treichville', 'Cocody', 'Abobo', 'Yopougon', 'Koumassi', 'Port-Bouët', 'Marcory', 'Attécoubé', 'Plateau'), 5.3 + seq / 100, -4.0 - seq / 100
  FROM numbers WHERE seq <= 10;
INSERT INTO users (open_id, name, phone, role, language, pin_hash, created_at)
  SELECT LEFT(SHA2(seq, 256), 32), CONCAT(ELT(1 + seq % 6, 'Adjoua', 'Mariam', 'N''Dri', 'Fatou', 'Akissi', 'Aya'), ' ', ELT(1 + seq % 4, 'Koné', 'Ouattara', 'Yao', 'Traoré')),
    CONCAT('+22507', LPAD(seq, 8, '0')), ELT(1 + seq % 50 DIV 49, 'merchant', 'agent'), IF(seq % 3 = 0, 'dioula', 'fr'), UNHEX(SHA2(seq, 256)), '2025-06-01' + INTERVAL seq MINUTE
  FROM numbers WHERE seq <= 4000;
INSERT INTO merchants (user_id, market_id, merchant_number, business_name, business_type, verified, cnps_until, cmu_until, enrolled_at)
  SELECT seq, 1 + seq % 10, CONCAT('M', LPAD(seq, 6, '0')), CONCAT('Étal nº ', seq), ELT(1 + seq % 4, 'vivrier', 'poisson', 'pagne', NULL), seq % 5 > 0,
    IF(seq % 2 = 0, '2026-12-31' - INTERVAL seq % 300 DAY, NULL), IF(seq % 3 = 0, '2027-06-30', NULL), '2025-06-02' + INTERVAL seq * 11 MINUTE
  FROM numbers WHERE seq <= 3900;
INSERT INTO products (merchant_id, name, name_dioula, unit, price, picture_key)
  SELECT 1 + seq % 3900, ELT(1 + seq % 8, 'Attiéké', 'Banane plantain', 'Igname', 'Piment', 'Tomate', 'Huile rouge', 'Gombo', 'Poisson fumé'), IF(seq % 2 = 0, 'ku', NULL),
    ELT(1 + seq % 3, 'kg', 'tas', 'litre'), 100 + (seq * 25) % 4900, IF(seq % 6 = 0, CONCAT('products/', seq, '.jpg'), NULL)
  FROM numbers WHERE seq <= 15000;
INSERT INTO stock (merchant_id, product_id, quantity, least, updated_at)
  SELECT merchant_id, id, id % 90 + id % 7 / 8, IF(id % 3 = 0, 5, NULL), '2026-11-01' + INTERVAL id SECOND FROM products;
INSERT INTO sales (merchant_id, product_id, quantity, unit_price, payment, voice_note, sold_at, synced)
  SELECT p.merchant_id, p.id, 1 + s.seq % 9 / 4, p.price, ELT(1 + s.seq % 3, 'cash', 'mobile_money', 'credit'),
    IF(s.seq % 40 = 0, UNHEX(REPEAT(SHA2(s.seq, 256), 4)), NULL), '2026-01-01' + INTERVAL s.seq * 5 MINUTE, s.seq % 11 > 0
  FROM numbers s JOIN products p ON p.id = 1 + (s.seq * 29) % 15000 WHERE s.seq <= 60000 ORDER BY s.seq;
INSERT INTO audit_logs (user_id, action, entity, details, at)
  SELECT 1 + seq % 4000, ELT(1 + seq % 4, 'login', 'sale', 'stock', 'enrol'), IF(seq % 4 = 0, NULL, 'sales'), JSON_OBJECT('n', seq, 'note', 'réussi ✓'), '2026-10-01' + INTERVAL seq SECOND
  FROM numbers WHERE seq <= 20000;
