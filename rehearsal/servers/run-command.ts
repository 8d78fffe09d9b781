import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';

export interface CommandOptions {
  /** The whole environment of the command. @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds after which the command is killed. @default 120000 */
  readonly timeoutMilliseconds?: number;
  /** A file that the command reads as its standard input. @default nothing */
  readonly inputFile?: string;
}

/** A command that ended with another status than 0; carries the end of what it said. */
export class CommandError extends Error {
  public constructor(public readonly command: string, public readonly said: string, cause: unknown) {
    super(`${command} failed: ${said.trim().split('\n').slice(-5).join(' | ') || String(cause)}`, { cause });
    this.name = 'CommandError';
  }
}

/** Runs a command without a shell and resolves with its standard output. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { timeoutMilliseconds = 120_000, inputFile, ...rest } = options;
    const child = execFile(command, [...args], { ...rest, timeout: timeoutMilliseconds, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new CommandError(command, stderr || stdout, error));
      else resolve(stdout);
    });
    if (inputFile === undefined || child.stdin === null) return;
    const input = createReadStream(inputFile).once('error', (error) => {
      child.kill();
      reject(error);
    });
    // A command that ends before its input does says why by its own end.
    input.pipe(child.stdin.once('error', () => input.destroy()));
  });
}
