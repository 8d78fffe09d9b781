type Unit = 'second' | 'minute' | 'hour' | 'day';

/** Where one unit ends to be the readable one. */
const STEPS: readonly (readonly [Unit, number, number])[] = [['second', 1, 120], ['minute', 60, 120 * 60], ['hour', 3600, 72 * 3600], ['day', 86_400, Infinity]];

/** A span in one unit, in whole numbers: nobody reads minutes of days at night. */
export function spanIn(locale: string, seconds: number, units: Readonly<Record<Unit, readonly [string, string]>>): string {
  const [unit, size] = STEPS.find(([, , end]) => seconds < end)!;
  const count = Math.round(seconds / size);
  return `${countIn(locale, count)} ${units[unit][count === 1 || (locale === 'fr' && count === 0) ? 0 : 1]}`;
}

export function countIn(locale: string, count: number): string {
  return plain(new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(count));
}

export function percentIn(locale: string, percent: number): string {
  return plain(new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: Math.abs(percent) < 10 || percent > 99 ? 1 : 0 }).format(percent / 100));
}

/** Decimal units, as S3's bill has them. */
export function bytesIn(locale: string, bytes: number, letter: string): string {
  const power = Math.min(5, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const figure = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(bytes / 1000 ** power);
  return `${plain(figure)} ${['', 'k', 'M', 'G', 'T', 'P'][power]}${letter}`;
}

/** Day and time with the zone; the text itself where it is no instant. */
export function instantIn(locale: string, iso: string, timeZone: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(instant);
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false, timeZone }).format(instant);
  return plain(`${day}${locale.startsWith('fr') ? ' à ' : ', '}${time} ${timeZone === 'UTC' ? 'UTC' : `(${timeZone})`}`);
}

/** Narrow and unbreakable spaces as plain ones: an SMS has no other. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f]/g, ' ');
}
