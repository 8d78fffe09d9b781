import type { Client } from 'pg';
import { censusLabel } from '../../../lib/contract/census';
import type { Exception } from '../../../lib/contract/verdict';
import { IntegrityError, messageOf } from '../../runtime/errors';
import type { ArchiveEntry } from './archive';
import { qualified, quoteIdent } from './copy-format';
import { isPredefined } from './stub-roles';

/** Kinds that only a superuser may make and whose making calls no function of the copy (a foreign data wrapper calls its validator). */
const ADMINISTRATIVE = new Set([
  'CAST', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'TEXT SEARCH PARSER', 'TEXT SEARCH TEMPLATE', 'PUBLICATION', 'PUBLICATION TABLE', 'PUBLICATION TABLES IN SCHEMA', 'COMMENT',
  'SECURITY LABEL',
]);
/** Kinds that belong to whom makes them. */
const OWNED = new Set([
  'SCHEMA', 'TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SEQUENCE', 'FOREIGN TABLE', 'TYPE', 'DOMAIN', 'SHELL TYPE', 'FUNCTION', 'PROCEDURE', 'AGGREGATE', 'OPERATOR', 'COLLATION',
  'CONVERSION', 'TEXT SEARCH DICTIONARY', 'TEXT SEARCH CONFIGURATION', 'STATISTICS', 'SERVER', 'BLOB', 'BLOB METADATA',
]);
/** What has no place in a restored database or is made in another way. A subscription, a mapping or an event trigger would act. */
export const PASSED_OVER = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE', 'DATABASE PROPERTIES', 'EXTENSION', 'BLOBS', 'USER MAPPING', 'SUBSCRIPTION', 'SUBSCRIPTION TABLE', 'EVENT TRIGGER', 'MATERIALIZED VIEW DATA', 'SEQUENCE SET', 'TABLE DATA', 'STATISTICS DATA']);
/** Whether an entry makes what rows go into. From 17 on the archive makes large objects in the section that fills them. */
export function isStructure({ section, kind }: Pick<ArchiveEntry, 'section' | 'kind'>): boolean {
  return section === 'pre-data' || kind === 'BLOB METADATA';
}

/** A failure of these costs no row and no constraint: said, not fatal. */
const LESSER = new Set(['COMMENT', 'SECURITY LABEL', 'ACL', 'DEFAULT ACL', 'PUBLICATION', 'PUBLICATION TABLE', 'PUBLICATION TABLES IN SCHEMA', 'SERVER', 'FOREIGN TABLE', 'FOREIGN DATA WRAPPER', 'STATISTICS']);

const CENSUS_KINDS = new Set(['TABLE', 'SEQUENCE', 'MATERIALIZED VIEW']);

const BATCH_ENTRIES = 100;
const BATCH_CHARACTERS = 256 * 1024;
const UNDEFINED_OBJECT = new Set(['42704', '42883', '42P01', '3F000', '42703', '42P02', '58P01']);
const NO_RIGHT = '42501';
const UNKNOWN_LOCALE = '22023';

export interface EntryRunnerProps {
  readonly database: string;
  readonly loader: Client;
  readonly administrator: Client;
  /** Group of the stubs in a scratch server. */
  readonly stubs: string | undefined;
  readonly roles: ReadonlySet<string>;
  /** Extensions that are not there, inert ones included. */
  readonly absentExtensions: ReadonlySet<string>;
  readonly entries: readonly ArchiveEntry[];
}

/**
 * Runs entries of the archive's table of contents: as their owner by way of a login that is no superuser, and only what makes an object
 * without evaluating anything as one. Entries that hang on something that could not come up are passed over and counted under its name.
 */
export class EntryRunner {
  readonly exceptions: Exception[] = [];
  /** Ids of entries that were not restored, and why. */
  readonly lost = new Map<number, string>();
  /** Large objects of each entry that makes some. */
  private readonly largeObjects = new Map<number, string[]>();

  constructor(private readonly props: EntryRunnerProps) {
    for (const { id, kind, tag, definition } of props.entries) {
      if (kind === 'BLOB METADATA') this.largeObjects.set(id, definition.split('\n').filter((oid) => /^\d+$/.test(oid)));
      if (kind === 'EXTENSION' && props.absentExtensions.has(tag)) this.lost.set(id, `extension ${tag}`);
    }
  }

  /** In the order given, neighbours of one role in one round trip. */
  async run(entries: readonly ArchiveEntry[]): Promise<void> {
    let batch: ArchiveEntry[] = [];
    let characters = 0;
    for (const entry of entries) {
      if (PASSED_OVER.has(entry.kind) || entry.definition.trim() === '' || this.isLost(entry)) continue;
      const first = batch[0];
      if (first && (batch.length >= BATCH_ENTRIES || characters > BATCH_CHARACTERS || this.roleOf(first) !== this.roleOf(entry))) {
        await this.runBatch(batch);
        batch = [];
        characters = 0;
      }
      batch.push(entry);
      characters += entry.definition.length;
    }
    if (batch.length > 0) await this.runBatch(batch);
  }

  /** True, and noted, when something it needs is not there. */
  isLost(entry: ArchiveEntry): boolean {
    if (this.lost.has(entry.id)) return true;
    const cause = entry.dependencies.map((id) => this.lost.get(id)).find((reason) => reason !== undefined);
    if (cause === undefined) return false;
    this.lose(entry, cause, `it needs ${cause}, which is not in the scratch server`);
    return true;
  }

  private lose(entry: ArchiveEntry, cause: string, reason: string): void {
    this.lost.set(entry.id, cause);
    // An inert extension grades nothing, so neither does what belongs to it alone.
    if (LESSER.has(entry.kind) && cause.startsWith('extension ')) return;
    this.exceptions.push({ code: 'OBJECT_NOT_RESTORED', name: censusLabel({ database: this.props.database, ...this.thingOf(entry) }), reason });
  }

