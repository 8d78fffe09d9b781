/** A pause ends by itself; a longer one is declared, or removed from the app. */
export const LONGEST_PAUSE_DAYS = 31;

/** EventBridge Scheduler's limit of a description (API Reference, "UpdateSchedule"). */
const LONGEST_DESCRIPTION = 512;
const MARK = 'paused: ';

/**
 * What a paused schedule's description says: why, and on the next line what it said before. When it ends is the schedule's start date.
 *
 * @param reason one line
 */
export function pausedDescription(reason: string, description = ''): string {
  return `${MARK}${reason.replace(/\s+/g, ' ').trim()}\n${unpausedDescription(description)}`.slice(0, LONGEST_DESCRIPTION).trimEnd();
}

/** Why somebody paused it; undefined for a description that says of no pause. */
export function pauseReason(description: string | undefined): string | undefined {
  return description?.startsWith(MARK) ? description.slice(MARK.length).split('\n')[0] : undefined;
}

/** What the description says without a pause. */
export function unpausedDescription(description: string): string {
  return description.startsWith(MARK) ? description.split('\n').slice(1).join('\n') : description;
}
