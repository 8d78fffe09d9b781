import type { Dataset, DatasetOptions } from '../../engine';
import { describeSize, SMALL_TABLE_ROWS, weightOf } from '../../dataset-shape';

/** INSERT text of one row of each form, measured; only the split between tables hangs on it. */
const EVENT_BYTES = 333;
const FORM_BYTES = [184, 182, 216] as const;
const ACCOUNT_BYTES = 176;
/** The dominating table is filled in pieces, each a transaction that the server can keep in memory. */
const PIECES = 16;
const PHRASES = 16_384;
const WORDS = [
  'loyer', 'quartier', 'visite', 'contrat', 'bureau', 'semaine', 'paiement', 'client', 'adresse', 'retard', 'facture', 'demande', 'maison', 'service',
  'numéro', 'été', 'dossier', 'réponse', 'société', 'période', 'montant', 'chauffe-eau', 'jardin', 'garage', 'préavis', 'caution', 'agence', '🏠 courrier',
];

/** The statements that make a data set; the same options make the same rows. */
export function datasetOf(options: DatasetOptions): Dataset {
  if (options.smallTables > 0) return smallTables(options.smallTables);
  const { description, share, tables } = describeSize(options);
  return { description, phases: dominated(options.sizeBytes, tables, share) };
}

/** A number that looks like chance and is none. */
function hash(expression: string, salt = 0): string {
  return `CRC32(CONCAT('${salt}-', ${expression}))`;
}

/** The server takes only what has a version and a variant in its places. */
function uuid(expression: string): string {
  return `CAST(INSERT(INSERT(MD5(${expression}), 13, 1, '4'), 17, 1, 'a') AS uuid)`;
}

function phrases(): string {
  const words = WORDS.map((word) => `'${word}'`).join(',');
  const some = Array.from({ length: 12 }, (_, i) => `ELT(1 + ${hash('seq', i)} % ${WORDS.length}, ${words})`);
  return `CREATE TABLE bench_phrases (id int NOT NULL PRIMARY KEY, text varchar(255) NOT NULL)
    SELECT seq AS id, CONCAT_WS(' ', ${some.join(', ')}) AS text FROM seq_0_to_${PHRASES - 1}`;
}

function phrase(salt: number): string {
  return `JOIN bench_phrases AS p ON p.id = ${hash('n.seq', salt)} % ${PHRASES}`;
}

const EVENTS = `CREATE TABLE events (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, account_id int NOT NULL, kind varchar(20) NOT NULL,
  occurred_at timestamp(3) NOT NULL DEFAULT '2024-01-01 00:00:00', amount decimal(14,2), payload json NOT NULL, note text, flags bit(12), device uuid,
  address inet6, closed boolean)`;

function events(first: number, last: number, accounts: number): string {
  return `INSERT INTO events SELECT n.seq, 1 + ${hash('n.seq')} % ${accounts}, ELT(1 + n.seq % 4, 'paiement', 'visite', 'message', 'alerte'),
    TIMESTAMP'2024-01-01 00:00:00' + INTERVAL n.seq * 23.717 SECOND, IF(n.seq % 9 <> 0, ${hash('n.seq', 1)} % 100000000 / 100, NULL),
    JSON_OBJECT('reference', MD5(n.seq), 'step', n.seq % 17, 'ok', n.seq % 5 <> 0, 'device', CONCAT('Android ', n.seq % 7)),
    CONCAT(p.text, ' #', n.seq), n.seq % 4096, IF(n.seq % 3 = 0, ${uuid("CONCAT('device ', n.seq % 50000)")}, NULL),
    CONCAT('::ffff:10.', n.seq % 256, '.', n.seq DIV 256 % 256, '.1'), n.seq % 2
  FROM seq_${first}_to_${last} AS n ${phrase(3)}`;
}

