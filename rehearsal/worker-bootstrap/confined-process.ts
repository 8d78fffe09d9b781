import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type { Sandbox } from '../sandbox';
import { prepareCommand, type Places } from './command';
import { ProcessTree } from './process-tree';
import { CHANNEL } from './source';

export interface ConfinedProps {
  /** The bundle: `/var/task` in the sandbox. */
  readonly directory: string;
  readonly node: string;
  /** Arguments of Node; built once it is known where things lie for the worker. */
  readonly args: (places: Places) => string[];
  readonly environment: (places: Places) => Record<string, string>;
  readonly path: readonly string[];
  readonly libraryPath?: string;
  readonly memoryBytes: number;
  readonly timeoutSeconds: number;
  readonly tmpBytes: number;
  /** How far its clock is ahead of this machine's. @default 0 */
  readonly clockAheadMilliseconds?: number;
  readonly sandbox: Sandbox | undefined;
  /** Sent over the channel; the one line that comes back ends the process. @default there is no channel */
  readonly message?: (places: Places) => unknown;
  readonly signal?: AbortSignal;
  readonly onLog?: (line: string) => void;
}

export type Ending =
  | { readonly how: 'answered'; readonly message: unknown }
  | { readonly how: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly how: 'out-of-memory' }
  | { readonly how: 'timed-out' };

export interface Usage {
  /** Wall seconds from the start of the process to its answer, its own start included. */
  readonly seconds: number;
  /** Peak of the whole process tree, shared pages once; 0 where the machine has no `/proc` to ask. */
  readonly peakMemoryBytes: number;
}

const SAMPLE_MILLISECONDS = 100;
/** A pipe that something unknown still holds is not waited for longer. */
const CLOSE_PATIENCE_MILLISECONDS = 2_000;

/**
 * Runs Node with nothing of this process's environment, within limits, and leaves nothing: every process it started, also those that
 * left its group, and every file it wrote are gone when this settles.
 *
 * @throws the signal's reason when it is aborted, the system's error when it cannot be started
 */
export async function runConfined(props: ConfinedProps): Promise<{ ending: Ending; usage: Usage }> {
  props.signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'backup-policy-worker-'));
  try {
    return await inFolder(props, folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function inFolder(props: ConfinedProps, folder: string): Promise<{ ending: Ending; usage: Usage }> {
  const started = process.hrtime.bigint();
  const command = await prepareCommand(props, folder);
  props.signal?.throwIfAborted();
  const child = spawn(command.file, command.args, {
    // A group of its own: Ctrl-C at the terminal is ours to pass on, and the whole group can be ended at once.
    detached: true, cwd: command.cwd, env: command.env, uid: command.uid, gid: command.gid,
    stdio: props.message ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const tree = new ProcessTree(child.pid ?? 0, folder);
  logLines(child.stdout, props.onLog);
  logLines(child.stderr, props.onLog);
  try {
    const ending = await ended(child, tree, props, command.places);
    return { ending, usage: { seconds: Number(process.hrtime.bigint() - started) / 1e9, peakMemoryBytes: tree.peakBytes ?? 0 } };
  } finally {
    if (child.pid !== undefined) {
      await tree.end();
      const patience = setTimeout(() => child.stdio.forEach((stream) => stream?.destroy()), CLOSE_PATIENCE_MILLISECONDS);
      await closed;
      clearTimeout(patience);
    }
  }
}

function ended(child: ChildProcess, tree: ProcessTree, props: ConfinedProps, places: Places): Promise<Ending> {
  const { message, signal, memoryBytes, timeoutSeconds } = props;
  let sampling: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let aborted = (): void => undefined;
  return new Promise<Ending>((resolve, reject) => {
    sampling = setInterval(() => {
      if (tree.sample() > memoryBytes) resolve({ how: 'out-of-memory' });
    }, SAMPLE_MILLISECONDS);
    timer = setTimeout(() => resolve({ how: 'timed-out' }), timeoutSeconds * 1000);
    aborted = () => reject(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    child.once('error', reject);
    const exited = (): void => resolve({ how: 'exited', ...statusOf(child, props.sandbox !== undefined) });
    // `exit` may come before the last bytes of the channel, and `close` not at all while a daemon holds the other end.
    child.once('close', exited);
    child.once('exit', () => setTimeout(exited, SAMPLE_MILLISECONDS));
    if (message) converse(child.stdio[CHANNEL] as Duplex, message(places), (answer) => resolve({ how: 'answered', message: answer }));
  }).finally(() => {
    clearInterval(sampling);
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
    tree.sample();
  });
}

/** A sandbox's program tells a signal inside as a shell does: 128 and its number. */
function statusOf(child: ChildProcess, sandboxed: boolean): { exitCode: number | null; signal: NodeJS.Signals | null } {
  const { exitCode, signalCode } = child;
  const inside = sandboxed && exitCode !== null && exitCode > 128
    ? Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0]
    : undefined;
  return inside ? { exitCode: null, signal: inside as NodeJS.Signals } : { exitCode, signal: signalCode };
}

function converse(channel: Duplex, message: unknown, answered: (message: unknown) => void): void {
  const chunks: Buffer[] = [];
  channel.on('error', () => undefined); // It ended without an answer: its exit tells.
  channel.on('data', (chunk: Buffer) => {
    const end = chunk.indexOf(10);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end >= 0) answered(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  });
  // The channel stays open: its end tells the worker that whoever asked is gone.
  channel.write(`${JSON.stringify(message)}\n`);
}

function logLines(stream: Readable | null, onLog: ((line: string) => void) | undefined): void {
  if (!stream) return;
  if (!onLog) {
    stream.resume();
    return;
  }
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLog);
  });
  stream.on('end', () => {
    if (rest !== '') onLog(rest);
  });
}
