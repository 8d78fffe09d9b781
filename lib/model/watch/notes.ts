import { instantText } from '../calendar';
import type { Watched } from './gauges';
import type { Note, WatchFacts } from './watched';

/** Worker and store of one cloud lie no further apart. */
const SKEW_SAID_SECONDS = 60;

/** Runs that are named one by one. */
const NAMED = 5;

/** What is to say of a protection, in sentences for a person; nothing of one that is as it should be. */
export function notesOf(facts: WatchFacts, { gauges, newest, newestProven, failed }: Omit<Watched, 'notes'>): Note[] {
  const { now, pause } = facts;
  const notes: Note[] = [];
  const say = (metric: keyof typeof gauges, text: string, about?: string): void => {
    notes.push({ metric, text, ...about === undefined ? {} : { about } });
  };
  if (gauges.pausedSeconds > 0 && pause) say('pausedSeconds', `Runs are paused until ${instantText(pause.until)}: ${pause.reason}.`);
  const missing = failed.filter(({ state }) => state === 'missing').map(({ slot }) => instantText(slot));
  const unproven = failed.filter(({ state }) => state === 'unproven').map(({ slot }) => instantText(slot));
  if (missing.length > 0) say('failedRuns', `No copy of ${named(missing)}, and no run can leave one any more.`);
  if (unproven.length > 0) say('failedRuns', `The copy of ${named(unproven)} is not proven.`);
  if (gauges.overdueSeconds > 0) say('overdueSeconds', `The copy of ${instantText(now - gauges.overdueSeconds)} is not there${newest ? `; the newest is of ${instantText(newest.slot)}` : ', and there is no other'}.`);
  if (!newestProven && failed.length > 0) say('recoveryPointAge', 'There is no proven copy.');
  if (gauges.unverifiedAge > facts.verdictSeconds) say('unverifiedAge', `A copy has waited for its verdict since ${instantText(now - gauges.unverifiedAge)}.`);
  if (gauges.missingProvenCopies > 0) {
    say('missingProvenCopies', `There are ${gauges.provenCopies} proven copies, and ${gauges.provenCopies + gauges.missingProvenCopies} should be there.`);
  }
  for (const copy of facts.copies.filter(({ missingIn }) => missingIn.length > 0).slice(0, NAMED)) {
    say('replicaLag', `The copy of ${instantText(copy.slot)} is not whole in ${copy.missingIn.join(' and ')}.`, copy.runId);
  }
  for (const note of facts.notReplicated.slice(0, NAMED)) say('replicaFailures', note.text, note.about);
  for (const note of facts.unreadable.slice(0, NAMED)) say('unreadable', note.text, note.about);
  for (const note of facts.drift) say('scheduleDrift', note.text, note.about);
  if (newest && gauges.clockSkew > SKEW_SAID_SECONDS) {
    const way = newest.skewSeconds > 0 ? 'ahead of' : 'behind';
    say('clockSkew', `The worker of ${newest.runId} had a clock ${Math.round(gauges.clockSkew)} s ${way} the store's: its recovery point is not to be relied on.`, newest.runId);
  }
  return notes;
}

function named(slots: readonly string[]): string {
  const shown = slots.slice(0, NAMED).join(', ');
  return slots.length > NAMED ? `${shown} and ${slots.length - NAMED} more slots` : shown;
}
