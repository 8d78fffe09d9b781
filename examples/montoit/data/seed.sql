-- Rows of the MonToit database: the same ones at every load, about 38 MB of COPY text, no clock and no chance.
-- Loaded by a superuser after schema.sql.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
SET synchronous_commit = off;
SET work_mem = '64MB';
-- Triggers would write the same rows a second time; foreign keys hold by construction.
SET session_replication_role = replica;
SET search_path = public, extensions;

CREATE FUNCTION pg_temp.mix(n bigint, salt int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $$ SELECT abs(((n + 7) * 2654435761 + salt * 3935559000370003) % 2147483629) / 128 $$;
CREATE FUNCTION pg_temp.pick(choices text[], n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT choices[1 + n % cardinality(choices)] $$;
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(kind || n)::uuid $$;
CREATE FUNCTION pg_temp.instant(n bigint, salt int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  $$ SELECT timestamptz '2024-11-20 06:00+00' + (pg_temp.mix(n,
  salt) % 15000000) * interval '4 seconds' + (n % 1000) * interval '1 millisecond' $$;

CREATE TEMP TABLE words AS SELECT
  ARRAY['Aïcha', 'Kouassi', 'Fatoumata', 'Éloïse', 'Yao', 'Adjoua', 'N''Guessan', 'Mariam', 'Jean-Désiré', 'Akissi', 'Sékou', 'Ève',
  'François', 'Amenan', 'Bénédicte', 'Koné'] AS first_names,
  ARRAY['Kouamé', 'Traoré', 'Ouattara', 'Bamba', 'Diabaté', 'N''Dri', 'Coulibaly', 'Gnagné', 'Zadi', 'Bœuf', 'Konaté', 'Aké', 'Tanoh',
  'Diomandé', 'Lœwen', 'Soro', 'Yapi'] AS last_names,
  ARRAY['Cocody', 'Plateau', 'Marcory', 'Treichville', 'Yopougon', 'Abobo', 'Riviera Palmeraie', 'Angré 8ᵉ tranche', 'Koumassi',
  'Bingerville', 'Port-Bouët', 'Deux-Plateaux'] AS quarters,
  ARRAY['Abidjan', 'Abidjan', 'Abidjan', 'Bouaké', 'Yamoussoukro', 'San-Pédro', 'Korhogo', 'Grand-Bassam', 'Daloa', 'Man'] AS cities,
  ARRAY['Villa', 'Studio', 'Appartement', 'Duplex', 'Chambre-salon', 'Maison basse', 'Résidence', 'Loft'] AS kinds,
  ARRAY[
    'Bel espace lumineux, à deux pas du marché et de l''école française.',
    'Cour intérieure plantée de manguiers, gardien jour et nuit; eau et électricité comprises.',
    'Idéal pour un jeune couple: cuisine équipée, placards intégrés, chauffe-eau solaire ☀️.',
    'Accès goudronné, parking couvert, groupe électrogène de secours et fibre optique.',
    'Le loyer est payable d''avance chaque 5 du mois par Orange Money, Wave ou virement.',
    'Œil-de-bœuf dans l''entrée, carrelage neuf, plafonds à 2,80 m, brasseurs d''air dans chaque pièce.',
    E'Règlement intérieur:\n\t- pas de bruit après 22 h\n\t- animaux acceptés\n\t- poubelles sorties le mardi',
    E'Chemin des plans: C:\\Plans\\Étage_1\\salon.dwg (« à vérifier »), voir aussi \\\\serveur\\partage\\.',
    'Ça vaut le détour: vue sur la lagune Ébrié, coucher de soleil garanti 🌅🏝️.',
    'Caution de deux mois, frais d''agence d''un mois; pièce d''identité et trois fiches de paie exigées.',
    'Quartier calme et sécurisé, pharmacie et boulangerie à 200 m, gbaka et woro-woro devant la porte.',
    E'NB: \\N n''est pas une valeur, NULL non plus; "guillemets", ''apostrophes'', 100 % garanti; tabulation\tici.'
  ] AS sentences,
  ARRAY['Bonjour, le logement est-il toujours disponible ?', 'Akwaba ! Oui, visite possible samedi à 10 h.', 'Merci beaucoup 🙏🏾',
  'Peut-on négocier le loyer à 150 000 FCFA ?',
    'J''ai déposé mon dossier complet hier soir.', 'La fuite d''eau n''est toujours pas réparée…',
    'Reçu ✅ la quittance suit par e-mail.', E'Mes disponibilités:\n- lundi\n- jeudi après-midi',
    'Où en est l''état des lieux de sortie ?', 'Désolé pour le retard, le réseau était coupé à Yopougon.'] AS phrases,
  ARRAY['climatisation', 'piscine', 'parking', 'gardien', 'fibre', 'groupe électrogène', 'forage', 'balcon', 'cuisine équipée',
  'meublé'] AS amenities;
-- A short text of so many sentences, another one for every number.
CREATE FUNCTION pg_temp.prose(n bigint, length int) RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT string_agg(pg_temp.pick(sentences, pg_temp.mix(n * 31 + i, 5)), ' ') FROM words, generate_series(1, length) AS i $$;

INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
  email_change_token_new, email_change, last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at,
  phone,
  phone_confirmed_at, banned_until, is_anonymous)
SELECT '00000000-0000-0000-0000-000000000000', pg_temp.id('user', n), 'authenticated', 'authenticated',
  format('%s.%s.%s@exemple.ci', regexp_replace(unaccent(lower(first)), '[^a-z]', '', 'g'), regexp_replace(unaccent(lower(last)),
  '[^a-z]', '', 'g'), n),
  '$2a$10$' || left(translate(encode(decode(md5('s' || n) || md5('p' || n), 'hex'), 'base64'), '+=', './'), 43) || left(md5('t' || n),
  10),
  CASE WHEN n % 9 <> 0 THEN pg_temp.instant(n, 1) + interval '5 minutes' END, CASE WHEN n % 9 = 0 THEN md5('c' || n) ELSE '' END, '',
  '', '',
  CASE WHEN n % 7 <> 0 THEN pg_temp.instant(n, 1) + interval '40 days' END,
  jsonb_build_object('provider', 'email', 'providers', jsonb_build_array('email')),
  jsonb_build_object('full_name', first || ' ' || last, 'sub', pg_temp.id('user', n), 'email_verified', n % 9 <> 0, 'city',
  pg_temp.pick(cities, n)),
  NULL, pg_temp.instant(n, 1), pg_temp.instant(n, 1) + interval '41 days',
  CASE WHEN n % 3 <> 0 THEN '+22507' || lpad(n::text, 8, '0') END, CASE WHEN n % 6 = 1 THEN pg_temp.instant(n, 1) + interval '1 day' END,
  CASE WHEN n % 997 = 0 THEN timestamptz 'infinity' END, false
FROM words, generate_series(1, 5000) AS n,
  LATERAL (SELECT pg_temp.pick(first_names, pg_temp.mix(n, 2)) AS first, pg_temp.pick(last_names, pg_temp.mix(n, 3)) AS last) AS person;

INSERT INTO auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id)
SELECT id::text, id, jsonb_build_object('sub', id, 'email', email, 'email_verified', email_confirmed_at IS NOT NULL), 'email',
  last_sign_in_at,
  created_at, updated_at, md5('identity' || id)::uuid
FROM auth.users ORDER BY users.phone, users.id;

INSERT INTO auth.sessions (id, user_id, created_at, updated_at, aal, refreshed_at, user_agent, ip)
SELECT pg_temp.id('session', n), pg_temp.id('user', 1 + pg_temp.mix(n, 11) % 5000), pg_temp.instant(n, 12), pg_temp.instant(n,
  12) + interval '3 days',
  CASE WHEN n % 20 = 0 THEN 'aal2' ELSE 'aal1' END::auth.aal_level, (pg_temp.instant(n, 12) + interval '2 days') AT TIME ZONE 'UTC',
  'Mozilla/5.0 (Linux; Android 14; TECNO CK7n) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  ('160.154.' || n % 256 || '.' || n / 256 % 256)::inet
FROM generate_series(1, 3000) AS n;

INSERT INTO auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
SELECT '00000000-0000-0000-0000-000000000000', translate(left(encode(decode(md5('refresh' || n), 'hex'), 'base64'), 22), '+/', '-_'),
  pg_temp.id('user', 1 + pg_temp.mix((n + 1) / 2, 11) % 5000)::text, n % 2 = 1, pg_temp.instant((n + 1) / 2, 12),
  pg_temp.instant((n + 1) / 2, 12) + interval '1 hour',
  CASE WHEN n % 2 = 0 THEN translate(left(encode(decode(md5('refresh' || n - 1), 'hex'), 'base64'), 22), '+/', '-_') END,
  pg_temp.id('session', (n + 1) / 2)
FROM generate_series(1, 6000) AS n ORDER BY n;

INSERT INTO profiles (id, full_name, user_type, phone, home, bio, languages, preferences, identity_verified, trust_score, birth_date,
  created_at, updated_at)
SELECT pg_temp.id('user', n), pg_temp.pick(first_names, pg_temp.mix(n, 2)) || ' ' || pg_temp.pick(last_names, pg_temp.mix(n, 3)),
  (CASE WHEN n <= 3 THEN 'administrateur' WHEN n % 40 = 0 THEN 'agence' WHEN n % 5 = 0 THEN 'propriétaire' ELSE 'locataire' END)::user_type,
  CASE WHEN n % 3 <> 0 THEN '+22507' || lpad(n::text, 8, '0') END,
  CASE WHEN n % 4 <> 0 THEN ROW(format('Rue %s, porte %s', pg_temp.mix(n, 4) % 90, n % 60), pg_temp.pick(quarters, n),
  pg_temp.pick(cities, n),
    CASE WHEN n % 8 = 1 THEN 'près de la "mosquée", (carrefour)' END)::address END,
  CASE WHEN n % 3 = 0 THEN pg_temp.prose(n, 2) END,
  CASE n % 4 WHEN 0 THEN '{fr,dioula}'::text[] WHEN 1 THEN '{fr,"baoulé"}' WHEN 2 THEN '{}' ELSE '{fr,en,NULL}' END,
  jsonb_build_object('notifications', jsonb_build_object('email', n % 2 = 0, 'sms', n % 5 = 0), 'budget', 50000 + n % 90 * 5000,
  'quartiers', jsonb_build_array(pg_temp.pick(quarters, n), pg_temp.pick(quarters, n + 3))),
  n % 3 = 0, CASE WHEN n % 5 <> 1 THEN (pg_temp.mix(n, 6) % 1000) / 100.0 END, date '1960-01-01' + (pg_temp.mix(n, 7) % 16000)::int,
  pg_temp.instant(n, 1), pg_temp.instant(n, 1) + interval '41 days'
FROM words, generate_series(1, 5000) AS n;

INSERT INTO properties (id, owner_id, title, description, location, coordinates, status, monthly_rent, charges, deposit_months,
  surface_m2, rooms, amenities, details, available_from, created_at, updated_at)
SELECT pg_temp.id('property', n), pg_temp.id('user', 5 * (1 + pg_temp.mix(n, 21) % 1000)),
  format('%s %s pièces à %s', pg_temp.pick(kinds, pg_temp.mix(n, 22)), 1 + n % 6, pg_temp.pick(quarters, pg_temp.mix(n, 23))),
  CASE WHEN n % 50 <> 0 THEN pg_temp.prose(n, 4 + (n % 4)::int) END,
  ROW(format('Îlot %s, lot %s', pg_temp.mix(n, 24) % 300, n % 40), pg_temp.pick(quarters, pg_temp.mix(n, 23)), pg_temp.pick(cities,
  pg_temp.mix(n, 25)), pg_temp.pick(ARRAY[NULL, '', 'derrière la pharmacie'], n))::address,
  point(-4.2 + (pg_temp.mix(n, 26) % 400000) / 1e6, 5.2 + (pg_temp.mix(n, 27) % 300000) / 1e6),
  (enum_range(NULL::property_status))[1 + pg_temp.mix(n, 28) % 5], 40000 + pg_temp.mix(n, 29) % 190 * 5000, n % 7 * 2500.50, n % 4,
  12 + (pg_temp.mix(n, 30) % 24000) / 100.0, 1 + n % 6,
  (SELECT coalesce(array_agg(a ORDER BY a), '{}') FROM unnest(amenities) WITH ORDINALITY AS u(a, i) WHERE pg_temp.mix(n, i::int) % 3 = 0),
  jsonb_build_object('étage', n % 5, 'meublé', n % 3 = 0, 'compteurs', jsonb_build_object('eau', 'SODECI-' || n, 'électricité',
  'CIE-' || pg_temp.mix(n, 31)), 'transport', jsonb_build_array('gbaka', 'bateau-bus 🚤'), 'note', NULL),
  CASE WHEN n % 3 = 0 THEN date '2026-01-01' + (n % 300)::int END, pg_temp.instant(n, 32), pg_temp.instant(n, 32) + interval '9 days'
FROM words, generate_series(1, 5000) AS n ORDER BY n;

INSERT INTO property_images (property_id, storage_path, caption, position, width, height, created_at)
SELECT pg_temp.id('property', 1 + n / 4), format('properties/%s/photo-%s.webp', pg_temp.id('property', 1 + n / 4), n % 4),
  pg_temp.pick(ARRAY['Façade', 'Séjour', NULL, 'Cuisine d''été'], n), n % 4, 1200 + n % 400, 800 + n % 300, pg_temp.instant(1 + n / 4, 32)
FROM generate_series(0, 12999) AS n ORDER BY n;

INSERT INTO rental_applications (id, property_id, applicant_id, status, monthly_income, cover_letter, guarantors, score, created_at,
  decided_at)
SELECT pg_temp.id('application', n), pg_temp.id('property', 1 + n % 5000), pg_temp.id('user', 1 + pg_temp.mix(n, 41) % 5000),
  (enum_range(NULL::application_status))[1 + n % 4],
  CASE WHEN n % 6 <> 0 THEN 150000 + pg_temp.mix(n, 42) % 900 * 1000 END, CASE WHEN n % 5 <> 0 THEN pg_temp.prose(n, 3) END,
  CASE WHEN n % 2 = 0 THEN jsonb_build_array(jsonb_build_object('nom', pg_temp.pick(last_names, n), 'lien', 'frère', 'revenu',
  1e5 + n)) END, (pg_temp.mix(n, 43) % 10000) / 9999.0::real,
  pg_temp.instant(n, 44), CASE WHEN n % 4 <> 0 THEN pg_temp.instant(n, 44) + interval '4 days 3 hours' END
FROM words, generate_series(1, 7000) AS n ON CONFLICT DO NOTHING;

INSERT INTO leases (id, number, property_id, tenant_id, application_id, term, monthly_rent, clauses, signed_at, signatures)
SELECT pg_temp.id('lease', n), nextval('lease_number_seq'), property_id, applicant_id, id,
  daterange('2025-01-01'::date + (n % 200)::int, CASE WHEN n % 10 <> 0 THEN '2026-12-31'::date END),
  60000 + n % 150 * 2500, ARRAY['Loyer payable d''avance', 'Sous-location interdite, sauf accord "écrit"', pg_temp.prose(n, 1)],
  CASE WHEN n % 12 <> 0 THEN decided_at + interval '1 day' END,
  jsonb_build_object('locataire', md5('sig' || n), 'propriétaire', CASE WHEN n % 12 <> 0 THEN md5('gis' || n) END)
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM (SELECT DISTINCT ON (property_id) * FROM rental_applications WHERE status = 'acceptée' ORDER BY property_id, id) AS one) AS accepted
ORDER BY n;

