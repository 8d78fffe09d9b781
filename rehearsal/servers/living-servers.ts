import { type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

/** A server process that must not outlive this one. */
export interface LivingServer {
  readonly processId: number;
  /** Ends it and waits until it is gone. */
  end(): Promise<void>;
}

interface Entry {
  readonly child: ChildProcess;
  readonly signal: NodeJS.Signals;
  readonly discarded: readonly string[];
}

const PATIENCE_MILLISECONDS = 5_000;
const EXIT_POLL_MILLISECONDS = 20;
const EXIT_PATIENCE_MILLISECONDS = 3_000;
/** Where the machine does not say that a process has ended. */
const EXIT_BLIND_MILLISECONDS = 200;
const living = new Set<Entry>();
let watching = false;

/**
 * Ends a server when this process exits or is told to, and removes what it leaves.
 *
 * @param signal what ends it at once
 * @param discarded paths removed when this process exits before `end` was called
 */
export function endWithProcess(child: ChildProcess, signal: NodeJS.Signals, discarded: readonly string[]): LivingServer {
  const entry = { child, signal, discarded };
  living.add(entry);
  watch();
  child.unref();
  for (const stream of child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  return {
    processId: child.pid ?? 0,
    end: async () => {
      await endChild(entry);
      living.delete(entry);
    },
  };
}

function endChild({ child, signal }: Entry): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.ref();
    const harder = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLISECONDS);
    child.once('exit', () => {
      clearTimeout(harder);
      resolve();
    });
    // Its watcher hears that nobody waits any more, and ends too.
    for (const stream of child.stdio) stream?.destroy();
    child.kill(signal);
  });
}

function watch(): void {
  if (watching) return;
  watching = true;
  // First of all that happens at an exit: who then removes a folder finds nobody writing into it.
  process.prependListener('exit', endAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const heard = (): void => {
      // Whoever else listens decides when this process ends, and the exit then ends the servers.
      if (process.listenerCount(signal) > 1) return;
      endAll();
      process.removeListener(signal, heard);
      process.kill(process.pid, signal);
    };
    process.on(signal, heard);
  }
}

function endAll(): void {
  if (living.size === 0) return;
  for (const { child, signal } of living) child.kill(signal);
  // An exit cannot wait for events, and a server that still writes its last file would leave its folder behind.
  const patience = Date.now() + (existsSync('/proc/self/stat') ? EXIT_PATIENCE_MILLISECONDS : EXIT_BLIND_MILLISECONDS);
  do Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_POLL_MILLISECONDS);
  while (Date.now() < patience && [...living].some(({ child }) => !hasEnded(child.pid)));
  for (const { discarded } of living) {
    for (const path of discarded) {
      try {
        rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
      } catch {
        // The server may still be writing its last file; a temporary folder is no reason to fail an exit.
      }
    }
  }
  living.clear();
}

/** A child that ended stays a zombie until this process reads events again. */
function hasEnded(processId: number | undefined): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${processId}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync('/proc/self/stat');
  }
}
