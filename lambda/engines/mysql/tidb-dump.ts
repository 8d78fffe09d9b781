import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RefusedError } from '../../runtime/errors';
import { quoteIdent, type Session } from './connection';
import type { TiDbView } from './tidb-view';
import { type ClientTools, toolEnvironment } from './tools';

/**
 * Options that have MySQL's tool read at a view's timestamp, without a transaction or a lock of its own: TiDB, "Read Historical Data Using
 * the System Variable tidb_snapshot". Each statement commits by itself, for a transaction of a whole table may be larger than TiDB takes.
 */
export function toolOptions(options: readonly string[], { tso }: TiDbView): string[] {
  const own = options.filter((option) => option !== '--single-transaction' && option !== '--no-autocommit');
  return [`--init-command=SET SESSION tidb_snapshot='${tso}'`, '--skip-lock-tables', ...own];
}

/** @throws RefusedError NO_TOOLS for a tool that could not be told of a timestamp */
export async function requireInitCommand({ dump, version }: ClientTools): Promise<void> {
  // Options are read in their order: one that is not known ends the tool before it says its version.
  await promisify(execFile)(dump, ['--no-defaults', '--init-command=SELECT 1', '--version'], { env: toolEnvironment(dump), timeout: 10_000 }).catch((cause: unknown) => {
    throw new RefusedError('NO_TOOLS', `mysqldump ${version} has no --init-command, by which it is told at which timestamp of TiDB to read.`, 'Use the image of this engine, or a newer mysqldump.', { cause });
  });
}

/** What makes sequences again, each at least where it stood (TiDB, "SHOW TABLE NEXT_ROW_ID"). */
export async function sequenceStatements(session: Session, database: string, names: readonly string[]): Promise<string> {
  const statements: string[] = [];
  for (const name of names) {
    const place = `${quoteIdent(database)}.${quoteIdent(name)}`;
    const [shown] = await session.rows<Record<string, string>>(`SHOW CREATE SEQUENCE ${place}`);
    const [next] = await session.rows<Record<string, string | number>>(`SHOW TABLE ${place} NEXT_ROW_ID`);
    statements.push(`${Object.values(shown)[1]};`, `SELECT SETVAL(${quoteIdent(name)}, ${next.NEXT_GLOBAL_ROW_ID});`);
  }
  return `${statements.join('\n')}\n`;
}
