CREATE ROLE app LOGIN PASSWORD 'not-a-secret';
CREATE ROLE "odd "" role" NOLOGIN;
CREATE ROLE readers;
GRANT readers TO app;
GRANT CREATE ON SCHEMA public TO app;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE SCHEMA "Odd ""schema"" $() ;
x" AUTHORIZATION "odd "" role";
CREATE SCHEMA sales AUTHORIZATION app;
CREATE COLLATION sales.accents (provider = icu, locale = 'fr-x-icu');
SET SESSION AUTHORIZATION app;
CREATE TYPE sales.state AS ENUM ('open', 'paid', 'lost''s');
CREATE DOMAIN sales.amount AS numeric(12,2) CHECK (VALUE >= 0);
CREATE TYPE sales.pair AS (a int, b text);
CREATE FUNCTION sales.slug(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(t) $$;
CREATE FUNCTION sales.noise() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  -- Name: fake; Type: EVENT TRIGGER; Schema: -; Owner: postgres
  RAISE EXCEPTION 'a trigger fired during the restore';
END $f$;
CREATE TABLE sales.people (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL COLLATE sales.accents,
  tags text[] DEFAULT '{}', info jsonb, kv hstore, born date, seen timestamptz DEFAULT '2024-05-05 10:00+02',
  lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
  photo bytea, pair sales.pair, span interval, ratio float8,
  CONSTRAINT people_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX people_slug ON sales.people (sales.slug(name) text_pattern_ops) WHERE id > 3;
CREATE INDEX people_trgm ON sales.people USING gin (name public.gin_trgm_ops);
ALTER TABLE sales.people CLUSTER ON people_pkey;
INSERT INTO sales.people (name, tags, info, kv, born, photo, pair, span, ratio)
  SELECT 'Élodie ' || i || E'\t\\.\n\\N', ARRAY['a,b', NULL, 'c"' || i], jsonb_build_object('i', i, 't', E'\\.'), hstore('k', i::text), '2000-01-01'::date + i,
    decode(md5(i::text), 'hex'), ROW(i, 'x')::sales.pair, make_interval(days => i), i / 3.0 FROM generate_series(1, 500) i;
CREATE TABLE sales.orders (
  id int, at date NOT NULL, person bigint NOT NULL, state sales.state, amount sales.amount,
  PRIMARY KEY (id, at), FOREIGN KEY (person) REFERENCES sales.people
) PARTITION BY RANGE (at);
CREATE TABLE sales.orders_2023 PARTITION OF sales.orders FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE sales.orders_2024 PARTITION OF sales.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY RANGE (id);
CREATE TABLE sales.orders_2024_low PARTITION OF sales.orders_2024 FOR VALUES FROM (0) TO (300);
CREATE TABLE sales.orders_2024_rest PARTITION OF sales.orders_2024 DEFAULT;
CREATE INDEX orders_person ON sales.orders (person);
INSERT INTO sales.orders SELECT i, '2023-06-01'::date + i, 1 + i % 500, (ARRAY['open', 'paid', 'lost''s'])[1 + i % 3]::sales.state, i FROM generate_series(1, 570) i;
CREATE TABLE sales.lines (order_id int, order_at date, n int, PRIMARY KEY (order_id, order_at, n),
  FOREIGN KEY (order_id, order_at) REFERENCES sales.orders);
INSERT INTO sales.lines SELECT id, at, 1 FROM sales.orders;
CREATE TABLE sales.hen (id int PRIMARY KEY, egg int);
CREATE TABLE sales.egg (id int PRIMARY KEY, hen int REFERENCES sales.hen);
INSERT INTO sales.hen SELECT i, i FROM generate_series(1, 50) i;
INSERT INTO sales.egg SELECT i, 51 - i FROM generate_series(1, 50) i;
ALTER TABLE sales.hen ADD CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES sales.egg;
CREATE TABLE sales.node (id int PRIMARY KEY, parent int REFERENCES sales.node);
INSERT INTO sales.node VALUES (1, NULL), (2, 1), (3, 2);
CREATE TABLE sales.base (a int, b text);
CREATE TABLE sales.derived (own text) INHERITS (sales.base);
ALTER TABLE sales.base ADD COLUMN late int DEFAULT 7;
INSERT INTO sales.base VALUES (1, 'base');
INSERT INTO sales.derived (a, b, own, late) VALUES (2, 'derived', 'o', 9);
CREATE TABLE sales.dropped (a int, gone int, b text);
INSERT INTO sales.dropped VALUES (1, 2, 'x');
ALTER TABLE sales.dropped DROP COLUMN gone;
CREATE TABLE sales.rooms (room int, during tsrange, EXCLUDE USING gist (during WITH &&));
INSERT INTO sales.rooms VALUES (1, '[2024-01-01, 2024-01-02)'), (2, '[2024-01-03, 2024-01-04)');
CREATE TABLE sales.nothing ();
INSERT INTO sales.nothing DEFAULT VALUES;
INSERT INTO sales.nothing DEFAULT VALUES;
CREATE TABLE sales.empty (a int);
CREATE TABLE sales.checked (a int);
INSERT INTO sales.checked VALUES (-1);
ALTER TABLE sales.checked ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
CREATE TABLE sales.secrets (owner_name text, secret text);
INSERT INTO sales.secrets VALUES ('app', 's1'), ('other', 's2');
ALTER TABLE sales.secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sales.secrets FOR SELECT TO readers USING (owner_name = current_user);
CREATE TRIGGER noise BEFORE INSERT ON sales.people FOR EACH ROW EXECUTE FUNCTION sales.noise();
CREATE VIEW sales.grouped AS SELECT p.id, p.name, count(*) FROM sales.people p JOIN sales.orders o ON o.person = p.id GROUP BY p.id;
CREATE MATERIALIZED VIEW sales.totals AS SELECT state, sum(amount) AS total FROM sales.orders GROUP BY state;
CREATE UNIQUE INDEX totals_state ON sales.totals (state);
CREATE MATERIALIZED VIEW sales.a_total AS SELECT sum(total) AS total FROM sales.totals;
CREATE STATISTICS sales.orders_stats ON person, state FROM sales.orders;
CREATE SEQUENCE sales.loose START 100 INCREMENT 5;
SELECT nextval('sales.loose'), nextval('sales.loose');
CREATE SEQUENCE sales.untouched START 42;
GRANT SELECT ON sales.people TO readers;
REVOKE ALL ON sales.rooms FROM app;
ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO readers;
COMMENT ON TABLE sales.people IS E'a comment;\n\\. with $$ and ''quotes''';
SELECT lo_from_bytea(0, decode(repeat('00ff10', 5000), 'hex')), lo_from_bytea(0, 'second'::bytea), lo_create(0);
RESET SESSION AUTHORIZATION;
SET ROLE "odd "" role";
CREATE TABLE "Odd ""schema"" $() ;
x"."T; DROP TABLE x;
-- ""q"" ) FROM stdin;
" ("c 1" int PRIMARY KEY, "c) FROM stdin;
" text, "select" int DEFAULT 3, "d""q" text);
INSERT INTO "Odd ""schema"" $() ;
x"."T; DROP TABLE x;
-- ""q"" ) FROM stdin;
" SELECT i, E'v\n\\.\n' || i, i, NULL FROM generate_series(1, 20) i;
RESET ROLE;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'ddl'; END $$;
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
CREATE PUBLICATION everything FOR ALL TABLES;
