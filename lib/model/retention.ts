import { instantText } from './calendar';
import { gradeOf, INTACT, isProven, newestFirst, type Copy } from './copy';
import { judgeByRules, type EraSpan, type Judgement, type RetentionEra } from './retention-rules';

export type { Copy, Outcome } from './copy';
export type { RetentionEra, RetentionRules } from './retention-rules';

/** Whether a copy is kept; the reasons of a kept copy each suffice, those of one to be retired say why no rule keeps it. */
export interface Decision {
  readonly runId: string;
  readonly keep: boolean;
  readonly reasons: string[];
}

/** A copy without a verdict is not given up before: an objective of seven days is the longest that a restore is held against. */
const VERDICT_SECONDS = 7 * 86_400;

/**
 * Which copies are kept and which may be retired, each with its reasons.
 *
 * Kept are:
 * - what a rule keeps (`judgeByRules`);
 * - the newest `minimumVerified` proven copies whatever their age, so the newest proven one always; while fewer are proven, the newest
 *   ones whose checksums are right in their place; the newest of these if it is newer than every proven one;
 * - copies under legal hold;
 * - a copy without a verdict until a newer one is proven, seven days at most;
 * - a copy whose slot is after `now`, for then a clock is wrong. It takes no other's place.
 *
 * **A changed policy.** A copy is judged by what was in force at its slot (a copy older than the first era by the first).
 * So a shortened policy releases nothing that was promised longer, and a lengthened one holds only what is made from then on.
 * Where a period crosses the change, each era nominates of its own copies: one more may be kept of that period, never one less.
 * An ended era ages by the calendar, for as long as good copies still come. Of two minimums, the copy's era's and that in force
 * now, the greater holds: a raised one protects at once, a lowered one gives up old copies only when newer ones are proven.
 *
 * Deciding again over what is left keeps the same copies.
 *
 * @param copies every copy of one protection, once each, in any order
 * @param eras what was declared, in any order; of two since the same instant the later in the list is in force. None: all is kept
 * @param now in seconds since 1970
 * @returns one decision for each copy, in the order given
 * @throws RangeError for a runId given twice, an instant that is not a number, an era without a rule or with a count below 1
 */
export function decide(copies: readonly Copy[], eras: readonly RetentionEra[], now: number): Decision[] {
  checkInput(copies, eras, now);
  if (eras.length === 0) return copies.map(({ runId }) => ({ runId, keep: true, reasons: ['nothing is known of what was declared'] }));
  const spans = spansOf(eras, now);
  const past = newestFirst(copies.filter(({ slot }) => slot <= now));
  const judgements = judgeAll(past, spans, now);
  protectMinimum(past, spans, judgements);
  awaitVerdicts(past, now, judgements);
  return copies.map((copy) => {
    const { keeps, misses } = judgements.get(copy) ?? { keeps: [`its slot is after ${instantText(now)}, the time of this decision: a clock is wrong`], misses: [] };
    if (copy.hold !== undefined) keeps.unshift(copy.hold === '' ? 'legal hold' : `legal hold: ${copy.hold}`);
    return { runId: copy.runId, keep: keeps.length > 0, reasons: keeps.length > 0 ? keeps : misses };
  });
}

/** An era that is not yet in force at `now` does not end the one before it. */
function spansOf(eras: readonly RetentionEra[], now: number): EraSpan[] {
  const ordered = [...eras].sort((one, other) => one.since - other.since);
  const begun = ordered.filter(({ since }) => since <= Math.max(now, ordered[0].since))
    .filter(({ since }, index, all) => all[index + 1]?.since !== since);
  return begun.map((era, index) => ({ era, until: begun[index + 1]?.since }));
}

function spanOf(copy: Copy, spans: readonly EraSpan[]): EraSpan {
  return spans.findLast(({ era }) => era.since <= copy.slot) ?? spans[0];
}

function judgeAll(past: readonly Copy[], spans: readonly EraSpan[], now: number): Map<Copy, Judgement> {
  const latest = newestGood(past)?.slot;
  return new Map(spans.flatMap((span) => [...judgeByRules(past.filter((copy) => spanOf(copy, spans) === span), span, latest, now)]));
}

function newestGood(past: readonly Copy[]): Copy | undefined {
  return past.find((copy) => gradeOf(copy) >= INTACT);
}

function protectMinimum(past: readonly Copy[], spans: readonly EraSpan[], judgements: Map<Copy, Judgement>): void {
  const good = [...past.filter(isProven), ...past.filter((copy) => gradeOf(copy) === INTACT)];
  const inForce = spans[spans.length - 1].era.minimumVerified;
  for (const [index, copy] of good.entries()) {
    const minimum = Math.max(inForce, spanOf(copy, spans).era.minimumVerified);
    const { keeps, misses } = judgements.get(copy)!;
    const place = `minimum ${index + 1} of ${minimum}`;
    if (index >= minimum) misses.push(`${minimum} better or newer copies make up the minimum`);
    else if (!isProven(copy)) keeps.push(`its checksums are right, and fewer than ${minimum} copies are proven (${place})`);
    else keeps.unshift(index === 0 ? 'newest proven copy of all' : `proven, and fewer are never kept (${place})`);
  }
  const newest = newestGood(past);
  if (newest && !isProven(newest)) judgements.get(newest)!.keeps.unshift('newest copy of all whose checksums are right');
}

function awaitVerdicts(past: readonly Copy[], now: number, judgements: Map<Copy, Judgement>): void {
  for (const copy of past) {
    if (isProven(copy)) return;
    const until = copy.slot + VERDICT_SECONDS;
    if (copy.outcome !== 'unverified') continue;
    const { keeps, misses } = judgements.get(copy)!;
    if (now < until) keeps.push(`no verdict yet: kept until a newer copy is proven, at most until ${instantText(until)}`);
    else misses.push(`no verdict in ${VERDICT_SECONDS / 86_400} days`);
  }
}

function checkInput(copies: readonly Copy[], eras: readonly RetentionEra[], now: number): void {
  const instants: [string, number][] = [['now', now], ...copies.map((copy): [string, number] => [`the slot of ${copy.runId}`, copy.slot]),
    ...eras.map((era): [string, number] => ['an era\'s beginning', era.since])];
  for (const [what, value] of instants) {
    if (!Number.isFinite(value)) throw new RangeError(`${what} is ${value}; allowed: seconds since 1970`);
  }
  const seen = new Set<string>();
  for (const { runId } of copies) {
    if (seen.has(runId)) throw new RangeError(`${runId} is given twice; allowed: each copy once`);
    seen.add(runId);
  }
  for (const { rules, minimumVerified, gapSeconds } of eras) {
    const counts = Object.entries(rules).filter(([, count]) => count !== undefined);
    if (counts.length === 0) throw new RangeError('an era has no rule; allowed: at least one of last, hourly, daily, weekly, monthly, yearly, days');
    const wrong = Object.entries({ ...rules, minimumVerified, gapSeconds }).find(([, count]) => count !== undefined && !(count >= 1));
    if (wrong) throw new RangeError(`${wrong[0]} is ${wrong[1]}; allowed: from 1`);
  }
}
