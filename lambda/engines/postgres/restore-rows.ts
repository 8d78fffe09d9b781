import type { Client } from 'pg';
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams';
import type { Part } from '../../../lib/contract/manifest';
import type { CopyReader } from '../../runtime/engine';
import { IntegrityError } from '../../runtime/errors';
import { readBlocks, type BlockSink, type CopyBlock } from './copy-blocks';
import { quoteLiteral } from './copy-format';

/** Below it a table is small, and shares its transaction with others. */
export const SMALL_TABLE_BYTES = 4 * 1024 * 1024;
/** Small tables share a transaction up to that much. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;
const TRANSACTION_TABLES = 200;

export interface TablePlan {
  readonly bytes: number;
  readonly rows: number | undefined;
  /** Missing: the table is not there, its rows are passed over. Extra: rows beside an extension's own. */
  readonly state: 'present' | 'missing' | 'extra';
}

export interface RowsProps {
  planOf(table: string): TablePlan;
  loaded(block: CopyBlock): void;
}

/**
 * Loads one part over one session. A table is truncated and copied with FREEZE in one transaction: nothing of it goes through the
 * write-ahead log, and its rows keep their order, for a file made in the same transaction is only ever appended to (otherwise the
 * free-space map puts a short row back into an earlier page, and the census of the restored table differs). The last transaction of a
 * part is committed only when its hash was checked.
 *
 * @throws IntegrityError PART_CUT, PART_DAMAGED, ROWS_MISSING
 */
export async function loadRows(client: Client, copy: CopyReader, part: Part, props: RowsProps): Promise<void> {
  let encoding: string | undefined;
  let open = { tables: 0, bytes: 0 };
  const begin = async (alone: boolean): Promise<void> => {
    const enough = alone || open.tables >= TRANSACTION_TABLES || open.bytes >= TRANSACTION_BYTES;
    if (open.tables > 0 && enough) await client.query('COMMIT');
    if (open.tables === 0 || enough) {
      await client.query('BEGIN');
      open = { tables: 0, bytes: 0 };
    }
  };
  await readBlocks(part.name, await copy.open(part), {
    set: (name, value) => {
      if (name === 'client_encoding') encoding = value;
    },
    block: async (block): Promise<BlockSink> => {
      const plan = props.planOf(block.table);
      if (plan.state === 'missing') return { write: () => undefined, end: () => Promise.resolve() };
      const alone = plan.bytes >= SMALL_TABLE_BYTES && plan.state === 'present';
      await begin(alone);
      // One row has no order, and thousands of such tables are common.
      const fresh = plan.state === 'present' && plan.rows !== 0 && plan.rows !== 1;
      if (fresh) await client.query(`TRUNCATE ONLY ${block.table}`);
      // Marks the transaction as full: nothing else belongs into that of a large table.
      open = alone ? { tables: TRANSACTION_TABLES, bytes: plan.bytes } : { tables: open.tables + 1, bytes: open.bytes + plan.bytes };
      const options = [fresh ? 'FREEZE' : undefined, encoding === undefined ? undefined : `ENCODING ${quoteLiteral(encoding)}`].filter((option) => option !== undefined);
      const into = new CopyIn(client, `COPY ${block.table} ${block.columns} FROM STDIN${options.length > 0 ? ` WITH (${options.join(', ')})` : ''}`);
      return {
        write: (data) => into.write(data),
        end: async () => {
          const rows = await into.end();
          if (plan.rows !== undefined && plan.rows !== rows) {
            throw new IntegrityError('ROWS_MISSING', `Part ${part.name} brought ${rows} rows into ${block.table}, the census says ${plan.rows}.`, 'Do not count on this run; look at what the dump of it said.');
          }
          props.loaded(block);
        },
      };
    },
  });
  if (open.tables > 0) await client.query('COMMIT');
}

/** `COPY … FROM STDIN` by single writes, so that a failure of the server ends the write that waits. */
class CopyIn {
  private readonly stream: CopyStreamQuery;
  private failure: Error | undefined;
  private settle: ((error?: Error) => void) | undefined;

  constructor(client: Client, statement: string) {
    this.stream = client.query(copyFrom(statement));
    this.stream.on('error', (error) => {
      this.failure = error;
      this.settle?.(error);
    });
    this.stream.on('drain', () => this.settle?.());
    this.stream.on('finish', () => this.settle?.());
  }

  write(data: Buffer): Promise<void> | undefined {
    if (this.failure) return Promise.reject(this.failure);
    return this.stream.write(data) ? undefined : this.next();
  }

  async end(): Promise<number> {
    if (this.failure) throw this.failure;
    const finished = this.next();
    this.stream.end();
    await finished;
    return this.stream.rowCount;
  }

  private next(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settle = (error) => {
        this.settle = undefined;
        if (error) reject(error);
        else resolve();
      };
    });
  }
}
