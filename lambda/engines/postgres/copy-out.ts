import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { CensusItem } from '../../../lib/contract/census';
import type { PartDescription, PartSink } from '../../runtime/engine';
import { IntegrityError } from '../../runtime/errors';
import type { Session } from './connection';
import { COPY_END, copyHeader, copyOut, partPreamble } from './copy-format';
import { CopyStream } from './copy-stream';
import { codeOf, failureOf } from './failures';

export interface TableToCopy {
  /** Quoted and qualified. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Bytes on disk, an estimate of what is to come. */
  readonly bytes: number;
  /** What an extension says of its own table; empty for every other. */
  readonly condition: string;
}

/** Tables of one part. */
export interface RowsPart {
  readonly description: PartDescription;
  readonly tables: readonly TableToCopy[];
  readonly bytes: number;
  readonly clientEncoding: string;
}

/** True when the session has the part's locks without waiting: behind somebody's exclusive request it would wait for its own dump. */
export async function lockPart(session: Session, part: RowsPart): Promise<boolean> {
  await session.run('SAVEPOINT part');
  try {
    await session.run(`LOCK TABLE ${part.tables.map(({ name }) => `ONLY ${name}`).join(', ')} IN ACCESS SHARE MODE NOWAIT`);
    return true;
  } catch (error) {
    if (codeOf((error as Error).cause) !== '55P03') throw error;
    await unlockPart(session);
    return false;
  }
}

/** Gives the part's locks back: a lane that kept them all would need an entry a table in the server's lock table. */
export async function unlockPart(session: Session): Promise<void> {
  await session.run('ROLLBACK TO SAVEPOINT part');
}

/** Copies the part's tables one after the other and counts them as they pass. */
export async function copyPart(session: Session, part: RowsPart, sink: PartSink): Promise<CensusItem[]> {
  let counted: Omit<CensusItem, 'part'>[] = [];
  const { name } = await sink.write(part.description, async (out) => {
    counted = [];
    await write(out, partPreamble(part.clientEncoding));
    for (const table of part.tables) {
      await write(out, `\n${copyHeader(table.name, table.columns)}`);
      counted.push(await copyTable(session, table, out));
      await write(out, COPY_END);
    }
  });
  return counted.map((item) => ({ ...item, part: name }));
}

async function copyTable(session: Session, table: TableToCopy, out: Writable): Promise<Omit<CensusItem, 'part'>> {
  const hash = createHash('sha256');
  const copy = new CopyStream(copyOut(table.name, table.columns, table.condition), out, (data) => hash.update(data));
  session.client.query(copy);
  const rows = await copy.done.catch((error: unknown) => {
    // An error of the part's own (the store's) is not the database's.
    if (out.destroyed && out.errored) throw out.errored;
    throw failureOf(error, { ...session.scene, table: table.name });
  });
  if (rows !== copy.messages) {
    throw new IntegrityError('ROWS_LOST', `The server sent ${rows} rows of ${table.name} and ${copy.messages} came.`, 'It is tried again; look at the network in between.');
  }
  return { kind: 'table', name: table.name, database: session.scene.database, method: 'hashed', rows, bytes: copy.bytes, sha256: hash.digest('hex') };
}

export async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}
