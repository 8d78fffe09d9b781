-- Members, offers and a year of exchanges; the same each time.
SET foreign_key_checks = 1;
INSERT INTO categories (id, parent, name) VALUES
  (1, NULL, 'Jardin'), (2, NULL, 'Bricolage'), (3, NULL, 'Cuisine'), (4, NULL, 'Garde d''enfants'), (5, NULL, 'Cours'), (6, 1, 'Taille & élagage'), (7, 5, 'Langues'), (8, 5, 'Musique');
INSERT INTO members (email, password_hash, display_name, town, bio, avatar, joined_at)
  SELECT CONCAT('membre', seq, '@selmai.example.org'), RPAD(CONCAT('$2y$12$', MD5(seq)), 60, 'x'),
    CONCAT(ELT(1 + seq % 7, 'Zoé', 'Loïc', 'Anaïs', 'François', 'Inès', 'Jérôme', 'Maëlle'), ' ', CHAR(65 + seq % 26), '.'),
    ELT(1 + seq % 5, 'Saint-Étienne', 'Annecy', 'Besançon', 'Alès', NULL), IF(seq % 4 = 0, NULL, CONCAT('Bonjour !\nJ''aime « partager » — ', REPEAT('œuvrer ', seq % 9))),
    IF(seq % 3 = 0, CONCAT('avatars/', seq, '.webp'), NULL), '2025-01-01' + INTERVAL seq % 600 DAY
  FROM seq_1_to_3000;
INSERT INTO services (member, category, title, description, minutes, photos, state, created_at)
  SELECT 1 + (seq * 7) % 3000, 1 + seq % 8, CONCAT('Offre nº ', seq), CONCAT('Je propose ', REPEAT('une heure de travail soigné ; ', 1 + seq % 6)), 15 * (1 + seq % 12),
    IF(seq % 5 = 0, JSON_ARRAY(CONCAT('photos/', seq, '.jpg'), CONCAT('photos/', seq, '-2.jpg')), NULL), ELT(1 + seq % 10 DIV 8, 'offered', 'wanted'), '2025-02-01' + INTERVAL seq * 37 MINUTE
  FROM seq_1_to_9000;
INSERT INTO negotiations (service, asker, state, minutes, opened_at, closed_at)
  SELECT 1 + (seq * 11) % 9000, 1 + (seq * 13) % 3000, ELT(1 + seq % 3, 'agreed', 'open', 'declined'), 15 * (1 + seq % 8), '2025-03-01' + INTERVAL seq * 31 MINUTE,
    IF(seq % 3 = 1, NULL, '2025-03-01' + INTERVAL seq * 31 + 2000 MINUTE)
  FROM seq_1_to_12000;
INSERT INTO messages (negotiation, author, body, sent_at)
  SELECT 1 + (seq * 17) % 12000, 1 + (seq * 19) % 3000, CONCAT('D''accord pour ', seq % 24, ' h ? 🙂\n', REPEAT('À bientôt. ', seq % 11)), '2025-03-02' + INTERVAL seq * 9 MINUTE
  FROM seq_1_to_40000;
INSERT INTO transactions (negotiation, payer, payee, minutes, booked_at)
  SELECT n.id, n.asker, s.member, LEAST(n.minutes, 30), n.closed_at FROM negotiations n JOIN services s ON s.id = n.service WHERE n.state = 'agreed' AND n.id % 4 = 0;
INSERT INTO settings VALUES ('logo', UNHEX(REPEAT('89504E470D0A1A0A00FF', 40))), ('motto', 'Donner, recevoir, rendre');
