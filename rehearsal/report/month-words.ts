import type { CopyFate, LostRegionProof, MonthProtection, ReportMonth } from './month-model';
import { count, counted, day, size } from './words';

/** Worst last: what a copy's state means for who needs it. */
export const FATE_WORDS: Readonly<Record<CopyFate, string>> = {
  kept: 'kept', announced: 'announced to go', released: 'released, held by its lock or until midnight', deleted: 'deleted', missing: 'never there',
};

function countFates({ copies }: MonthProtection, fate: CopyFate): number {
  return copies.filter((copy) => copy.fate === fate).length;
}

/** What became of a protection's copies, in a sentence. */
export function fatesInWords(one: MonthProtection): string {
  const numbers = (Object.keys(FATE_WORDS) as CopyFate[]).map((fate) => ({ fate, number: countFates(one, fate) }));
  const fates = numbers.filter(({ number }) => number > 0);
  const last = one.nights.at(-1);
  const stored = last ? `; ${size(last.storedBytes)} stored at the end${last.replicaBytes > 0 ? `, ${size(last.replicaBytes)} elsewhere` : ''}` : '';
  return `${counted(one.copies.length, 'copy', 'copies')}: ${fates.map(({ fate, number }) => `${count(number)} ${FATE_WORDS[fate]}`).join(', ') || 'none'}${stored}`;
}

/** What was left when the region was gone. */
export function lossInWords({ region, from, summary }: LostRegionProof): string {
  return `with ${region} lost${from === undefined ? '' : `, from ${from}`}: ${summary}`;
}

/** Who proved it: a machine of the app with its own rights, or a person with all rights. */
export function proverInWords({ machine }: LostRegionProof): string {
  return machine === undefined
    ? 'the verify worker ran as whoever would start it by hand, with every right: the app has no worker in that region'
    : `by ${machine}, a machine in that region, with the rights of its own roles`;
}

/** What became of the locks of what was kept; undefined where the report does not say. */
export function locksInWords({ application, environment, nights }: MonthProtection, { extensions }: ReportMonth): string | undefined {
  if (nights.some(({ unlocked }) => unlocked === undefined)) return undefined;
  const most = Math.max(0, ...nights.map(({ unlocked = 0 }) => unlocked));
  const rounds = extensions.filter((one) => one.application === application && one.environment === environment);
  const said = most === 0 ? 'no kept copy was ever without a lock' : `up to ${counted(most, 'kept copy was', 'kept copies were')} locked no more`;
  return rounds.length === 0 ? `${said}; nothing lengthens locks` : `${said}; ${counted(rounds.length, 'round')} lengthened them`;
}

/** How the stored copies were read again; undefined where nobody does. */
export function scrubsInWords({ application, environment }: MonthProtection, { scrubs }: ReportMonth): string | undefined {
  const rounds = scrubs.filter((one) => one.application === application && one.environment === environment);
  if (rounds.length === 0) return undefined;
  const read = rounds.reduce((sum, one) => sum + one.read, 0);
  const oldest = Math.max(...rounds.map(({ oldestSeconds }) => oldestSeconds));
  return `${counted(rounds.length, 'round')} read ${counted(read, 'stored copy', 'stored copies')} again; none had lain unread for more than ${counted(Math.ceil(oldest / 86_400), 'day')}`;
}

/** The days in a few lines for a terminal. */
export function monthInWords(month: ReportMonth): string[] {
  const failed = [...month.rounds, ...month.extensions, ...month.scrubs].filter(({ error }) => error !== undefined);
  return [
    `${counted(month.days, 'day')} from ${day(month.from)} to ${day(month.to)}, ${counted(month.rounds.length, 'retire round')}`,
    ...failed.slice(0, 1).map(({ at, error = '' }) => `  ${counted(failed.length, 'round')} failed, the first at ${at}: ${error}`),
    ...month.protections.flatMap((one) => [
      `  ${one.application} ${one.protection}: ${fatesInWords(one)}`,
      ...[locksInWords(one, month) ?? [], scrubsInWords(one, month) ?? []].flat().map((words) => `    ${words}`),
      `    ${one.lostRegion ? lossInWords(one.lostRegion) : `with ${one.region} lost nothing would be left: the store has no replica`}`,
      ...one.lostRegion ? [`    ${proverInWords(one.lostRegion)}`] : [],
    ]),
  ];
}
