/** One step of a restore. It waits while a table it excludes is in use, or one it shares is excluded; the names are the caller's. */
export interface Step<Session> {
  readonly id: string;
  /** Seconds it will about take, in any unit: only the order counts. */
  readonly cost: number;
  /** Ids of steps that must have ended. */
  readonly after: readonly string[];
  readonly shares?: readonly string[];
  readonly excludes?: readonly string[];
  run(session: Session): Promise<void>;
}

/** Cost of a step and of the costliest chain behind it. @throws RangeError for an unknown dependency or a circle */
export function remainingPaths<Session>(steps: readonly Step<Session>[]): Map<string, number> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const followers = new Map<string, number>();
  for (const { id, after } of steps) {
    for (const before of after) {
      if (!byId.has(before)) throw new RangeError(`step ${id} waits for ${before}, which there is not`);
      followers.set(before, (followers.get(before) ?? 0) + 1);
    }
  }
  const behind = new Map<string, number>();
  const paths = new Map<string, number>();
  const ends = steps.filter(({ id }) => !followers.has(id));
  for (let step = ends.pop(); step; step = ends.pop()) {
    const path = step.cost + (behind.get(step.id) ?? 0);
    paths.set(step.id, path);
    for (const before of step.after) {
      behind.set(before, Math.max(behind.get(before) ?? 0, path));
      const left = (followers.get(before) ?? 0) - 1;
      followers.set(before, left);
      if (left === 0) ends.push(byId.get(before) as Step<Session>);
    }
  }
  if (paths.size < steps.length) throw new RangeError(`steps wait for each other in a circle: ${steps.filter(({ id }) => !paths.has(id)).slice(0, 5).map(({ id }) => id).join(', ')}`);
  return paths;
}

/**
 * Runs the steps on the sessions, one a session at a time, the longest remaining path first. The first failure ends it: no step is
 * begun any more, and the rejection comes once those under way have ended (`onFailure` may cut them short).
 */
export async function runGraph<Session>(
  steps: readonly Step<Session>[], sessions: readonly Session[], onFailure: () => void = () => undefined,
): Promise<void> {
  const paths = remainingPaths(steps);
  const waiting = new Map(steps.map(({ id, after }) => [id, new Set(after).size]));
  const followers = new Map<string, Step<Session>[]>();
  for (const step of steps) for (const before of new Set(step.after)) followers.set(before, [...(followers.get(before) ?? []), step]);
  const ready = new ReadyList<Session>(paths);
  for (const step of steps) if (waiting.get(step.id) === 0) ready.add(step);
  const locks = new Locks();
  let left = steps.length;
  const failures: unknown[] = [];

  await new Promise<void>((resolve) => {
    const idle = [...sessions];
    let running = 0;
    const next = (): void => {
      while (idle.length > 0 && failures.length === 0) {
        const step = ready.take((candidate) => locks.tryTake(candidate));
        if (!step) break;
        const session = idle.pop() as Session;
        running++;
        step.run(session).then(() => {
          for (const follower of followers.get(step.id) ?? []) {
            const count = (waiting.get(follower.id) ?? 0) - 1;
            waiting.set(follower.id, count);
            if (count === 0) ready.add(follower);
          }
          left--;
        }, (error: unknown) => {
          failures.push(error);
          onFailure();
        }).finally(() => {
          locks.release(step);
          idle.push(session);
          running--;
          next();
        }).catch((error: unknown) => failures.push(error));
      }
      if (running === 0 && (left === 0 || failures.length > 0)) resolve();
    };
    next();
  });
  if (failures.length > 0) throw failures[0];
}

/** Ready steps, costliest path first. */
class ReadyList<Session> {
  private readonly steps: Step<Session>[] = [];

  constructor(private readonly paths: ReadonlyMap<string, number>) {}

  /** Kept in rising order, so that the next is taken from the end. */
  add(step: Step<Session>): void {
    const path = this.paths.get(step.id) ?? 0;
    let low = 0;
    let high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.paths.get(this.steps[middle].id) ?? 0) < path) low = middle + 1;
      else high = middle;
    }
    this.steps.splice(low, 0, step);
  }

  take(fits: (step: Step<Session>) => boolean): Step<Session> | undefined {
    for (let index = this.steps.length - 1; index >= 0; index--) {
      if (fits(this.steps[index])) return this.steps.splice(index, 1)[0];
    }
    return undefined;
  }
}

/** Who uses which table, so that no session waits in the server for another's lock. */
class Locks {
  private readonly shared = new Map<string, number>();
  private readonly excluded = new Set<string>();

  tryTake({ shares = [], excludes = [] }: Pick<Step<unknown>, 'shares' | 'excludes'>): boolean {
    if (shares.some((table) => this.excluded.has(table))) return false;
    if (excludes.some((table) => this.excluded.has(table) || this.shared.has(table))) return false;
    for (const table of excludes) this.excluded.add(table);
    for (const table of shares) this.shared.set(table, (this.shared.get(table) ?? 0) + 1);
    return true;
  }

  release({ shares = [], excludes = [] }: Pick<Step<unknown>, 'shares' | 'excludes'>): void {
    for (const table of excludes) this.excluded.delete(table);
    for (const table of shares) {
      const count = (this.shared.get(table) ?? 1) - 1;
      if (count === 0) this.shared.delete(table);
      else this.shared.set(table, count);
    }
  }
}
