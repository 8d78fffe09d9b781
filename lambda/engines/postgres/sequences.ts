import type { CensusItem } from '../../../lib/contract/census';
import type { PartSink } from '../../runtime/engine';
import { TransientError } from '../../runtime/errors';
import type { Relation } from './catalog';
import type { Session } from './connection';
import { qualified, quoteLiteral } from './copy-format';
import { write } from './copy-out';
import { codeOf } from './failures';

const SEQUENCES_A_QUERY = 200;

interface Position {
  readonly name: string;
  readonly value: string;
  readonly called: boolean;
}

/**
 * Positions into a script of `setval`. Sequences ignore snapshots: read after the tables' snapshot, they stand at or past every value
 * in the rows.
 */
export async function copySequences(
  session: Session, sequences: readonly Relation[], directory: string, zstdLevel: number, sink: PartSink,
): Promise<CensusItem[]> {
  const positions: Position[] = [];
  for (let start = 0; start < sequences.length; start += SEQUENCES_A_QUERY) {
    positions.push(...await readPositions(session, sequences.slice(start, start + SEQUENCES_A_QUERY)));
  }
  const { database } = session.scene;
  const { name: part } = await sink.write(
    { name: `${directory}/sequences.sql`, kind: 'sequences', database, compression: { zstdLevel } },
    async (out) => {
      await write(out, 'SET client_encoding = \'UTF8\';\nSET search_path = \'\';\n');
      for (const { name, value, called } of positions) await write(out, `SELECT pg_catalog.setval(${quoteLiteral(name)}, ${value}, ${called});\n`);
    },
  );
  return positions.map(({ name, value }) => ({ kind: 'sequence', name, database, method: 'present', atLeast: value, part }));
}

async function readPositions(session: Session, sequences: readonly Relation[]): Promise<Position[]> {
  const reads = sequences.map(({ schema, name }) => {
    const sequence = qualified(schema, name);
    return `SELECT ${quoteLiteral(sequence)} AS name, last_value::pg_catalog.text AS value, is_called AS called FROM ${sequence}`;
  });
  try {
    // Going back gives the locks back: with those of thousands of sequences the server's lock table would be full.
    await session.run('SAVEPOINT sequences');
    const positions = await session.rows<Position>(reads.join(' UNION ALL '));
    await session.run('ROLLBACK TO SAVEPOINT sequences');
    return positions;
  } catch (error) {
    if (codeOf((error as Error).cause) !== '42P01') throw error;
    throw new TransientError('SOURCE_CHANGED', `A sequence of database "${session.scene.database}" was dropped during the dump.`, 'It is tried again; move the schedule away from migrations.', { cause: error });
  }
}
