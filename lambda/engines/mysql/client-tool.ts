import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IntegrityError, messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';
import { type ToolTarget, writeOptionFile } from './dump-tool';
import { type ClientTools, toolEnvironment } from './tools';

export interface ClientProps {
  readonly tools: ClientTools;
  readonly target: ToolTarget;
  readonly database: string;
  readonly scratchDirectory: string;
  readonly signal: AbortSignal;
}

/**
 * Feeds statements to the family's command-line client. In binary mode it knows no command of its own but DELIMITER, so nothing of a copy
 * can make it run a program, and it sends no file that a statement asks for.
 *
 * @param open the statements; asked once the client is there, so that nobody misses an error of theirs
 * @param through what looks at them on their way
 * @throws IntegrityError RESTORE_FAILED for statements that the server refuses, and what the input fails with
 */
export async function feed(open: () => Promise<Readable>, props: ClientProps, through?: Transform): Promise<void> {
  const { tools, target, database, scratchDirectory, signal } = props;
  signal.throwIfAborted();
  const base = join(scratchDirectory, `client-${randomBytes(6).toString('hex')}`);
  const files = await writeOptionFile(base, target, tools.family);
  try {
    const child = spawn(tools.client, [`--defaults-file=${base}.cnf`, '--binary-mode', '--batch', '--local-infile=0', '--max-allowed-packet=1G', '--default-character-set=utf8mb4', `--database=${database}`], {
      stdio: ['pipe', 'ignore', 'pipe'], env: toolEnvironment(tools.client),
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 8192) said += text;
    });
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const flow = (async () => {
      const input = await open();
      await (through ? pipeline(input, through, child.stdin) : pipeline(input, child.stdin));
    })().catch((error: unknown) => {
      // A client that ended says why itself; anything else is the input's, and what was fed of it must not be taken for all.
      if ((error as { code?: string }).code === 'EPIPE') return undefined;
      kill();
      return error;
    });
    const [failure, code] = await Promise.all([flow, ended]);
    signal.removeEventListener('abort', kill);
    signal.throwIfAborted();
    if (failure !== undefined) throw failure instanceof RunError ? failure : new IntegrityError('PART_CUT', `A part could not be read to its end (${messageOf(failure)}).`, 'Do not count on this run.', { cause: failure });
    if (code !== 0) throw failed(said, code);
  } finally {
    for (const file of files) await rm(file, { force: true });
  }
}

function failed(said: string, code: number | null): RunError {
  const told = said.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^-+$/.test(line)).find((line) => /^ERROR/.test(line)) ?? `it ended with ${code ?? 'a signal'}`;
  if (code === null || /ERROR (2002|2006|2013|2026|1927|1053) /.test(told)) {
    return new TransientError('SCRATCH_LOST', `The connection to the target server was lost (${told}).`, 'It is tried again; if it stays so, give the worker more memory.');
  }
  // MySQL Reference Manual, "Server Error Message Reference": ER_DISK_FULL, ER_RECORD_FILE_FULL.
  if (/ERROR (1021|1114) |No space left|errno: 28/.test(told)) {
    return new RefusedError('TARGET_FULL', `The disk of the target server is full (${told}).`, 'Give it more room, or restore into another server.');
  }
  return new IntegrityError('RESTORE_FAILED', `The copy does not restore: ${told}.`, 'Mend what it names in the source, and dump again.');
}
