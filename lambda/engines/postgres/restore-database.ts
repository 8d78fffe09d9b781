import type { Client } from 'pg';
import type { Exception } from '../../../lib/contract/verdict';
import { messageOf, RefusedError } from '../../runtime/errors';
import { quoteIdent, quoteLiteral } from './copy-format';
import type { DatabaseNotes, ExtensionNotes } from './notes';
import type { TargetConnection } from './restore-target';

/**
 * Creates the database with the source's encoding and locale. A locale that this machine lacks is replaced by C.UTF-8 or C, and said:
 * the order of text then differs, its content does not.
 *
 * @throws RefusedError TARGET_EXISTS when it is there already: nothing is ever restored over something
 */
export async function createDatabase(administrator: Client, target: TargetConnection, notes: DatabaseNotes): Promise<Exception[]> {
  const name = quoteIdent(notes.name);
  const existing = await administrator.query('SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1', [notes.name]);
  if (existing.rowCount) {
    const own = target.stubs !== undefined && notes.name === 'postgres';
    if (!own) throw new RefusedError('TARGET_EXISTS', `The target server has a database ${name} already.`, 'Restore into a server without it, or rename it first.');
    await administrator.query(`DROP DATABASE ${name}`);
  }
  const owner = target.stubs === undefined ? notes.owner : target.loader.user;
  const head = `CREATE DATABASE ${name} OWNER ${quoteIdent(owner)} TEMPLATE template0 ENCODING ${quoteLiteral(notes.encoding)}`;
  const failures: string[] = [];
  for (const locale of localeClauses(notes)) {
    try {
      await administrator.query(`${head} ${locale.clause}`);
      if (failures.length === 0) return [];
      return [{ code: 'LOCALE', name: notes.name, reason: `its locale ${localeName(notes)} is not on this machine (${failures[0]}); ${locale.name} stood in, so text sorts otherwise` }];
    } catch (error) {
      if (!/^(22|42|0A)/.test((error as { code?: string }).code ?? '')) throw error;
      failures.push(messageOf(error));
    }
  }
  throw new RefusedError('LOCALE', `Database ${name} (${notes.encoding}, ${localeName(notes)}) cannot be created here: ${failures[0]}.`, 'Add the locale to the image.');
}

function localeName({ localeProvider, locale, collate, ctype }: DatabaseNotes): string {
  return locale ? `${localeProvider} ${locale}` : collate === ctype ? collate : `${collate}/${ctype}`;
}

function localeClauses({ localeProvider, locale, collate, ctype, encoding }: DatabaseNotes): { name: string; clause: string }[] {
  const libc = (lcCollate: string, lcCtype: string): string => `LC_COLLATE ${quoteLiteral(lcCollate)} LC_CTYPE ${quoteLiteral(lcCtype)}`;
  const clauses: { name: string; clause: string }[] = [];
  if (localeProvider === 'icu' && locale) clauses.push({ name: locale, clause: `LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)} ${libc(collate, ctype)}` }, { name: locale, clause: `LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)} ${libc('C', 'C')}` });
  else if (localeProvider === 'builtin' && locale) clauses.push({ name: locale, clause: `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(locale)} ${libc(collate, ctype)}` });
  else clauses.push({ name: collate, clause: libc(collate, ctype) });
  if (encoding === 'UTF8') clauses.push({ name: 'C.UTF-8', clause: libc('C.UTF-8', 'C.UTF-8') });
  clauses.push({ name: 'C', clause: libc('C', 'C') });
  return clauses;
}

/** Rights that let stub roles own what they own in the source, whatever grants come later. */
export async function openToStubs(administrator: Client, target: TargetConnection, database: string): Promise<void> {
  if (target.stubs === undefined) return;
  const group = quoteIdent(target.stubs);
  await administrator.query(`GRANT CREATE, CONNECT, TEMPORARY ON DATABASE ${quoteIdent(database)} TO ${group};
    GRANT CREATE, USAGE ON SCHEMA public TO ${group};
    ALTER DEFAULT PRIVILEGES GRANT CREATE, USAGE ON SCHEMAS TO ${group}`);
}

export interface ExtensionsOutcome {
  /** Names of those that are not there, inert ones included. */
  readonly absent: ReadonlySet<string>;
  /** Of these, the ones that grade the verdict. */
  readonly exceptions: Exception[];
}

/** Creates the extensions before any object of the copy, as the one thing a superuser runs code for: the image's own scripts. */
export async function createExtensions(
  administrator: Client, database: string, extensions: readonly ExtensionNotes[],
): Promise<ExtensionsOutcome> {
  const available = new Set((await administrator.query<{ name: string }>('SELECT name FROM pg_catalog.pg_available_extensions')).rows.map(({ name }) => name));
  const absent = new Set<string>();
  const exceptions: Exception[] = [];
  const missing = (name: string, reason: string): void => {
    absent.add(name);
    exceptions.push({ code: 'EXTENSION_MISSING', name: `${database}: extension ${name}`, reason });
  };
  for (const extension of extensions) {
    if (extension.name === 'plpgsql') continue;
    if (extension.class === 'inert') {
      absent.add(extension.name);
      continue;
    }
    if (!available.has(extension.name)) {
      missing(extension.name, 'the image of the scratch server does not have it: what needs it was not restored');
      continue;
    }
    try {
      const schema = quoteIdent(extension.schema);
      if (!/^pg_/.test(extension.schema)) await administrator.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await administrator.query(`CREATE EXTENSION IF NOT EXISTS ${quoteIdent(extension.name)} SCHEMA ${schema} CASCADE`);
    } catch (error) {
      missing(extension.name, `it could not be created in the scratch server: ${messageOf(error)}`);
    }
  }
  return { absent, exceptions };
}

/** Lets stub roles make servers of the extensions' foreign data wrappers, which the source's own roles could. */
export async function openWrappers(administrator: Client, target: TargetConnection): Promise<void> {
  if (target.stubs === undefined) return;
  const wrappers = (await administrator.query<{ fdwname: string }>('SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper')).rows;
  for (const { fdwname } of wrappers) await administrator.query(`GRANT USAGE ON FOREIGN DATA WRAPPER ${quoteIdent(fdwname)} TO ${quoteIdent(target.stubs)}`);
}
