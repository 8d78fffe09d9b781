import type { LeftOut } from '../../../lib/contract/manifest';
import type { PartEncryption } from '../../runtime/engine';
import { quoteIdent, quoteLiteral } from './copy-format';
import type { StoredSetting } from './database-facts';
import type { DatabaseNotes, PostgresNotes } from './notes';
import type { ServerFacts } from './preflight';
import { databaseSettings } from './settings-sql';

export interface Script {
  readonly name: string;
  readonly kind: string;
  readonly text: string;
}

/** Small scripts of one database, beside its parts. */
export function databaseScripts(notes: DatabaseNotes, settings: readonly StoredSetting[], server: Pick<ServerFacts, 'major'>): Script[] {
  const refresh = [
    '-- After rows, indexes and keys: materialized views in the order they need, and statistics for the planner.',
    'SET client_encoding = \'UTF8\';',
    'SET search_path = \'\';',
    ...notes.materializedViews.map((name) => `REFRESH MATERIALIZED VIEW ${name};`),
    'ANALYZE;',
    '',
  ];
  return [
    { name: 'create.sql', kind: 'create', text: createDatabase(notes, server.major) },
    { name: 'settings.sql', kind: 'settings', text: databaseSettings(settings) },
    { name: 'refresh.sql', kind: 'refresh', text: refresh.join('\n') },
  ];
}

