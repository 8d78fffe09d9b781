export const DAY = 86_400_000;

/** The first midnight UTC after an instant; of a midnight, the next one. */
export function midnightAfter(milliseconds: number): number {
  return Math.floor(milliseconds / DAY) * DAY + DAY;
}

/**
 * The time of everything stored: last-modified, retention, lifecycle. It goes on from wherever it is set. Signatures hold
 * by the machine's clock too, so that moving this one breaks none.
 */
export class StoreClock {
  private offset = 0;

  constructor(private readonly machine: () => Date) {}

  now(): Date {
    return new Date(this.machine().getTime() + this.offset);
  }

  set(instant: Date): void {
    this.offset = instant.getTime() - this.machine().getTime();
  }
}
