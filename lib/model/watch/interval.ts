/** How often the sentinel looks where nothing asks for more. */
export const SENTINEL_MINUTES = 15;

/** Minutes that divide an hour, so that rounds lie evenly: EventBridge Scheduler knows no seconds. */
export const INTERVAL_MINUTES: readonly number[] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

/** A third of the tightest recovery point objective, or a quarter of an hour if that is less; never under a minute. */
export function sentinelMinutes(rpoSeconds: readonly number[]): number {
  const most = Math.min(SENTINEL_MINUTES, ...rpoSeconds.map((seconds) => seconds / 60 / 3));
  return INTERVAL_MINUTES.findLast((minutes) => minutes <= most) ?? INTERVAL_MINUTES[0];
}

/** EventBridge Scheduler's expression for it: a cron lies on the clock, a rate counts from its creation. */
export function sentinelExpression(minutes: number): string {
  return minutes === 60 ? 'cron(0 * * * ? *)' : minutes === 1 ? 'cron(* * * * ? *)' : `cron(0/${minutes} * * * ? *)`;
}
