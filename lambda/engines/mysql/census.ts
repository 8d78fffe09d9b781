import { CONTRACT_VERSION } from '../../../lib/contract/common';
import type { Census, CensusItem } from '../../../lib/contract/census';
import type { EngineContext, Target } from '../../runtime/engine';
import { countRows } from './count-rows';
import { openTarget, restoreError, type TargetConnection } from './restore-target';
import { readRelations } from './survey';
import { type ClientTools, findTools } from './tools';
import { quoteIdent } from './connection';
import { rowDigests } from './value-kinds';

/**
 * Counts what a live server holds, in the form of the dump's own census: rows by the same tool, the rest by the catalogue. The SHA-256 of
 * a table is that of its rows as the tool writes them, with what stands between two; of a table that was copied in slices, that of the
 * slices' SHA-256, as bytes and in the order of the key, each slice cut where the notes say.
 */
export async function takeCensus(context: EngineContext<unknown>, target: Target, expected: Census): Promise<Census> {
  const connection = target.connection as TargetConnection;
  const tools = await findTools(connection.family);
  const databases = [...new Set(expected.items.flatMap(({ database }) => (database === undefined ? [] : [database])))];
  try {
    const items: CensusItem[] = [];
    for (const database of databases) items.push(...await countDatabase(context, connection, tools, database, expected));
    return { version: CONTRACT_VERSION, items };
  } catch (error) {
    throw await restoreError(error, connection, context.signal);
  }
}

async function countDatabase(
  context: EngineContext<unknown>, connection: TargetConnection, tools: ClientTools, database: string, expected: Census,
): Promise<CensusItem[]> {
  const session = await openTarget(connection, connection.reader, database, context.signal);
  try {
    const relations = await readRelations(session, database);
    const own = expected.items.filter((item) => item.database === database);
    const wanted = (kind: string) => new Set(own.filter((item) => item.kind === kind).map(({ name }) => name));
    // What a definition is called is the server's: one of another series may say the same in other words.
    const alike = connection.exceptions.every(({ code }) => code !== 'SERVER_VERSION' && code !== 'OTHER_SERVER');
    const items = relations.map(({ name, kind, definition }): CensusItem => (
      { kind: kind === 'table' ? 'definition' : kind, name, database, method: alike ? 'hashed' : 'present', ...alike ? { sha256: definition } : {} }));
    const names = async (kind: string, sql: string): Promise<void> => {
      for (const { name } of await session.rows<{ name: string }>(sql, [database])) items.push({ kind, name, database, method: 'present' });
    };
    await names('trigger', 'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ORDER BY 1');
    await names('routine', 'SELECT CONCAT(ROUTINE_TYPE, \' \', ROUTINE_NAME) AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? ORDER BY 1');
    await names('event', 'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY 1');
    const counters = wanted('auto-increment');
    for (const { name, autoIncrement } of relations) {
      if (counters.has(name) && autoIncrement !== undefined) items.push({ kind: 'auto-increment', name, database, method: 'present', atLeast: autoIncrement });
    }
    const copied = wanted('table');
    const counted = relations.filter(({ name, kind }) => kind === 'table' && copied.has(name));
    const digests = connection.otherServer ? await rowDigests(session, database) : undefined;
    items.push(...await countRows({ context, connection, tools, database, tables: counted, digests }));
    for (const { name } of relations.filter((one) => one.kind === 'table' && !copied.has(one.name))) {
      const [{ any }] = await session.rows<{ any: number }>(`SELECT EXISTS (SELECT * FROM ${quoteIdent(name)}) AS any`);
      if (Number(any) !== 0) items.push({ kind: 'table', name, database, method: 'present' });
    }
    return items;
  } finally {
    await session.close();
  }
}
