import { describeSize, SMALL_TABLE_ROWS, weightOf } from '../../dataset-shape';
import type { Dataset, DatasetOptions } from '../../engine';

/** COPY text of one row of each form, measured; only the split between tables hangs on it. */
const EVENT_BYTES = 311;
const FORM_BYTES = [176, 156, 186] as const;
const ACCOUNT_BYTES = 160;
/** The dominating table is filled in pieces, so that two connections share the work. */
const PIECES = 8;
const SMALL_TABLES_A_STATEMENT = 250;

/** The statements that make a data set; the same options make the same rows. */
export function datasetOf(options: DatasetOptions): Dataset {
  if (options.smallTables > 0) return smallTables(options.smallTables);
  const { description, share, tables } = describeSize(options);
  return dominated(options.sizeBytes, tables, description, share);
}

const PHRASES = `CREATE TABLE bench_phrases AS SELECT n AS id, (
  SELECT string_agg((ARRAY['loyer','quartier','visite','contrat','bureau','semaine','paiement','client','adresse','retard','facture','demande','maison','service',
    'numéro','été','dossier','réponse','société','période','montant','chauffe-eau','jardin','garage','préavis','caution','agence','courrier'])[1 + abs(hashint4(n * 97 + i)) % 28], ' ')
  FROM generate_series(1, 12) AS i) AS text FROM generate_series(0, 16383) AS n;
ALTER TABLE bench_phrases ADD PRIMARY KEY (id); ANALYZE bench_phrases`;

const EVENTS = `CREATE TABLE events (id bigint NOT NULL, account_id integer NOT NULL, kind text NOT NULL, occurred_at timestamptz NOT NULL,
  amount numeric(14,2), payload jsonb NOT NULL, note text, tags text[], address inet, closed boolean)`;

function events(first: number, last: number, accounts: number): string {
  return `INSERT INTO events SELECT n, 1 + abs(hashint8(n)) % ${accounts}, (ARRAY['paiement','visite','message','alerte'])[1 + n % 4],
    timestamptz '2024-01-01' + n * interval '23.7 seconds', CASE WHEN n % 9 <> 0 THEN (abs(hashint8(n + 1)) % 100000000) / 100.0 END,
    jsonb_build_object('reference', md5(n::text), 'step', n % 17, 'ok', n % 5 <> 0, 'device', jsonb_build_object('os', 'Android ' || n % 7, 'build', abs(hashint8(n + 2)))),
    p.text || ' #' || n, CASE WHEN n % 3 = 0 THEN ARRAY['a' || n % 50, 'b' || n % 70] END, ('10.' || n % 256 || '.' || n / 256 % 256 || '.1')::inet, n % 2 = 0
  FROM generate_series(${first}::bigint, ${last}::bigint) AS n JOIN bench_phrases p ON p.id = abs(hashint8(n + 3)) % 16384`;
}

function dominated(sizeBytes: number, tables: number, description: string, share: number): Dataset {
  const accounts = Math.max(100, Math.round(sizeBytes * 0.01 / ACCOUNT_BYTES));
  const rows = Math.round(sizeBytes * share / EVENT_BYTES);
  const piece = Math.ceil(rows / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, i) => events(i * piece + 1, Math.min(rows, (i + 1) * piece), accounts));
  const side = Array.from({ length: tables }, (_, i) => ({ ...form(i), rows: sideRows(i, tables, sizeBytes * (1 - share - 0.01)) }));
  const parents = tables > 0;
  return {
    description,
    phases: [
      [PHRASES],
      [EVENTS, ...(parents ? ['CREATE TABLE accounts (id integer NOT NULL, name text NOT NULL, email text NOT NULL, opened_on date NOT NULL, settings jsonb)'] : []),
        ...side.map((table) => table.create)],
      [...pieces, ...side.map((table) => table.fill(table.rows, accounts)), ...(parents ? [accountRows(accounts)] : [])],
      ['DROP TABLE bench_phrases', 'ALTER TABLE events ADD PRIMARY KEY (id)', 'CREATE INDEX ON events (account_id, occurred_at)', 'CREATE INDEX ON events (kind, amount)',
        'CREATE INDEX ON events (occurred_at) WHERE NOT closed', ...side.flatMap((table) => table.indexes),
        ...(parents ? ['ALTER TABLE accounts ADD PRIMARY KEY (id)', 'CREATE UNIQUE INDEX ON accounts (email)'] : [])],
      // Keys that name the same parent lock it in turn: one statement.
      parents ? [['events', ...side.map((table) => table.name)].map((name) => `ALTER TABLE ${name} ADD FOREIGN KEY (account_id) REFERENCES accounts (id)`).join('; ')] : [],
      ['VACUUM (ANALYZE, FREEZE)'],
      ['CHECKPOINT'],
    ],
  };
}