INSERT INTO payments (lease_id, due_on, paid_at, amount, method, operator_reference)
SELECT l.id, due::date, CASE WHEN k % 23 <> 0 THEN due + (pg_temp.mix(k, 51) % 12 - 2) * interval '1 day' + interval '9 hours' END,
  l.monthly_rent,
  CASE WHEN k % 23 <> 0 THEN (enum_range(NULL::payment_method))[1 + pg_temp.mix(k, 52) % 6] END,
  CASE WHEN k % 23 <> 0 THEN format('PP%s.%s', to_char(due, 'YYMMDD'), upper(left(md5('op' || k), 10))) END
FROM (SELECT l.*, due, row_number() OVER (ORDER BY l.number, due) AS k FROM leases l, generate_series(timestamp '2024-12-05',
  timestamp '2026-11-05', interval '1 month') AS due) AS l, LATERAL (SELECT l.due::timestamptz) AS at(instant)
ORDER BY k;

INSERT INTO visits (property_id, visitor_id, during, cancelled, feedback)
SELECT pg_temp.id('property', 1 + n % 5000), pg_temp.id('user', 1 + pg_temp.mix(n, 61) % 5000), tstzrange(start,
  start + interval '45 minutes'), n % 11 = 0, CASE WHEN n % 4 = 0 THEN pg_temp.pick(phrases, n) END