function createDatabase(notes: DatabaseNotes, major: number): string {
  const locale = notes.locale ?? '';
  const provider = {
    libc: major >= 15 ? ' LOCALE_PROVIDER libc' : '',
    icu: ` LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)}`,
    builtin: ` LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(locale)}`,
    default: '',
  }[notes.localeProvider];
  const name = quoteIdent(notes.name);
  return [
    'SET client_encoding = \'UTF8\';',
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING ${quoteLiteral(notes.encoding)}${provider} LC_COLLATE ${quoteLiteral(notes.collate)} LC_CTYPE ${quoteLiteral(notes.ctype)};`,
    `ALTER DATABASE ${name} OWNER TO ${quoteIdent(notes.owner)};`,
    '',
  ].join('\n');
}

/** A word of bash that means exactly this text. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

/** A default server has 6,400 locks (max_locks_per_transaction × max_connections); a table with its own takes up to four. */
const ONE_TRANSACTION_TABLES = 1000;

/** What differs in the script for a copy that is encrypted. */
function opening(encryption: PartEncryption | undefined) {
  if (!encryption) {
    return {
      usage: '',
      tools: 'psql pg_restore zstd',
      functions: `# Where the plain file lies.
open() { opened=$1; }
unpack() { zstd --decompress --quiet --stdout "$1"; }`,
    };
  }
  return {
    usage: `# The copy is encrypted: AGE_IDENTITY names the file of an identity (AGE-SECRET-KEY-1…) of one of
${encryption.recipients.map((recipient) => `#   ${recipient}`).join('\n')}
# All but the rows is decrypted into a folder under TMPDIR that only you can read, and removed at the end; large objects are in it.
`,
    tools: 'psql pg_restore zstd age',
    functions: `identity=\${AGE_IDENTITY:?name the file of an age identity that opens the copy}
[ -r "$identity" ] || { echo "$0: AGE_IDENTITY: $identity cannot be read" >&2; exit 2; }
identity=$(cd "$(dirname "$identity")" && pwd)/$(basename "$identity")
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

decrypt() { age --decrypt --identity "$identity" "$1"; }
# Decrypts it whole before anybody reads it: where the plain file lies.
open() { opened=$work/$(basename "$1") && decrypt "$1${encryption.suffix}" > "$opened"; }
unpack() { decrypt "$1" | zstd --decompress --quiet --stdout; }`,
  };
}

/** Restores the whole copy with psql, pg_restore, zstd and, where it is encrypted, age alone. */
export function restoreScript(notes: PostgresNotes, encryption?: PartEncryption): string {
  const single = notes.databases.length === 1;
  const { usage, tools, functions } = opening(encryption);
  const suffix = encryption?.suffix ?? '';
  const calls = notes.databases.map(({ name, directory }) => (single
    ? `restore_database ${directory} "$target"`
    : `create_database ${directory} ${shellQuote(name)}\nexport PGDATABASE=${shellQuote(name)}\nrestore_database ${directory} "$server"`));
  return `#!/usr/bin/env bash
# Restores this copy with PostgreSQL's own tools${encryption ? ', zstd and age' : ' and zstd'}. Run it in the folder that holds the copy's parts.
#
#   ./restore.sh ${single ? 'postgres://user@host:5432/database    an empty database' : 'postgres://user@host:5432          the databases are created'}
#
# The password comes from the URL, PGPASSWORD or ~/.pgpass (only the last two keep it out of the list of processes).
# JOBS (default 2) is how many indexes are built side by side.
${usage}set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 postgres://user@host:port${single ? '/database' : ''}" >&2; exit 2; }
for tool in ${tools}; do
  command -v "$tool" > /dev/null || { echo "$0: $tool is missing" >&2; exit 2; }
done
${functions}
cd "$(dirname "$0")"
target=$1
# The address without a database: PGDATABASE names it then.
server=$(printf '%s' "$target" | sed -E 's#^(postgres(ql)?://[^/?]*)/?[^?]*#\\1#')
jobs=\${JOBS:-2}
maintenance=\${MAINTENANCE_DATABASE:-postgres}

sql() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null "$@"; }

# Creates it, or takes one that is there and empty; never writes into one that holds something.
create_database() {
  local there
  there=$(printf '%s' "SELECT count(*) FROM pg_catalog.pg_database WHERE datname = :'name'" \\
    | PGDATABASE=$maintenance psql --no-psqlrc --quiet --no-align --tuples-only --set=name="$2" --dbname="$server")
  if [ "$there" = 0 ]; then
    open "$1/create.sql"
    PGDATABASE=$maintenance sql --dbname="$server" --file="$opened"
  elif [ "$(PGDATABASE=$2 psql --no-psqlrc --quiet --no-align --tuples-only --dbname="$server" --command="SELECT count(*) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'")" != 0 ]; then
    echo "$0: database $2 exists and is not empty" >&2
    exit 1
  fi
}

structure() { pg_restore --section=pre-data --file=- "$1"; }

rows() {
  local part
  for part in "$1"/rows/*.sql.zst${suffix} "$1/sequences.sql.zst${suffix}"; do
    # Beside && nothing ends by itself: a part that cannot be read must keep COMMIT away.
    [ ! -e "$part" ] || unpack "$part" || return 1
  done
}

restore_database() {
  local directory=$1 to=$2 archive
  open "$directory/schema.dump"
  archive=$opened
  # In a table's own transaction rows are only appended, and keep their order; a server's lock table has no room for thousands of tables.
  if [ "$(pg_restore --list "$archive" | grep -c ' TABLE ')" -le ${ONE_TRANSACTION_TABLES} ]; then
    { echo 'BEGIN;' && structure "$archive" && rows "$directory" && echo 'COMMIT;'; } | sql --dbname="$to"
  else
    structure "$archive" | sql --dbname="$to"
    rows "$directory" | sql --dbname="$to"
  fi
  pg_restore --exit-on-error --section=data --dbname="$to" "$archive"
  pg_restore --exit-on-error --section=post-data --jobs="$jobs" --dbname="$to" "$archive"
  local script
  for script in settings refresh; do
    open "$directory/$script.sql"
    sql --dbname="$to" --file="$opened"
  done
}

open globals.sql
${single ? 'sql --dbname="$target" --file="$opened"' : 'PGDATABASE=$maintenance sql --dbname="$server" --file="$opened"'}
${calls.join('\n')}
echo 'restored'
`;
}

/** The page beside the copy, for a person who has only the bucket. */
export function readme(
  notes: PostgresNotes, version: string, recoveryPoint: Date, leftOut: readonly LeftOut[], sharedSchemas: readonly string[],
  encryption?: PartEncryption,
): string {
  const cell = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const rows = leftOut.map(({ database, kind, name, reason }) => `| ${cell(database ?? '')} | ${cell(kind)} | ${cell(name)} | ${cell(reason)} |`);
  const shared = notes.databases.length > 0 && sharedSchemas.length > 0 ? `
The schemas ${sharedSchemas.join(' and ')} have the host's structure and your rows. A new project of the same host has that structure already:
add ${sharedSchemas.map((name) => `\`--exclude-schema=${name}\``).join(' ')} to both \`pg_restore\` lines, then create your own triggers and policies on those
tables from \`pg_restore --section=post-data --schema-only --file=- db1/schema.dump\`.
` : '';
  const suffix = encryption?.suffix ?? '';
  const archive = encryption ? 'schema.dump' : 'db1/schema.dump';
  const unpack = encryption
    ? `for part in db1/rows/*${suffix} db1/sequences.sql.zst${suffix}; do
     age --decrypt --identity KEYFILE "$part" | zstd --decompress --stdout || exit 1
   done`
    : 'zstd --decompress --stdout db1/rows/*.zst db1/sequences.sql.zst';
  const encrypted = encryption ? `
Everything here but this page and \`restore.sh\` is encrypted by age (https://age-encryption.org). The identity of any one of these opens it:

${encryption.recipients.map((recipient) => `- \`${recipient}\``).join('\n')}

