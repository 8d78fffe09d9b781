import { UsageError } from '../usage';

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Seconds of `90m`, `6h`, `2d12h`.
 *
 * @throws UsageError
 */
export function durationOption(option: string, text: string, usage: string): number {
  if (!/^(\d+[mhdw])+$/.test(text)) throw new UsageError(`${option} ${text}: write it as 90m, 6h, 2d or 2d12h`, usage);
  return [...text.matchAll(/(\d+)([mhdw])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit], 0);
}

/**
 * An instant in milliseconds, given with its offset: a clock on the wall is not the store's.
 *
 * @throws UsageError
 */
export function instantOption(option: string, text: string, usage: string): number {
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(instant)) throw new UsageError(`${option} ${text} is no instant: write it as 2026-11-20T02:00:00Z, or with an offset as 2026-11-20T03:00:00+01:00`, usage);
  return instant;
}