  /** For a thing of the census its own kind and name, so that the comparison knows what it will not find. */
  private thingOf({ kind, schema, tag }: ArchiveEntry): { kind: string; name: string } {
    const name = schema === undefined ? tag : CENSUS_KINDS.has(kind) ? qualified(schema, tag) : `${quoteIdent(schema)}.${tag}`;
    return { kind: kind.toLowerCase().replaceAll(' ', '-'), name };
  }

  /** Post-data entries on a session of their own, as `statements` or, when those fail together, one by one. */
  async runGroup(client: Client, entries: readonly ArchiveEntry[], statements: string): Promise<void> {
    const lost = entries.filter((entry) => this.isLost(entry));
    try {
      if (lost.length === 0) {
        await client.query(statements);
        return;
      }
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined || entries.length === 0) throw error;
      if (entries.length === 1) {
        this.judge(entries[0], code, error);
        return;
      }
    }
    for (const entry of entries) if (!this.isLost(entry)) await this.runGroup(client, [entry], entry.definition);
  }

  private async runBatch(batch: readonly ArchiveEntry[]): Promise<void> {
    try {
      await this.execute(batch);
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error;
      // The whole batch was rolled back: which of them it was is found one by one.
      for (const entry of batch) await this.runOne(entry);
    }
  }

  private async runOne(entry: ArchiveEntry): Promise<void> {
    if (this.isLost(entry)) return;
    try {
      await this.execute([entry]);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined) throw error;
      if (code === NO_RIGHT && entry.kind === 'ACL') {
        // Granting evaluates nothing, and rights on the system's own objects are a superuser's to give.
        const done = await this.props.administrator.query(entry.definition).then(() => true, () => false);
        if (done) return;
      }
      this.judge(entry, code, error);
    }
  }

  /** @throws IntegrityError when nothing about the scratch server explains the failure: then the copy itself does not restore */
  private judge(entry: ArchiveEntry, code: string, error: unknown): void {
    const what = censusLabel(this.thingOf(entry));
    const absent = [...this.props.absentExtensions];
    if (code === NO_RIGHT) this.lose(entry, what, `only a superuser may make it: ${messageOf(error)}`);
    else if (UNDEFINED_OBJECT.has(code) && absent.length > 0) this.lose(entry, what, `${messageOf(error)}; absent extensions: ${absent.join(', ')}`);
    else if (entry.kind === 'COLLATION' && (code === UNKNOWN_LOCALE || UNDEFINED_OBJECT.has(code))) this.lose(entry, what, `this machine lacks its locale: ${messageOf(error)}`);
    else if (LESSER.has(entry.kind)) this.lose(entry, what, messageOf(error));
    else throw new IntegrityError('RESTORE_FAILED', `In database "${this.props.database}" ${what} does not restore: ${messageOf(error)}.`, 'Mend it in the source (functions used by constraints and indexes need a search_path of their own), and dump again.', { cause: error });
  }

  private async execute(entries: readonly ArchiveEntry[]): Promise<void> {
    const role = this.roleOf(entries[0]);
    const body = entries.map((entry) => this.statement(entry)).join('\n');
    if (role === 'administrator') await this.props.administrator.query(body);
    else if (role === '') await this.props.loader.query(body);
    else await this.props.loader.query(`SET ROLE ${quoteIdent(role)};\n${body}\nRESET ROLE`);
  }

  private roleOf({ kind, owner }: ArchiveEntry): string {
    if (ADMINISTRATIVE.has(kind)) return 'administrator';
    return OWNED.has(kind) && this.props.roles.has(owner) && !isPredefined(owner) ? owner : '';
  }

  private statement({ id, kind, tag, schema, definition, accessMethod, dependencies }: ArchiveEntry): string {
    const text = definition.trimEnd().endsWith(';') ? definition : `${definition};`;
    const { stubs } = this.props;
    switch (kind) {
      case 'SCHEMA':
        if (tag === 'public') return '';
        return `${text.replace(/^CREATE SCHEMA (?!IF NOT EXISTS)/, 'CREATE SCHEMA IF NOT EXISTS ')}${stubs ? `GRANT USAGE, CREATE ON SCHEMA ${quoteIdent(tag)} TO ${quoteIdent(stubs)};` : ''}`;
      case 'SERVER':
        return stubs ? `${text}GRANT USAGE ON FOREIGN SERVER ${quoteIdent(tag)} TO ${quoteIdent(stubs)};` : text;
      case 'TABLE':
      case 'MATERIALIZED VIEW':
        return accessMethod && accessMethod !== 'heap' ? `SET default_table_access_method = ${quoteIdent(accessMethod)};${text}RESET default_table_access_method;` : text;
      case 'BLOB METADATA':
        return (this.largeObjects.get(id) ?? []).map((oid) => `SELECT pg_catalog.lo_create('${oid}');`).join('');
      case 'ACL': {
        // The loader is a member of whoever granted, and may not change its session's user.
        const grants = text.replace(/^SET SESSION AUTHORIZATION (.*);$/gm, 'SET ROLE $1;').replace(/^RESET SESSION AUTHORIZATION;$/gm, 'RESET ROLE;');
        if (schema !== undefined || !tag.startsWith('LARGE OBJECTS ')) return grants;
        // It names the first of those that all have the same grants.
        const oids = dependencies.flatMap((dependency) => this.largeObjects.get(dependency) ?? []);
        return oids.map((oid) => grants.replaceAll(/^((?:GRANT|REVOKE) [A-Z, ]+ ON LARGE OBJECT )\d+/gm, `$1${oid}`)).join('\n');
      }
      default:
        return text;
    }
  }
}