FROM words, generate_series(1, 10000) AS n,
  LATERAL (SELECT timestamptz '2026-09-01 08:00+00' + n / 5000 * interval '1 day' + n % 9 * interval '1 hour' AS start) AS at ORDER BY n;

INSERT INTO messages (id, thread_id, reply_to, sender_id, recipient_id, body, attachments, read_at, created_at)
SELECT pg_temp.id('message', n), pg_temp.id('thread', n / 12), CASE WHEN n % 12 <> 0 THEN pg_temp.id('message', n - 1) END,
  pg_temp.id('user', 1 + n / 12 % 2500 + n % 2 * 2500), pg_temp.id('user', 1 + n / 12 % 2500 + (n + 1) % 2 * 2500),
  CASE WHEN n % 800 = 0 THEN E'Bail complet, à lire:\r\n' || repeat(pg_temp.prose(n, 9) || E'\n',
  90) WHEN n % 6 = 0 THEN pg_temp.prose(n, 6) ELSE pg_temp.pick(phrases, pg_temp.mix(n, 71)) || ' ' || pg_temp.pick(phrases, n) END,
  CASE WHEN n % 30 = 0 THEN jsonb_build_array(jsonb_build_object('nom', 'reçu n° ' || n || '.pdf', 'taille', n * 13)) END,
  CASE WHEN n % 5 <> 0 THEN pg_temp.instant(n / 12, 72) + (n % 12 + 1) * interval '3 hours' END, pg_temp.instant(n / 12,
  72) + n % 12 * interval '3 hours'