function dominated(sizeBytes: number, tables: number, share: number): string[][] {
  const accounts = Math.max(100, Math.round(sizeBytes * 0.01 / ACCOUNT_BYTES));
  const rows = Math.round(sizeBytes * share / EVENT_BYTES);
  const piece = Math.ceil(rows / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, i) => events(i * piece + 1, Math.min(rows, (i + 1) * piece), accounts));
  const side = Array.from({ length: tables }, (_, i) => sideTable(i, sideRows(i, tables, sizeBytes * (1 - share - 0.01)), accounts));
  const parent = tables > 0;
  return [
    [phrases()],
    [
      EVENTS, ...side.map(({ create }) => create),
      ...(parent ? ['CREATE TABLE accounts (id int NOT NULL PRIMARY KEY, name varchar(300) NOT NULL, email varchar(190) NOT NULL, opened_on date NOT NULL, settings json)'] : []),
    ],
    // One lane holds the dominating table: its pieces come in the order of its key.
    [
      pieces.join(';'), ...side.map(({ fill }) => fill),
      ...(parent ? [`INSERT INTO accounts SELECT n.seq, CONCAT('Client ', n.seq, ' ', p.text), CONCAT('client', n.seq, '@example.org'),
        DATE'2020-01-01' + INTERVAL n.seq % 2000 DAY, '{"langue": "fr"}' FROM seq_1_to_${accounts} AS n ${phrase(2)}`] : []),
    ],
    [
      'DROP TABLE bench_phrases', 'ALTER TABLE events ADD KEY by_account (account_id, occurred_at), ADD KEY by_kind (kind, amount), ADD KEY by_time (occurred_at)',
      ...side.map(({ keys }) => keys), ...(parent ? ['ALTER TABLE accounts ADD UNIQUE KEY by_email (email)'] : []),
    ],
    parent ? [['events', ...side.map(({ name }) => name)].map((name) => `ALTER TABLE ${name} ADD FOREIGN KEY (account_id) REFERENCES accounts (id)`).join(';')] : [],
    [`ANALYZE TABLE events${parent ? ', accounts' : ''}${side.map(({ name }) => `, ${name}`).join('')}`],
  ];
}

function sideRows(index: number, tables: number, bytes: number): number {
  return Math.max(10, Math.round(bytes * weightOf(index, tables) / FORM_BYTES[index % FORM_BYTES.length]));
}

interface SideTable {
  readonly name: string;
  readonly create: string;
  readonly fill: string;
  readonly keys: string;
}

function sideTable(index: number, rows: number, accounts: number): SideTable {
  const number = String(index + 1).padStart(2, '0');
  const account = `1 + ${hash('n.seq', index)} % ${accounts}`;
  const from = `FROM seq_1_to_${rows} AS n`;
  switch (index % FORM_BYTES.length) {
    case 0: {
      const name = `comments_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, account_id int NOT NULL, body text NOT NULL, written_at datetime NOT NULL, stars tinyint)`,
        fill: `INSERT INTO ${name} SELECT n.seq, ${account}, CONCAT(p.text, '\\n', MD5(n.seq), ' «', n.seq, '» à suivre…'), TIMESTAMP'2025-01-01 00:00:00' + INTERVAL n.seq MINUTE,
          NULLIF(n.seq % 6, 5) ${from} ${phrase(0)}`,
        keys: `ALTER TABLE ${name} ADD KEY by_account (account_id)`,
      };
    }
    case 1: {
      const name = `lines_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id uuid NOT NULL PRIMARY KEY, account_id int NOT NULL, price decimal(12,4) NOT NULL, quantity double, label varchar(120), paid_on date)`,
        fill: `INSERT INTO ${name} SELECT ${uuid('n.seq')}, ${account}, ${hash('n.seq')} % 90000000 / 10000, n.seq / 7e0, LEFT(p.text, 80),
          IF(n.seq % 6 <> 0, DATE'2024-01-01' + INTERVAL n.seq % 900 DAY, NULL) ${from} ${phrase(5)}`,
        keys: `ALTER TABLE ${name} ADD KEY by_account (account_id, paid_on), ADD KEY by_price (price)`,
      };
    }
    default: {
      const name = `documents_${number}`;
      return {
        name, create: `CREATE TABLE ${name} (id bigint NOT NULL PRIMARY KEY, account_id int NOT NULL, content blob, properties json, title varchar(120))`,
        fill: `INSERT INTO ${name} SELECT n.seq, ${account}, UNHEX(CONCAT(MD5(n.seq), MD5(n.seq + 1))), JSON_OBJECT('pages', n.seq % 30, 'langue', 'fr', 'état', 'signé'), LEFT(p.text, 60)
          ${from} ${phrase(7)}`,
        keys: `ALTER TABLE ${name} ADD KEY by_title (title)`,
      };
    }
  }
}

function smallTables(count: number): Dataset {
  const names = Array.from({ length: count }, (_, i) => `small_${i + 1}`);
  const tables = names.map((name) => [
    `CREATE TABLE ${name} (id int NOT NULL PRIMARY KEY, label varchar(100) NOT NULL, price decimal(10,2), at timestamp NOT NULL DEFAULT '2026-01-01 00:00:00', KEY by_label (label))`,
    `INSERT INTO ${name} SELECT seq, CONCAT('ligne ', seq, ' de ${name}'), seq * 1.5, TIMESTAMP'2026-01-01 00:00:00' + INTERVAL seq HOUR FROM seq_1_to_${SMALL_TABLE_ROWS}`,
  ].join(';'));
  return { description: `${count} tables of ${SMALL_TABLE_ROWS} rows`, phases: [tables] };
}
