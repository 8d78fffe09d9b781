import type { LeftOut } from '../../../lib/contract/manifest';
import type { PartEncryption } from '../../runtime/engine';
import { FLAVORS } from './flavors';
import type { MySqlNotes } from './notes';

/** Restores the whole copy with the family's client, zstd and, where it is encrypted, age alone. */
export function restoreScript(notes: MySqlNotes, encryption?: PartEncryption): string {
  const client = FLAVORS[notes.flavor].family === 'mysql' ? 'mysql' : 'mariadb';
  const suffix = encryption?.suffix ?? '';
  const single = notes.databases.length === 1;
  const calls = notes.databases.map(({ name, directory, characterSet, collation }) =>
    `restore_database ${directory} ${single ? `"\${2:-}"` : '""'} ${shellQuote(name)} ${characterSet} ${collation}`);
  return `#!/usr/bin/env bash
# Restores this copy with ${client}${encryption ? ', zstd and age' : ' and zstd'}. Run it in the folder that holds the copy's parts.
#
#   ./restore.sh OPTION_FILE${single ? ' [DATABASE]' : ''}
#
# OPTION_FILE says where to and as whom, as ${client} reads it ([client] host=, port=, user=, password=), so that no password stands in a list
# of processes. ${single ? 'DATABASE is the copy\'s own name when it is left out; it' : 'Each database'} is created, or must be empty.
${encryption ? `# The copy is encrypted: AGE_IDENTITY names the file of an identity of one of
${encryption.recipients.map((recipient) => `#   ${recipient}`).join('\n')}
` : ''}set -euo pipefail
[ $# -ge 1 ] && [ -r "$1" ] || { echo "usage: $0 OPTION_FILE${single ? ' [DATABASE]' : ''}" >&2; exit 2; }
for tool in ${client} zstd${encryption ? ' age' : ''}; do
  command -v "$tool" > /dev/null || { echo "$0: $tool is missing" >&2; exit 2; }
done
${encryption ? `identity=\${AGE_IDENTITY:?name the file of an age identity that opens the copy}
unpack() { age --decrypt --identity "$identity" "$1" | zstd --decompress --quiet --stdout; }` : 'unpack() { zstd --decompress --quiet --stdout "$1"; }'}
options=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")"
sql() { ${client} --defaults-extra-file="$options" --binary-mode --batch --max-allowed-packet=1G --default-character-set=utf8mb4 "$@"; }

restore_database() {
  local directory=$1 name=\${2:-$3} part quoted
  quoted=\${name//\\\`/\\\`\\\`}
  sql --execute="CREATE DATABASE IF NOT EXISTS \\\`$quoted\\\` CHARACTER SET $4 COLLATE $5"
  if [ -n "$(sql --skip-column-names --database="$name" --execute='SHOW TABLES')" ]; then
    echo "$0: database $name is not empty" >&2
    exit 1
  fi
${notes.flavor === 'tidb' ? `  [ ! -e "$directory/sequences.sql${suffix}" ] || ${encryption ? 'age --decrypt --identity "$identity"' : 'cat'} "$directory/sequences.sql${suffix}" | sql --database="$name"
` : ''}  unpack "$directory/schema.sql.zst${suffix}" | sql --database="$name"
  for part in "$directory"/rows/*.sql.zst${suffix}; do
    [ ! -e "$part" ] || unpack "$part" | sql --database="$name"
  done
  unpack "$directory/after.sql.zst${suffix}" | sql --database="$name"
}

${calls.join('\n')}
echo 'restored'
`;
}

/** The page beside the copy, for a person who has only the bucket. */
export function readme(notes: MySqlNotes, recoveryPoint: Date, leftOut: readonly LeftOut[], encryption?: PartEncryption): string {
  const { title, family } = FLAVORS[notes.flavor];
  const client = family === 'mysql' ? 'mysql' : 'mariadb';
  const suffix = encryption?.suffix ?? '';
  const cell = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const rows = leftOut.map(({ database, kind, name, reason }) => `| ${cell(database ?? '')} | ${cell(kind)} | ${cell(name)} | ${cell(reason)} |`);
  const open = encryption ? `age --decrypt --identity KEYFILE db1/rows/00001.sql.zst${suffix} | zstd --decompress --stdout` : 'zstd --decompress --stdout db1/rows/00001.sql.zst';
  const large = notes.databases.flatMap(({ directory, tables }) => (
    tables.flatMap(({ name, slices }) => (slices ? [{ directory, name, parts: slices.parts }] : []))));
  const encrypted = encryption ? `
Everything here but this page and \`restore.sh\` is encrypted by age (https://age-encryption.org). The identity of any one of these opens it:

${encryption.recipients.map((recipient) => `- \`${recipient}\``).join('\n')}
` : '';
  return `# A copy of ${title} ${notes.serverVersion}, as it was at ${recoveryPoint.toISOString()}

${notes.databases.map(({ name, directory, characterSet, collation, lanes }) => `- \`${directory}\`: database ${cell(JSON.stringify(name))}, ${characterSet}, ${collation}; read by ${lanes.count} ${lanes.count === 1 ? 'tool' : 'tools'} (${cell(lanes.reason)})`).join('\n')}
${encrypted}
Restore all of it: \`bash restore.sh OPTION_FILE\`, with bash, ${client}, zstd${encryption ? ', age' : ''} and an option file that says where to and as whom. The user must be
allowed to name the definers of views, triggers and routines (MariaDB: SET USER; MySQL: SET_USER_ID or SET_ANY_DEFINER).

- \`schema.sql.zst${suffix}\`: tables, views, routines, sequences. \`after.sql.zst${suffix}\`: triggers and events, which must not act on rows that are loaded.
- \`rows/*.sql.zst${suffix}\`: INSERT statements; one table is easily taken out by hand: \`${open} | ${client} DATABASE\`
${large.map(({ directory, name, parts }) => `- table \`${cell(name)}\` of \`${directory}\` lies in ${parts.length} parts, all of which it needs: ${parts.map((part) => `\`${part.slice(directory.length + 1)}\``).join(', ')}\n`).join('')}\
- \`accounts.sql${suffix}\`: accounts without passwords, locked, with their rights; nothing runs it for you.
- \`census.json.zst${suffix}\`: rows and SHA-256 of each table's rows as the dump tool writes them.

## What is not in this copy

| database | kind | name | why |
|---|---|---|---|
${rows.join('\n')}
`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}
