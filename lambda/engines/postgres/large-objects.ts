import type { CensusItem } from '../../../lib/contract/census';
import type { Session } from './connection';
import type { LargeObjects } from './database-facts';

/** Above this the server would spend longer on hashing than on sending. */
const HASHED_BYTES = 1024 * 1024 * 1024;
/** Name of the one census item of a database's large objects. */
export const LARGE_OBJECTS_NAME = 'large objects';

/**
 * One row: count, bytes and the SHA-256 over `<oid>:<sha256 of content>\n` of each, ascending. Dump and drill ask the same.
 */
export const LARGE_OBJECTS_HASH = `
SELECT pg_catalog.count(*)::pg_catalog.text AS count, coalesce(pg_catalog.sum(x.bytes), 0)::pg_catalog.text AS bytes,
  pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(x.line, '' ORDER BY x.oid), ''), 'UTF8')), 'hex') AS sha256
FROM (
  SELECT o.oid, pg_catalog.length(o.content) AS bytes, o.oid::pg_catalog.text || ':' || pg_catalog.encode(pg_catalog.sha256(o.content), 'hex') || E'\\n' AS line
  FROM (SELECT m.oid, pg_catalog.lo_get(m.oid) AS content FROM pg_catalog.pg_largeobject_metadata m OFFSET 0) o
) x`;

/** Same form, counted only. */
export const LARGE_OBJECTS_COUNT = 'SELECT pg_catalog.count(*)::pg_catalog.text AS count FROM pg_catalog.pg_largeobject_metadata';

export async function countLargeObjects(session: Session, found: LargeObjects, part: string): Promise<CensusItem[]> {
  if (found.count === 0) return [];
  const item = { kind: 'large-objects', name: LARGE_OBJECTS_NAME, database: session.scene.database, part };
  if (found.diskBytes > HASHED_BYTES) {
    const [{ count }] = await session.rows<{ count: string }>(LARGE_OBJECTS_COUNT);
    return [{ ...item, method: 'counted', rows: Number(count) }];
  }
  const [{ count, bytes, sha256 }] = await session.rows<{ count: string; bytes: string; sha256: string }>(LARGE_OBJECTS_HASH);
  return [{ ...item, method: 'hashed', rows: Number(count), bytes: Number(bytes), sha256 }];
}