FROM words, generate_series(0, 13199) AS n;

INSERT INTO documents (id, owner_id, lease_id, kind, file_name, content, scan, created_at)
SELECT pg_temp.id('document', n), coalesce(l.tenant_id, pg_temp.id('user', 1 + pg_temp.mix(n, 81) % 5000)), l.id,
  pg_temp.pick(ARRAY['bail', 'cni', 'fiche_de_paie', 'quittance'], n), pg_temp.pick(ARRAY['Bail signé', 'pièce d''identité', 'paie',
  'quittance été'], n) || ' ' || n || '.pdf',
  CASE WHEN n % 29 <> 0 THEN '\x255044462d312e370a00ff'::bytea || (SELECT string_agg(decode(md5('doc' || n || '/' || i), 'hex'),
  NULL) FROM generate_series(1, 20 + n % 80) AS i) END, CASE WHEN n <= 24 THEN 760000 + n END, pg_temp.instant(n, 82)
FROM generate_series(1, 1200) AS n LEFT JOIN (SELECT *,
  row_number() OVER (ORDER BY number) AS k FROM leases) AS l ON l.k = n AND n % 4 = 0;

INSERT INTO notifications (user_id, channel, payload, seen, created_at)
SELECT pg_temp.id('user', 1 + pg_temp.mix(n, 91) % 5000), pg_temp.pick(ARRAY['email', 'sms', 'push'], n), jsonb_build_object('titre',
  pg_temp.pick(phrases, n), 'corps', pg_temp.pick(sentences, pg_temp.mix(n, 92)), 'lien', '/annonces/' || pg_temp.id('property',
  1 + n % 5000), 'icône', '🏠'),
  CASE n % 3 WHEN 0 THEN true WHEN 1 THEN false END, pg_temp.instant(n, 93)
