/** What a rehearsal says while it runs: lines, and on a terminal the state that is under way with its seconds. */
export interface Progress {
  say(line: string): void;
  /** Something began that takes a while; the returned function ends it with a word. */
  begin(what: string): (how: string) => void;
}

export const SILENT: Progress = { say: () => undefined, begin: () => () => undefined };

const TICK_MILLISECONDS = 200;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @param stream standard error, as a rule: the report goes to standard output */
export function progressOn(stream: ProgressStream): Progress {
  const running = new Map<symbol, { what: string; began: number }>();
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => {
    if (stream.isTTY) stream.write('\r\u001b[K');
  };
  const draw = (): void => {
    if (!stream.isTTY || running.size === 0) return;
    const words = [...running.values()].map(({ what, began }) => `${what} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    stream.write(`\r\u001b[K  … ${words.join(' · ')}`);
  };
  const say = (line: string): void => {
    clear();
    stream.write(`  ${line}\n`);
    draw();
  };
  return {
    say,
    begin: (what) => {
      const id = Symbol(what);
      const began = performance.now();
      running.set(id, { what, began });
      timer ??= setInterval(draw, TICK_MILLISECONDS).unref();
      draw();
      return (how) => {
        if (!running.delete(id)) return;
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
        say(`${what}: ${how} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
      };
    },
  };
}
