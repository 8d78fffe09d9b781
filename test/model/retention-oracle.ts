import type { Copy, RetentionEra } from '../../lib/model/retention';

/**
 * Retention by brute force: each question is asked of every pair of copies, and the calendar is the machine's own text. Slow, and
 * nothing of it is shared with what it is held against.
 */
export type Keeper = 'last' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'days' | 'minimum' | 'intact' | 'hold' | 'young' | 'future';

const DAY = 86_400;
const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
/** No period of the rule is shorter than its step. */
const STEPS = { hourly: 1800, daily: 6 * 3600, weekly: DAY, monthly: 5 * DAY, yearly: 30 * DAY };
const texts = new Map<string, string>();
const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-10-25 02:30:00 GMT+02:00`, the local time as Sweden writes it. */
function localText(epoch: number, timeZone: string): string {
  const key = `${epoch} ${timeZone}`;
  let text = texts.get(key);
  if (text === undefined) {
    let format = formats.get(timeZone);
    if (!format) {
      format = new Intl.DateTimeFormat('sv-SE', {
        timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'longOffset',
      });
      formats.set(timeZone, format);
    }
    text = format.format(epoch * 1000);
    texts.set(key, text);
  }
  return text;
}

export function periodKey(rule: typeof RULES[number], epoch: number, timeZone: string): string {
  const text = localText(epoch, timeZone);
  switch (rule) {
    case 'last': return '';
    case 'hourly': return text.slice(0, 13) + text.slice(19);
    case 'daily': return text.slice(0, 10);
    case 'weekly': {
      const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
      while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
      return day.toISOString();
    }
    case 'monthly': return text.slice(0, 7);
    case 'yearly': return text.slice(0, 4);
  }
}

const GRADES = { 'not-proven': 0, 'unverified': 1, 'checksums-only': 2, 'proven': 3, 'proven-except': 3 };
const grade = ({ outcome }: Copy) => GRADES[outcome];
const newer = (one: Copy, other: Copy) => one.slot > other.slot || (one.slot === other.slot && one.runId > other.runId);
const better = (one: Copy, other: Copy) => grade(one) > grade(other) || (grade(one) === grade(other) && newer(one, other));

/** Who keeps each copy; nobody, and it is to be retired. */
export function keepers(copies: readonly Copy[], eras: readonly RetentionEra[], now: number): Map<string, Set<Keeper>> {
  const first = Math.min(...eras.map(({ since }) => since));
  const inForceAt = (instant: number) => eras.reduce((found, era) => {
    const begun = era.since <= instant || era.since === first;
    return begun && era.since <= Math.max(now, first) && era.since >= found.since ? era : found;
  }, { since: Number.NEGATIVE_INFINITY } as RetentionEra);
  const past = copies.filter(({ slot }) => slot <= now);
  const good = past.filter((copy) => grade(copy) >= 2);
  const latest = good.reduce((found, { slot }) => Math.max(found, slot), Number.NEGATIVE_INFINITY);

  const endOf = (era: RetentionEra) => {
    const later = eras.filter(({ since }) => since > era.since && since <= now).map(({ since }) => since);
    return later.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...later);
  };

  const passed = (era: RetentionEra, rule: typeof RULES[number]): number => {
    const end = endOf(era);
    if (end > latest) return 0;
    if (rule === 'last') return Math.floor((latest - end) / era.gapSeconds);
    const keys = new Set([periodKey(rule, latest, era.timeZone)]);
    for (let instant = end; instant < latest; instant += STEPS[rule]) keys.add(periodKey(rule, instant, era.timeZone));
    keys.delete(periodKey(rule, end - 1, era.timeZone));
    return keys.size;
  };
  const rulesOf = (era: RetentionEra) => RULES.filter((rule) => era.rules[rule] !== undefined);
  const passedOf = new Map(eras.map((era) => [era, new Map(rulesOf(era).map((rule) => [rule, passed(era, rule)]))]));

  const eraOf = new Map(past.map((copy) => [copy, inForceAt(copy.slot)]));
  const keysOf = new Map(eras.flatMap((era) => rulesOf(era).map((rule): [string, Map<Copy, string>] => [
    `${eras.indexOf(era)} ${rule}`,
    new Map(past.filter((copy) => eraOf.get(copy) === era).map((copy) => [copy, rule === 'last' ? copy.runId : periodKey(rule, copy.slot, era.timeZone)])),
  ])));

  const ruleKeeps = (copy: Copy, era: RetentionEra, rule: typeof RULES[number]): boolean => {
    const count = era.rules[rule];
    if (count === undefined) return false;
    const keys = keysOf.get(`${eras.indexOf(era)} ${rule}`)!;
    const mine = keys.get(copy)!;
    const ahead = new Set<string>();
    for (const [other, key] of keys) {
      if (key === mine && better(other, copy)) return false;
      if (key !== mine && newer(other, copy) && (grade(copy) < 3 || grade(other) === 3)) ahead.add(key);
    }
    return ahead.size + passedOf.get(era)!.get(rule)! < count;
  };

  return new Map(copies.map((copy): [string, Set<Keeper>] => {
    const found = new Set<Keeper>();
    if (copy.hold !== undefined) found.add('hold');
    if (copy.slot > now) return [copy.runId, found.add('future')];
    const era = inForceAt(copy.slot);
    for (const rule of RULES) if (ruleKeeps(copy, era, rule)) found.add(rule);
    if (era.rules.days !== undefined && (now - copy.slot) / DAY < era.rules.days) found.add('days');
    const minimum = Math.max(era.minimumVerified, inForceAt(now).minimumVerified);
    if (good.includes(copy) && good.filter((other) => better(other, copy)).length < minimum) found.add('minimum');
    if (grade(copy) === 2 && copy.slot === latest && !good.some((other) => newer(other, copy))) found.add('intact');
    const provenSince = past.some((other) => grade(other) === 3 && newer(other, copy));
    if (copy.outcome === 'unverified' && !provenSince && now - copy.slot < 7 * DAY) found.add('young');
    return [copy.runId, found];
  }));
}

/** The same, read from the sentences of a decision. */
export function keepersTold(reasons: readonly string[]): Set<Keeper> {
  return new Set(reasons.map((reason): Keeper => {
    const rule = /\((last|hourly|daily|weekly|monthly|yearly|days)\b[^()]*\)$/.exec(reason)?.[1] as Keeper | undefined;
    if (reason.startsWith('legal hold')) return 'hold';
    if (reason.includes('a clock is wrong')) return 'future';
    if (reason.startsWith('no verdict yet')) return 'young';
    if (reason === 'newest copy of all whose checksums are right') return 'intact';
    if (reason === 'newest proven copy of all' || /\(minimum \d+ of \d+\)$/.test(reason)) return 'minimum';
    if (rule) return rule;
    throw new Error(`nobody says "${reason}"`);
  }));
}