FROM words, generate_series(1, 11000) AS n ORDER BY n;

INSERT INTO reviews (property_id, author_id, stars, comment, created_at)
SELECT pg_temp.id('property', 1 + n % 5000), pg_temp.id('user', 1 + pg_temp.mix(n, 101) % 5000), 1 + pg_temp.mix(n, 102) % 5,
  CASE WHEN n % 3 <> 0 THEN pg_temp.prose(n, 1) END, pg_temp.instant(n, 103)
FROM generate_series(1, 4000) AS n ON CONFLICT DO NOTHING;

INSERT INTO audit_log (at, actor, table_name, operation, before, after, address)
SELECT pg_temp.instant(n, 111), CASE WHEN n % 10 <> 0 THEN tenant_id END, 'leases', pg_temp.pick(ARRAY['I', 'U', 'U', 'D'], n),
  CASE WHEN n % 4 <> 0 THEN to_jsonb(l) - 'k' END, CASE WHEN n % 4 <> 3 THEN to_jsonb(l) - 'clauses' - 'k' END,
  ('41.66.' || n % 256 || '.7')::inet
FROM generate_series(1, 3000) AS n JOIN (SELECT *,
  row_number() OVER (ORDER BY number) AS k FROM leases) AS l ON l.k = 1 + n % 1000 ORDER BY n;

