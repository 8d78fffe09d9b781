import type { Client } from 'pg';
import { quoteIdent } from './copy-format';

const NAME = '("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)';
const MEMBERSHIP = new RegExp(`^GRANT ${NAME} TO ${NAME}(?: WITH [A-Z, ]+)?;$`, 'gm');
const BLOCK = /^DO (E?)'((?:[^']|'')*)';$/gm;
const CREATION = new RegExp(`THEN CREATE ROLE ${NAME}( WITH SUPERUSER)?`);

/** What `globals.sql` says of roles; passwords are not in it. */
export interface Globals {
  readonly roles: readonly string[];
  readonly superusers: readonly string[];
  /** `[group, member]`. */
  readonly memberships: readonly (readonly [string, string])[];
}

export function parseGlobals(text: string): Globals {
  const name = (quoted: string): string => (quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted);
  const roles: string[] = [];
  const superusers: string[] = [];
  for (const [, escapes, literal] of text.matchAll(BLOCK)) {
    const plain = literal.replaceAll('\'\'', '\'');
    const creation = CREATION.exec(escapes ? plain.replaceAll('\\\\', '\\') : plain);
    if (!creation) continue;
    roles.push(name(creation[1]));
    if (creation[2]) superusers.push(name(creation[1]));
  }
  const memberships = [...text.matchAll(MEMBERSHIP)].map(([, group, member]) => [name(group), name(member)] as const);
  return { roles, superusers, memberships };
}

/**
 * PostgreSQL's predefined roles: no stub becomes one, and no stub is a member of one, for some of them may run programs and read files
 * of the machine.
 */
export function isPredefined(role: string): boolean {
  return role.startsWith('pg_') || role === '';
}

/**
 * Creates the copy's roles without login and without any power over the server. `group`, when given, gets every stub as a member and
 * is what rights to create in the scratch databases are granted to; `loader` becomes a member of every stub.
 */
export async function createStubRoles(
  administrator: Client, roles: Iterable<string>, globals: Globals, scratch?: { group: string; loader: string },
): Promise<void> {
  const existing = new Set((await administrator.query<{ rolname: string }>('SELECT rolname FROM pg_catalog.pg_roles')).rows.map(({ rolname }) => rolname));
  const wanted = [...new Set([...roles, ...globals.roles])].filter((role) => !isPredefined(role));
  const known = new Set([...existing, ...wanted]);
  const statements: string[] = wanted.filter((role) => !existing.has(role)).map((role) => `CREATE ROLE ${quoteIdent(role)} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION`);
  if (scratch) {
    for (const role of wanted) statements.push(`GRANT ${quoteIdent(role)} TO ${quoteIdent(scratch.loader)}`, `GRANT ${quoteIdent(scratch.group)} TO ${quoteIdent(role)}`);
    // What a superuser's view reads needs no grant in the source, and must be readable here.
    const readAll = existing.has('pg_read_all_data');
    for (const role of globals.superusers) if (readAll && known.has(role) && !isPredefined(role)) statements.push(`GRANT pg_read_all_data TO ${quoteIdent(role)}`, `ALTER ROLE ${quoteIdent(role)} BYPASSRLS`);
  }
  for (let at = 0; at < statements.length; at += 200) await administrator.query(statements.slice(at, at + 200).join(';'));
  for (const [group, member] of globals.memberships) {
    if (isPredefined(group) || isPredefined(member) || !known.has(group) || !known.has(member)) continue;
    await administrator.query(`GRANT ${quoteIdent(group)} TO ${quoteIdent(member)}`);
  }
}