function accountRows(accounts: number): string {
  return `INSERT INTO accounts SELECT n, 'Client ' || n || ' ' || p.text, 'client' || n || '@example.org', date '2020-01-01' + n % 2000, '{"langue": "fr"}'
    FROM generate_series(1, ${accounts}) AS n JOIN bench_phrases p ON p.id = n % 16384`;
}

function sideRows(index: number, tables: number, bytes: number): number {
  return Math.max(10, Math.round(bytes * weightOf(index, tables) / FORM_BYTES[index % FORM_BYTES.length]));
}

interface SideTable {
  readonly name: string;
  readonly create: string;
  readonly indexes: readonly string[];
  fill(rows: number, accounts: number): string;
}

function form(index: number): SideTable {
  const number = String(index + 1).padStart(2, '0');
  switch (index % FORM_BYTES.length) {
    case 0: {
      const name = `comments_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id bigint NOT NULL, account_id integer NOT NULL, body text NOT NULL, written_at timestamp NOT NULL, stars smallint)`,
        indexes: [`ALTER TABLE ${name} ADD PRIMARY KEY (id)`, `CREATE INDEX ON ${name} (account_id)`],
        fill: (rows, accounts) => `INSERT INTO ${name} SELECT n, 1 + abs(hashint8(n + ${index})) % ${accounts}, p.text || E'\\n' || md5(n::text) || ' «' || n || '» à suivre…',
          timestamp '2025-01-01' + n * interval '1 minute', n % 5 FROM generate_series(1, ${rows}) AS n JOIN bench_phrases p ON p.id = abs(hashint8(n)) % 16384`,
      };
    }
    case 1: {
      const name = `lines_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id uuid NOT NULL, account_id integer NOT NULL, price numeric(12,4) NOT NULL, quantity double precision, label varchar(120), paid_on date)`,
        indexes: [`ALTER TABLE ${name} ADD PRIMARY KEY (id)`, `CREATE INDEX ON ${name} (account_id, paid_on)`, `CREATE INDEX ON ${name} (price)`],
        fill: (rows, accounts) => `INSERT INTO ${name} SELECT md5(n::text)::uuid, 1 + abs(hashint8(n + ${index})) % ${accounts}, (abs(hashint8(n)) % 90000000) / 10000.0, n / 7.0,
          left(p.text, 80), CASE WHEN n % 6 <> 0 THEN date '2024-01-01' + (n % 900)::int END
          FROM generate_series(1, ${rows}) AS n JOIN bench_phrases p ON p.id = abs(hashint8(n + 5)) % 16384`,
      };
    }
    default: {
      const name = `documents_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id bigint NOT NULL, account_id integer NOT NULL, content bytea, properties jsonb, title text)`,
        indexes: [`ALTER TABLE ${name} ADD PRIMARY KEY (id)`, `CREATE INDEX ON ${name} USING hash (title)`],
        fill: (rows, accounts) => `INSERT INTO ${name} SELECT n, 1 + abs(hashint8(n + ${index})) % ${accounts}, decode(md5(n::text) || md5((n + 1)::text), 'hex'),
          jsonb_build_object('pages', n % 30, 'langue', 'fr', 'état', 'signé'), left(p.text, 60)
          FROM generate_series(1, ${rows}) AS n JOIN bench_phrases p ON p.id = abs(hashint8(n + 7)) % 16384`,
      };
    }
  }
}

function smallTables(count: number): Dataset {
  const statements: string[] = [];
  for (let first = 1; first <= count; first += SMALL_TABLES_A_STATEMENT) {
    const last = Math.min(count, first + SMALL_TABLES_A_STATEMENT - 1);
    // Each block is a transaction of its own: a table takes several locks, and the lock table has an end.
    statements.push(`DO $$ BEGIN FOR t IN ${first}..${last} LOOP
      EXECUTE format('CREATE TABLE small_%s (id integer PRIMARY KEY, label text NOT NULL, price numeric, at timestamptz)', t);
      EXECUTE format('INSERT INTO small_%s SELECT n, ''ligne '' || n || '' de %s'', n * 1.5, timestamptz ''2026-01-01'' + n * interval ''1 hour'' FROM generate_series(1, ${SMALL_TABLE_ROWS}) AS n', t, t);
      EXECUTE format('CREATE INDEX ON small_%s (label)', t);
    END LOOP; END $$`);
  }
  return { description: `${count} tables of ${SMALL_TABLE_ROWS} rows`, phases: [statements, ['VACUUM (ANALYZE, FREEZE)'], ['CHECKPOINT']] };
}