INSERT INTO "État des lieux ""entrée/sortie""" ("n° de pièce", bail, "désignation", "état; général", "Photos\jointes")
SELECT piece, pg_temp.id('lease', n), pg_temp.pick(ARRAY['Séjour', 'Cuisine', 'Salle d''eau', 'Chambre "parents"'], piece),
  pg_temp.pick(ARRAY['neuf', E'usé\\rayé', NULL, E'fissure;\tà réparer'], n + piece),
  CASE WHEN n % 2 = 0 THEN ARRAY['C:\photos\' || n || '.jpg', NULL, ''] END
FROM generate_series(1, 400) AS n, generate_series(1, 4) AS piece;

INSERT INTO feature_flags VALUES ('paiement-wave', true, '<variants><a part="0.5">é</a></variants>'), ('visite 360°', false, NULL), ('',
  true, NULL);

INSERT INTO storage.buckets (id, name, owner, created_at, updated_at, public, file_size_limit, allowed_mime_types) VALUES
  ('properties', 'properties', NULL, '2024-11-20 06:00+00', '2024-11-20 06:00+00', true, 5242880, '{image/webp,image/jpeg}'),
  ('documents', 'documents', NULL, '2024-11-20 06:00+00', '2024-11-20 06:00+00', false, 20971520, '{application/pdf}');
INSERT INTO storage.objects (id, bucket_id, name, owner, created_at, updated_at, last_accessed_at, metadata, version)
SELECT pg_temp.id('object', id), 'properties', substr(storage_path, 12), NULL, created_at, created_at, created_at,
  jsonb_build_object('eTag', format('"%s"', md5(storage_path)), 'size', 40000 + id * 7, 'mimetype', 'image/webp', 'cacheControl',
  'max-age=3600'), pg_temp.id('version', id)::text
FROM property_images WHERE id <= 5000;

-- Scanned contracts as large objects, with the owner that the application would be.
SET ROLE postgres;
SELECT count(lo_from_bytea((760000 + n)::oid, (SELECT string_agg(decode(md5('scan' || n || '/' || i), 'hex'),
  NULL) FROM generate_series(1, 150 * n) AS i))) AS scans
FROM generate_series(1, 24) AS n;
COMMENT ON LARGE OBJECT 760001 IS 'Premier bail numérisé';
-- Reading all data does not include large objects.
DO $$
BEGIN
  FOR n IN 760001..760024 LOOP
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO backup_reader', n);
  END LOOP;
END
$$;
SELECT setval('public.lease_number_seq', 2024990001, false) AS next_lease_number;
REFRESH MATERIALIZED VIEW public.city_rents;
RESET ROLE;

RESET session_replication_role;
ANALYZE;
