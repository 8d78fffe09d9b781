/** A right that a dump needs on a database. */
export type Right = 'SELECT' | 'SHOW VIEW' | 'TRIGGER' | 'EVENT' | 'LOCK TABLES';

/**
 * Rights that `SHOW GRANTS` does not give on the database, on the whole of it or on everything. A right on single tables does not count:
 * what the user may not see is not in the catalogue either, and nobody would know that the copy lacks it.
 */
export function missingRights(grants: readonly string[], database: string, needed: readonly Right[]): Right[] {
  const [given, takenBack] = [rightsOf('GRANT', 'TO', grants, database), rightsOf('REVOKE', 'FROM', grants, database)];
  const all = given.has('ALL PRIVILEGES') || given.has('ALL');
  return needed.filter((right) => !all && !given.has(right) || takenBack.has(right));
}

/** Of statements of one kind on the database; REVOKE is shown where MySQL's `partial_revokes` is on. */
function rightsOf(verb: string, preposition: string, grants: readonly string[], database: string): Set<string> {
  const rights = new Set<string>();
  const form = new RegExp(`^${verb} (.+?) ON (?:TABLE )?(\\*|\`(?:[^\`]|\`\`)*\`|[^\\s\`.]+)\\.\\* ${preposition} `, 'i');
  for (const grant of grants) {
    const match = form.exec(grant);
    if (!match || !covers(match[2], database)) continue;
    for (const right of match[1].split(',')) rights.add(right.trim().toUpperCase());
  }
  return rights;
}

/** Names in grants are patterns of LIKE: `%` and `_`, each taken as it is behind a backslash. */
function covers(scope: string, database: string): boolean {
  if (scope === '*') return true;
  // Earlier TiDBs write names without quotes.
  const pattern = scope.startsWith('`') ? scope.slice(1, -1).replaceAll('``', '`') : scope;
  let expression = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\' && at + 1 < pattern.length) expression += escaped(pattern[++at]);
    else if (character === '%') expression += '.*';
    else if (character === '_') expression += '.';
    else expression += escaped(character);
  }
  return new RegExp(`^${expression}$`, 'su').test(database);
}

function escaped(character: string): string {
  return /[\w\s]/.test(character) ? character : `\\${character}`;
}
