import type { RehearsalReport, ReportOutcome, ReportProtection } from './model';

/** Controls, the marks that change reading order, and what else takes no room: a name may hold them, a reader must see them. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/g;
const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** The text with what cannot be seen named: `a\nb` for a line break, `\u202e` for an override of reading order, `\x1b` for an escape. */
export function visible(text: string, keepLines = false): string {
  const parts = text.split(PAIRS).map((part) => part.replace(UNSEEN, (character) => {
    if (keepLines && (character === '\n' || character === '\t')) return character;
    if (character === '\n') return '\\n';
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  }));
  const pairs = text.match(PAIRS) ?? [];
  return parts.reduce((whole, part, index) => whole + pairs[index - 1] + part);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 row`, `2 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Decimal units, three digits: `31.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(value >= 9.995 ? 1 : 2)} ${units[unit]}`;
}

/** Memory as Lambda counts it, in units of 2^20 bytes: `187 MiB`. */
export function memory(bytes: number): string {
  return bytes >= 10 * 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${count(Math.round(bytes / 2 ** 20))} MiB`;
}

/** `187 of 1,769 MiB`. */
export function memoryOf(used: number, limit: number): string {
  const [whole, unit] = memory(limit).split(' ');
  return memory(used).endsWith(unit) ? `${memory(used).split(' ')[0]} of ${whole} ${unit}` : `${memory(used)} of ${whole} ${unit}`;
}

/** Seconds for a person: `0.42 s`, `24.1 s`, `2 min 5 s`, `4 h`, `1 d 6 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const parts = [[Math.floor(whole / 86400), 'd'], [Math.floor(whole / 3600) % 24, 'h'], [Math.floor(whole / 60) % 60, 'min'], [whole % 60, 's']] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/** `2026-11-20 02:00:00 UTC`, with the seconds left out where they are zero. */
export function instant(iso: string): string {
  const [date, time] = iso.replace('Z', '').split('T');
  const clock = (time ?? '').replace(/\.\d+$/, '').replace(/^(\d\d:\d\d):00$/, '$1');
  return `${date} ${clock} UTC`;
}

/** `02:00 UTC`, with the seconds where they are not zero. */
export function clock(iso: string): string {
  return instant(iso).slice(11);
}

/** `2026-11-20`, in UTC. */
export function day(iso: string): string {
  return iso.slice(0, 10);
}

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return 'under 0.1 %';
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function shortHash(sha256: string): string {
  return sha256.slice(0, 12);
}

/** One word or two for a badge. */
export const OUTCOME_WORDS: Readonly<Record<ReportOutcome, string>> = {
  'proven': 'Proven',
  'proven-except': 'Proven, except',
  'checksums-only': 'Checksums only',
  'not-proven': 'Not proven',
  'failed': 'Failed',
};

export function protectionsOf(report: RehearsalReport): ReportProtection[] {
  return report.policies.flatMap((policy) => policy.protections);
}

/** The verdict in a few words, for the top of the page. */
export function headline(report: RehearsalReport): string {
  const all = protectionsOf(report);
  if (all.length === 0) return 'Nothing was rehearsed.';
  const good = all.filter(({ outcome }) => outcome === 'proven' || outcome === 'proven-except').length;
  switch (report.outcome) {
    case 'proven': return all.length === 1 ? 'The copy is proven.' : `All ${all.length} copies are proven.`;
    case 'proven-except': {
      const exceptions = all.reduce((sum, one) => sum + one.exceptions.length, 0);
      return `${all.length === 1 ? 'The copy is proven' : `All ${all.length} copies are proven`}, with ${counted(exceptions, 'exception')}.`;
    }
    default:
      if (all.length > 1) return `${good === 0 ? 'None' : good} of ${all.length} copies ${good === 1 ? 'is' : 'are'} proven.`;
      if (report.outcome === 'checksums-only') return 'The copy is stored as it was written; nobody opened it.';
      return report.outcome === 'failed' ? 'The rehearsal failed.' : 'The copy is not proven.';
  }
}

/** What was done, in a sentence or two. */
export function introduction(report: RehearsalReport): string {
  const all = protectionsOf(report);
  if (all.length === 0) return 'The assembly declares no protection that could be run here, so nothing is known about a restore.';
  const restored = all.filter(({ verdict }) => verdict !== undefined && verdict.outcome !== 'checksums-only').length;
  const rows = all.reduce((sum, { rows: some }) => sum + (some ?? 0), 0);
  const ran = all.length === 1 ? 'ran through its own state machine' : 'ran, each through its own state machine,';
  const what = `${counted(all.length, 'protection')} of ${counted(report.policies.length, 'application')} ${ran} in ${duration(report.seconds)}`;
  if (restored === 0) return `${what}. ${all.length === 1 ? 'It did not get' : 'None got'} as far as a restore.`;
  const how = `dumped, stored, restored into a scratch server and compared${rows > 0 ? `, ${counted(rows, 'row')} in all` : ''}.`;
  return restored === all.length ? `${what}: ${how}` : `${what}. ${restored} of them got as far as a restore: ${how}`;
}

export interface RestoreTime {
  readonly seconds: number;
  readonly objective: number;
  /** 1 is all of the objective. */
  readonly share: number;
  readonly within: boolean;
}

/** Time until the data was back, the server's start included, against the objective; undefined before a restore. */
export function rtoOf({ verdict, objectives }: ReportProtection): RestoreTime | undefined {
  if (!verdict || verdict.outcome === 'checksums-only') return undefined;
  const seconds = verdict.seconds.scratch + verdict.seconds.restore;
  const share = seconds / objectives.rtoSeconds;
  return { seconds, objective: objectives.rtoSeconds, share, within: share <= 1 };
}
