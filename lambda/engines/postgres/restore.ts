import type { Client } from 'pg';
import type { Part } from '../../../lib/contract/manifest';
import type { Exception } from '../../../lib/contract/verdict';
import type { CopyReader, EngineContext, Restored, Target } from '../../runtime/engine';
import { IntegrityError } from '../../runtime/errors';
import { readArchive, type Archive } from './archive';
import { PostgresNotes, type DatabaseNotes } from './notes';
import { DatabaseRestore } from './restore-one';
import { restoreError } from './restore-errors';
import { connectTarget, disconnect, type TargetConnection } from './restore-target';
import { createStubRoles, parseGlobals } from './stub-roles';

/**
 * Loads a copy: roles as stubs, then each database with its extensions, structure, rows, keys, views and grants. Nothing of the copy is
 * evaluated by a superuser.
 *
 * @throws IntegrityError when the copy is damaged or does not restore; RefusedError when the target cannot take it
 */
export async function restoreCopy(context: EngineContext<unknown>, copy: CopyReader, target: Target): Promise<Restored> {
  const connection = target.connection as TargetConnection;
  const seconds: Record<string, number> = {};
  const exceptions: Exception[] = [...connection.exceptions];
  let administrator: Client | undefined;
  try {
    const notes = parseNotes(copy);
    const archives = new Map<string, { archive: Archive; part: Part }>();
    for (const { name } of notes.databases) {
      const part = copy.manifest.parts.find(({ kind, database }) => kind === 'schema' && database === name);
      if (!part) throw new IntegrityError('PART_MISSING', `The copy has no schema archive of database "${name}".`, 'Do not count on this run.');
      archives.set(name, { part, archive: await readArchive(await copy.open(part)) });
    }
    administrator = await connectTarget(connection, connection.administrator, connection.maintenanceDatabase, context.signal);
    const globals = parseGlobals(await readText(copy, copy.manifest.parts.find(({ kind }) => kind === 'globals')));
    const owners = [...archives.values()].flatMap(({ archive }) => archive.entries.map(({ owner }) => owner));
    const roles = new Set([...notes.roles, ...globals.roles, ...notes.databases.map(({ owner }) => owner), ...owners]);
    const scratch = connection.stubs === undefined ? undefined : { group: connection.stubs, loader: connection.loader.user };
    await createStubRoles(administrator, roles, globals, scratch);
    for (const database of notes.databases) {
      const { archive, part } = archives.get(database.name) as { archive: Archive; part: Part };
      const props = { context, copy, target: connection, notes: database, archive, archivePart: part, roles, administrator };
      const one = new DatabaseRestore(props);
      await one.run();
      exceptions.push(...one.exceptions);
      for (const [step, spent] of Object.entries(one.seconds)) seconds[step] = (seconds[step] ?? 0) + spent;
      context.log.info('database restored', { database: database.name, ...one.seconds, skipped: skippedOf(database, archive) });
    }
    return { exceptions, seconds };
  } catch (error) {
    throw await restoreError(error, connection, context.signal);
  } finally {
    await disconnect(administrator);
  }
}

/** What a scratch server leaves out by design, for the log: it does nothing for stored rows. */
function skippedOf(notes: DatabaseNotes, { entries }: Archive): string[] {
  const kinds = new Set(['EVENT TRIGGER', 'SUBSCRIPTION', 'USER MAPPING']);
  return [
    ...notes.extensions.filter((extension) => extension.class === 'inert').map(({ name }) => `extension ${name}`),
    ...entries.filter(({ kind }) => kinds.has(kind)).map(({ kind, tag }) => `${kind.toLowerCase()} ${tag}`),
  ];
}

function parseNotes(copy: CopyReader): PostgresNotes {
  const parsed = PostgresNotes.safeParse(copy.manifest.engineNotes);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new IntegrityError('NOTES_DAMAGED', `The manifest's notes are not of PostgreSQL's form (${where}).`, 'Use the release that made the copy, or a newer one.');
}

/** A small part whole; empty when there is none. */
export async function readText(copy: CopyReader, part: Part | undefined): Promise<string> {
  if (!part) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of (await copy.open(part)) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
