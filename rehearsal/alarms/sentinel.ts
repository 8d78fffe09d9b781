import type { RoleKeys } from '../cloud/role-keys';
import { quietRound } from './quiet-rounds';
import { WarmWorker } from './warm-worker';
import type { WatchingSentinel } from './world';

/** A sentinel's bundle, kept up from round to round, and what it wrote last. */
export class Sentinel {
  /** Something has happened since it looked last. */
  stirred = true;
  readonly #worker: WarmWorker;
  #lines: string[] = [];
  #last: { readonly at: number; readonly lines: readonly string[] } | undefined;

  constructor(readonly of: WatchingSentinel, endpointUrl: string, credentials: RoleKeys) {
    const { target, region } = of;
    this.#worker = new WarmWorker({ target, endpointUrl, region, credentials, onLine: (line) => void this.#lines.push(line) });
  }

  /** What a round would write in which nothing has happened since; undefined where one has to be run. */
  quiet(now: number, spacingSeconds: number): readonly string[] | undefined {
    if (!this.#last || this.stirred || now - this.#last.at >= spacingSeconds) return undefined;
    return quietRound(this.#last.lines, now - this.#last.at);
  }

  /**
   * Runs a round.
   *
   * @param attempt undefined where the work fails
   * @returns what it wrote in embedded metric format, and its report
   */
  async look(
    now: number, attempt: (work: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<{ lines: readonly string[]; report: unknown }> {
    const instant = new Date(now * 1000).toISOString();
    this.#lines = [];
    const report = await attempt(() => this.#worker.invoke({ ...this.of.request, slot: instant, rehearsedAt: instant }));
    const lines = this.#lines.filter((line) => line.includes('"_aws"'));
    this.#last = report === undefined ? undefined : { at: now, lines };
    this.stirred = false;
    return { lines, report };
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }
}
