import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { RefusedError } from '../../runtime/errors';
import type { Dependency, Relation } from './catalog';
import { listDependencies, listRelations } from './catalog';
import type { Session } from './connection';
import { qualified } from './copy-format';
import type { LargeObjects } from './database-facts';
import { largeObjects, listExtensions, listSchemas } from './database-facts';
import { FLAVORS } from './flavors';
import type { ExtensionNotes } from './notes';
import type { ServerFacts } from './preflight';
import { refuseBrokenReferences, select } from './selection';
import type { Selection } from './selection';

/** One database's catalog and what of it is copied. */
export interface Survey {
  readonly relations: readonly Relation[];
  readonly dependencies: readonly Dependency[];
  readonly extensions: readonly ExtensionNotes[];
  readonly hostSchemas: readonly string[];
  readonly largeObjects: LargeObjects;
  readonly selection: Selection;
}

/** Names in an error's sentence: enough to see which, and how many more. */
const NAMED = 10;

/** Reads the catalog without a lock and decides what is copied. */
export async function survey(session: Session, config: PostgresConfig, server: ServerFacts): Promise<Survey> {
  const relations = await listRelations(session);
  const dependencies = await listDependencies(session);
  const extensions = await listExtensions(session);
  const flavor = FLAVORS[config.flavor];
  const selection = select(relations, {
    tables: config.tables,
    flavor,
    standby: server.standby,
    database: session.scene.database ?? '',
    extensions: new Map(extensions.map((extension) => [extension.name, extension.class])),
  });
  const hostSchemas = (await listSchemas(session)).filter((schema) => Object.hasOwn(flavor.hostSchemas, schema));
  return { relations, dependencies, extensions, hostSchemas, selection, largeObjects: await largeObjects(session, server.superuser) };
}

/**
 * What a dump could not copy whole, said before anything is written.
 *
 * @throws RefusedError NO_PERMISSION, ROW_SECURITY, LARGE_OBJECTS_UNREADABLE, LEFT_OUT_BUT_NEEDED
 */
export function refuseWhatIsHidden(found: Survey, session: Session): void {
  const { user, database } = session.scene;
  const { selection } = found;
  const name = ({ schema, name: relation }: Relation): string => qualified(schema, relation);
  const partitioned = found.relations.filter((relation) => relation.kind === 'p' && relation.extension === null
    && !selection.hostSchemas.includes(relation.schema) && !selection.excluded.includes(relation));
  const locked = [...selection.rows, ...selection.schemaOnly, ...partitioned, ...selection.sequences];
  const unreadable = [...new Set(locked.filter((relation) => !relation.readable).map(name))];
  if (unreadable.length > 0) {
    throw new RefusedError(
      'NO_PERMISSION',
      `User "${user}" may not read ${some(unreadable)} in database "${database}".`,
      `GRANT USAGE ON the schema and GRANT SELECT ON ${unreadable[0]} TO the role (pg_read_all_data gives all), or exclude what it need not read.`,
    );
  }
  const hidden = selection.rows.filter((relation) => relation.hidden).map(name);
  if (hidden.length > 0) {
    throw new RefusedError(
      'ROW_SECURITY',
      `Row security hides rows of ${some(hidden)} in database "${database}" from user "${user}": a copy would lack them.`,
      'Give the role BYPASSRLS (ALTER ROLE … BYPASSRLS), or let the tables\' owner make the copy where row security is not forced, or exclude them.',
    );
  }
  const { unreadable: objects, count } = found.largeObjects;
  if (objects.length > 0 && objects.length < count) {
    throw new RefusedError(
      'LARGE_OBJECTS_UNREADABLE',
      `User "${user}" may not read ${objects.length} of ${count} large objects in database "${database}" (${some(objects)}).`,
      `GRANT SELECT ON LARGE OBJECT ${objects[0]} TO the role for each.`,
    );
  }
  refuseBrokenReferences(selection, found.relations, found.dependencies);
}

/** True when there is nothing of an application's in the database. */
export function isEmpty(found: Survey): boolean {
  return !found.relations.some((relation) => relation.extension === null && !found.hostSchemas.includes(relation.schema))
    && found.largeObjects.count === 0;
}

function some(names: readonly string[]): string {
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
}