Keep its file (AGE-SECRET-KEY-1…) out of this folder. Here it is KEYFILE; \`age --decrypt --identity KEYFILE globals.sql.age\` shows a file.
` : '';
  return `# A copy of PostgreSQL ${version}, as it was at ${recoveryPoint.toISOString()}

${notes.databases.map(({ name, directory, owner, encoding }) => `- \`${directory}\`: database ${cell(JSON.stringify(name))}, owner ${cell(JSON.stringify(owner))}, ${encoding}`).join('\n')}
${encrypted}
Restore all of it: \`${encryption ? 'AGE_IDENTITY=KEYFILE ' : ''}bash restore.sh postgres://user@host:5432${notes.databases.length === 1 ? '/database' : ''}\`. It needs bash, psql, pg_restore (of the server's own major version: a newer one speaks of settings that an older server lacks)${encryption ? ', zstd and age' : ' and zstd'}.

What it does, for one database into an empty one (\`$URL\`), after the roles of \`globals.sql\`:

\`\`\`sh
${encryption ? `set -o pipefail
age --decrypt --identity KEYFILE db1/schema.dump${suffix} > schema.dump
` : ''}(echo 'BEGIN;' && pg_restore --section=pre-data --file=- ${archive} &&
  ${unpack} && echo 'COMMIT;') | psql --set=ON_ERROR_STOP=1 --dbname="$URL"
pg_restore --section=data --dbname="$URL" ${archive}
pg_restore --section=post-data --jobs=2 --dbname="$URL" ${archive}
\`\`\`

then \`settings.sql${suffix}\` and \`refresh.sql${suffix}\` of the same folder (settings of the database, materialized views, statistics).

- \`schema.dump${suffix}\`: pg_dump's own format, everything but rows; large objects are in it. If it has user mappings, their options are too: keep it as you keep a secret.
- \`rows/*.sql.zst${suffix}\`: COPY blocks; one table is easily taken out by hand.
- \`globals.sql${suffix}\`: roles without passwords, memberships and role settings.
- \`census.json.zst${suffix}\`: rows and SHA-256 of each table's COPY text.
${shared}
## What is not in this copy

| database | kind | name | why |
|---|---|---|---|
${rows.join('\n')}
`;
}
