/**
 * The end of everything that works for one dump: the first failure is the reason, and all else ends because of it. Later errors
 * (a COPY cut off, a child killed) are consequences and are not told.
 */
export class Stop {
  private readonly controller = new AbortController();
  private firstReason: Error | undefined;

  constructor(outer: AbortSignal) {
    const follow = (): void => this.because(outer.reason instanceof Error ? outer.reason : new Error('the worker was asked to stop'));
    if (outer.aborted) follow();
    else outer.addEventListener('abort', follow, { once: true, signal: this.controller.signal });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get reason(): Error | undefined {
    return this.firstReason;
  }

  because(reason: Error): void {
    if (this.firstReason) return;
    this.firstReason = reason;
    this.controller.abort(reason);
  }

  /** @throws the first failure, whatever ended meanwhile */
  check(): void {
    if (this.firstReason) throw this.firstReason;
  }

  /** Runs all; when one fails the others are told, waited for, and the first failure is thrown. */
  async all(works: readonly (() => Promise<void>)[]): Promise<void> {
    await Promise.all(works.map(async (work) => {
      try {
        this.check();
        await work();
      } catch (error) {
        this.because(error instanceof Error ? error : new Error(String(error)));
      }
    }));
    this.check();
  }

  /** Resolves after the time, or at once when everything ends or `sooner` is aborted. */
  pause(milliseconds: number, sooner?: AbortSignal): Promise<void> {
    const signals = sooner ? [this.signal, sooner] : [this.signal];
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, signals.some(({ aborted }) => aborted) ? 0 : milliseconds);
      for (const signal of signals) signal.addEventListener('abort', done);
    });
  }
}
