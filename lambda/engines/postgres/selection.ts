import type { PostgresConfig } from '../../../lib/contract/engines/postgres';
import { RefusedError } from '../../runtime/errors';
import type { LeftOut } from '../../../lib/contract/manifest';
import type { Dependency, Relation } from './catalog';
import { qualified } from './copy-format';
import type { Flavor } from './flavors';
import type { ExtensionClass } from './notes';

export interface Selection {
  /** Tables whose rows are copied. */
  readonly rows: readonly Relation[];
  /** Definition without rows, as declared. */
  readonly schemaOnly: readonly Relation[];
  /** Sequences whose positions are copied. */
  readonly sequences: readonly Relation[];
  readonly materializedViews: readonly Relation[];
  /** Neither definition nor rows: the archive is made without them. */
  readonly excluded: readonly Relation[];
  /** Schemas of the host that this database has. */
  readonly hostSchemas: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

export interface SelectionProps {
  readonly tables: PostgresConfig['tables'];
  readonly flavor: Flavor;
  readonly standby: boolean;
  readonly database: string;
  readonly extensions: ReadonlyMap<string, ExtensionClass>;
}

/** Decides what becomes of each relation. Pure: the same catalog gives the same copy. */
export function select(relations: readonly Relation[], props: SelectionProps): Selection {
  const { flavor, tables, database } = props;
  const leftOut: LeftOut[] = [];
  const leave = (kind: string, relation: Relation, reason: string): void => {
    leftOut.push({ database, kind, name: qualified(relation.schema, relation.name), reason });
  };
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const ownPath = (relation: Relation): string => `${relation.schema}.${relation.name}`;
  const lineage = (relation: Relation): Relation[] => {
    const parents = relation.parents.flatMap((oid) => byOid.get(oid) ?? []);
    return [relation, ...parents.flatMap(lineage)];
  };
  const exclude = matcher(tables.exclude);
  const schemaOnly = matcher(tables.schemaOnly);
  const included = tables.include && includedTables(relations, lineage, matcher(tables.include));

  const chosen: Record<'rows' | 'schemaOnly' | 'sequences' | 'materializedViews' | 'excluded', Relation[]> = {
    rows: [], schemaOnly: [], sequences: [], materializedViews: [], excluded: [],
  };
  const excludedOids = new Set<string>();
  const drop = (relation: Relation): void => {
    excludedOids.add(relation.oid);
    chosen.excluded.push(relation);
  };
  const sequences: Relation[] = [];
  for (const relation of relations) {
    if (Object.hasOwn(flavor.hostSchemas, relation.schema)) continue;
    const path = ownPath(relation);
    if (relation.extension !== null) {
      const extensionClass = props.extensions.get(relation.extension) ?? 'needed';
      if (relation.kind === 'S') {
        if (relation.condition !== null && extensionClass !== 'inert') sequences.push(relation);
      } else if (relation.kind === 'r' && relation.condition !== null && extensionClass !== 'inert') {
        chosen.rows.push(relation);
      } else if (relation.kind === 'r') {
        leave('extension-rows', relation, extensionClass === 'inert'
          ? `belongs to extension ${relation.extension}, which works for the server it runs on and is not in the copy`
          : `belongs to extension ${relation.extension}, which brings its own rows`);
      }
    } else if (relation.kind === 'S') {
      sequences.push(relation);
    } else if (lineage(relation).some((one) => exclude(ownPath(one)))) {
      drop(relation);
      leave(WORDS[relation.kind], relation, 'excluded by the policy (tables.exclude)');
    } else if (included && !included.has(relation.oid)) {
      drop(relation);
      leave(WORDS[relation.kind], relation, 'not among those the policy includes (tables.include)');
    } else if (flavor.sharedSchemas.includes(relation.schema) && (relation.kind === 'r' || relation.kind === 'p') && !relation.readable
      && !flavor.essentialTables.includes(path)) {
      drop(relation);
      leave('table', relation, 'the host closes it to the role of the backup');
    } else if (relation.kind === 'm') {
      chosen.materializedViews.push(relation);
    } else if (relation.kind === 'f') {
      leave('foreign-table-rows', relation, 'its rows are on another server; the definition is in the copy');
    } else if (relation.kind === 'r' || relation.kind === 'p') {
      if (Object.hasOwn(flavor.hostTables, path)) {
        chosen.schemaOnly.push(relation);
        leave('rows', relation, flavor.hostTables[path]);
      } else if (lineage(relation).some((one) => schemaOnly(ownPath(one)))) {
        chosen.schemaOnly.push(relation);
        leave('rows', relation, 'kept as schema only by the policy (tables.schemaOnly)');
      } else if (relation.unlogged && props.standby) {
        chosen.schemaOnly.push(relation);
        leave('rows', relation, 'unlogged: a standby does not have its rows');
      } else if (relation.kind === 'r') {
        chosen.rows.push(relation);
      }
    }
  }
  for (const sequence of sequences) {
    if (sequence.ownedBy !== null && excludedOids.has(sequence.ownedBy)) drop(sequence);
    else chosen.sequences.push(sequence);
  }
  const schemas = [...new Set(relations.map((relation) => relation.schema))];
  const hostSchemas = schemas.filter((schema) => Object.hasOwn(flavor.hostSchemas, schema));
  return { ...chosen, hostSchemas, leftOut };
}

const WORDS: Readonly<Record<Relation['kind'], string>> = {
  r: 'table', p: 'table', v: 'view', m: 'materialized-view', S: 'sequence', f: 'foreign-table',
};

/** What is included, and with a partition its parents: it could not be attached without them. */
function includedTables(
  relations: readonly Relation[], lineage: (relation: Relation) => Relation[], matches: (path: string) => boolean,
): Set<string> {
  const included = new Set<string>();
  for (const relation of relations) {
    const line = lineage(relation);
    if (line.some((one) => matches(`${one.schema}.${one.name}`))) for (const one of line) included.add(one.oid);
  }
  return included;
}

/** `schema.table` with `*` for any run of characters, against unquoted names. */
export function matcher(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map((pattern) => new RegExp(
    `^${pattern.split('*').map((literal) => literal.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`, 'su',
  ));
  return (path) => expressions.some((expression) => expression.test(path));
}

/**
 * A copy without a table that something else in the copy needs would not restore.
 *
 * @throws RefusedError LEFT_OUT_BUT_NEEDED
 */
export function refuseBrokenReferences(selection: Selection, relations: readonly Relation[], dependencies: readonly Dependency[]): void {
  const withRows = new Set(selection.rows.map(({ oid }) => oid));
  const excluded = new Set(selection.excluded.map(({ oid }) => oid));
  const withoutRows = new Set([...excluded, ...selection.schemaOnly.filter(({ kind }) => kind === 'r').map(({ oid }) => oid)]);
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  for (const { from, to, kind, name } of dependencies) {
    const breaks = kind === 'foreign key'
      ? (withRows.has(from) && withoutRows.has(to)) || (!excluded.has(from) && excluded.has(to))
      : !excluded.has(from) && excluded.has(to);
    const source = byOid.get(from);
    const target = byOid.get(to);
    if (!breaks || !source || !target || !inCopy(source, selection)) continue;
    throw new RefusedError(
      'LEFT_OUT_BUT_NEEDED',
      `The policy leaves out ${qualified(target.schema, target.name)}${excluded.has(to) ? '' : '\'s rows'}, which ${qualified(source.schema, source.name)} needs (${kind} ${name}): the copy would not restore.`,
      'Keep both in the copy, or leave out both.',
    );
  }
}

function inCopy(relation: Relation, selection: Selection): boolean {
  return relation.extension === null && !selection.hostSchemas.includes(relation.schema);
}
