import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EngineContext } from '../../runtime/engine';
import { IntegrityError, messageOf } from '../../runtime/errors';
import type { TargetConnection } from './restore-target';
import { bareEnvironment } from './server-tools';

/**
 * Fills the large objects, which exist already, from the archive's data section by `pg_restore`, in one transaction. It logs in as the
 * loader, and the password passes in the environment of that one process.
 */
export async function loadLargeObjects(
  context: EngineContext<unknown>, target: TargetConnection, database: string,
  archive: { readonly entries: readonly number[]; readonly bytes: Readable },
): Promise<void> {
  const { host, port, loader } = target;
  const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'')}'`;
  const list = join(context.scratchDirectory, `large-objects-${randomUUID()}`);
  await writeFile(list, archive.entries.map((id) => `${id};\n`).join(''));
  try {
    await run(join(target.tools, 'pg_restore'), [
      `--use-list=${list}`, '--exit-on-error', '--single-transaction', '--no-password',
      '--dbname', `host=${quoted(host)} port=${port} user=${quoted(loader.user)} dbname=${quoted(database)}`,
    ], { ...bareEnvironment(target.tools), PGPASSWORD: loader.password }, archive.bytes, database, context.signal);
  } finally {
    await rm(list, { force: true });
  }
}

async function run(
  program: string, words: string[], env: Record<string, string>, archive: Readable, database: string, signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, words, { env, stdio: ['pipe', 'ignore', 'pipe'], signal });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const exit = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  exit.catch(() => undefined);
  let broken: unknown;
  await pipeline(archive, child.stdin).catch((error: unknown) => {
    broken = error;
  });
  const code = await exit;
  if (broken instanceof IntegrityError) throw broken;
  if (code !== 0 || broken !== undefined) {
    const reason = said.trim().split('\n').slice(-2).join(' | ') || messageOf(broken);
    throw new IntegrityError('LARGE_OBJECTS', `The large objects of database "${database}" do not restore: ${reason}.`, 'Look at the log of this run, and dump again.', { cause: broken });
  }
}
