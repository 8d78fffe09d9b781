/** Before the round's own end: time to write down what was read. */
const CLOSING_SECONDS = 60;

export interface PaceLimits {
  readonly timeoutSeconds: number;
  readonly checkpointSeconds: number;
}

/** How long a round has been reading, and when it must pause to write that down. */
export class Pace {
  private readonly startedAt = performance.now();
  private writtenAt = this.startedAt;

  constructor(private readonly start: Date, private readonly limits: PaceLimits) {}

  /** The round's instant, and the time that has passed since. */
  now(): Date {
    return new Date(this.start.getTime() + (performance.now() - this.startedAt));
  }

  /** What is not read by now is the next round's. */
  get over(): boolean {
    const { timeoutSeconds } = this.limits;
    return performance.now() - this.startedAt >= Math.max(timeoutSeconds - CLOSING_SECONDS, timeoutSeconds / 2) * 1000;
  }

  get checkpointDue(): boolean {
    return performance.now() - this.writtenAt >= this.limits.checkpointSeconds * 1000;
  }

  written(): void {
    this.writtenAt = performance.now();
  }
}
