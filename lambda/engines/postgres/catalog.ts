import type { Session } from './connection';

/** A table, partitioned table, view, materialized view, sequence or foreign table of a database, and what our role may do with it. */
export interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'S' | 'f';
  readonly unlogged: boolean;
  readonly populated: boolean;
  /** Partitioned tables it is a partition of. */
  readonly parents: readonly string[];
  /** Table whose column owns this sequence. */
  readonly ownedBy: string | null;
  readonly extension: string | null;
  /** What the extension's dump condition says; null for a table that it does not mark as the user's. */
  readonly condition: string | null;
  readonly readable: boolean;
  /** Row security would hide rows from our role. */
  readonly hidden: boolean;
}

/** Asks only the catalog: no lock on any of them. `search_path` is empty, so operators are pg_catalog's. */
const RELATIONS = `
SELECT c.oid::pg_catalog.text AS oid, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name, c.relkind::pg_catalog.text AS kind,
  c.relpersistence = 'u' AS unlogged, c.relispopulated AS populated,
  ARRAY(SELECT i.inhparent::pg_catalog.text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition) AS parents,
  (SELECT o.refobjid::pg_catalog.text FROM pg_catalog.pg_depend o WHERE c.relkind = 'S' AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND o.objid = c.oid AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i') LIMIT 1) AS "ownedBy",
  e.extname::pg_catalog.text AS extension,
  (SELECT q.condition FROM ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS q(oid, condition)
    WHERE q.oid = c.oid) AS condition,
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable,
  c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid) AS hidden
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

export async function listRelations(session: Session): Promise<Relation[]> {
  return session.rows<Relation>(RELATIONS);
}

/** Columns that COPY can write, by table: generated ones are computed again by the target. */
export async function listColumns(session: Session, oids: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await session.rows<{ oid: string; columns: string[] }>(
    `SELECT a.attrelid::pg_catalog.text AS oid, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum) AS columns
     FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY a.attrelid`,
    [oids],
  );
  return new Map(rows.map((row) => [row.oid, row.columns]));
}

/** Bytes on disk with what is stored out of line. Asked only once the locks are held: it opens each table. */
export async function listSizes(session: Session, oids: readonly string[]): Promise<Map<string, number>> {
  const rows = await session.rows<{ oid: string; bytes: string }>(
    // pg_table_size looks at a dozen files a table, which took a second for 5,000 of them.
    `SELECT c.oid::pg_catalog.text AS oid, (pg_catalog.pg_relation_size(c.oid)
       + CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_catalog.pg_relation_size(c.reltoastrelid) END)::pg_catalog.text AS bytes
     FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::pg_catalog.oid[])`,
    [oids],
  );
  return new Map(rows.map((row) => [row.oid, Number(row.bytes)]));
}

/** One relation that cannot stand without another. */
export interface Dependency {
  readonly from: string;
  readonly to: string;
  readonly kind: 'foreign key' | 'view';
  readonly name: string;
}

/** Foreign keys, and what views read. */
export async function listDependencies(session: Session): Promise<Dependency[]> {
  return session.rows<Dependency>(
    `SELECT k.conrelid::pg_catalog.text AS "from", k.confrelid::pg_catalog.text AS "to", 'foreign key' AS kind, k.conname::pg_catalog.text AS name
     FROM pg_catalog.pg_constraint k WHERE k.contype = 'f'
     UNION
     SELECT r.ev_class::pg_catalog.text, d.refobjid::pg_catalog.text, 'view', v.relname::pg_catalog.text
     FROM pg_catalog.pg_rewrite r
     JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
     JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class`,
  );
}

/** Materialized views, each after those it reads from, directly or through views. */
export function refreshOrder(relations: readonly Relation[], dependencies: readonly Dependency[]): Relation[] {
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const reads = new Map<string, string[]>();
  for (const { from, to, kind } of dependencies) {
    if (kind === 'view') reads.set(from, [...reads.get(from) ?? [], to]);
  }
  const seen = new Set<string>();
  const order: Relation[] = [];
  const visit = (oid: string): void => {
    if (seen.has(oid)) return;
    seen.add(oid);
    for (const next of reads.get(oid) ?? []) visit(next);
    const relation = byOid.get(oid);
    if (relation?.kind === 'm') order.push(relation);
  };
  for (const { oid, kind } of relations) if (kind === 'm') visit(oid);
  return order;
}
