import { METRICS, type MetricKey } from '../../lib/contract/metrics';
import { count, counted, duration, instant, size } from '../report/words';
import type { Condition, DayFate, StatusDay } from './model';

/** Seconds for a person, without a fraction: `42 s`, `31 h`, `2 d 4 h`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return duration(Math.round(seconds));
}

/** Hours up to three days, as objectives are spoken of: `26 h`, `7 h 14 min`. */
export function age(seconds: number): string {
  if (seconds < 86_400 || seconds >= 3 * 86_400) return span(seconds);
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`;
}

/** A metric's value with its unit. */
export function figure(metric: MetricKey, value: number): string {
  switch (METRICS[metric].unit) {
    case 'Seconds': return age(value);
    case 'Bytes': return size(value);
    case 'Percent': return `${Number(value.toFixed(1))} %`;
    default: return count(Number(value.toFixed(2)));
  }
}

/** What the last reading of stored copies found: `1 copy is damaged`. */
export function damageWords(copies: number): string {
  return `${counted(copies, 'copy is', 'copies are')} damaged`;
}

/** The same with figures that stay on one line with their units, for a page. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=(?:d|h|min|s|B|[kMGTP]B|%)(?![\w]))/g, '$1\u00a0');
}

export const CONDITION_WORDS: Readonly<Record<Condition, string>> = {
  well: 'Well', waiting: 'Waiting', paused: 'Paused', trouble: 'Trouble', unknown: 'Not known',
};

export const FATE_WORDS: Readonly<Record<DayFate, string>> = {
  'proven': 'every run proven', 'partly': 'a run is missing', 'unproven': 'a copy is not proven', 'missing': 'no proven copy', 'nothing-due': 'nothing was due',
};

/** `20 Nov: every run proven (1 of 1)`. */
export function dayInWords({ day, fate, expected, proven }: StatusDay): string {
  return `${dayName(day)}: ${FATE_WORDS[fate]}${expected > 0 ? ` (${count(proven)} of ${count(expected)})` : ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `20 Nov`. */
export function dayName(day: string): string {
  const [, month, date] = day.split('-').map(Number);
  return `${date} ${MONTHS[month - 1]}`;
}

/** An instant to the minute: `2026-11-20 02:00 UTC`. */
export function minute(iso: string): string {
  return instant(iso).replace(/^(\S+ \d\d:\d\d):\d\d/, '$1');
}
