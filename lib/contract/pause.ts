import { z } from 'zod';
import { CONTRACT_VERSION, Instant, Name, parseVersioned } from './common';

/**
 * Which protections of a policy are paused, whenever that has changed: the schedules are the first region's, and whoever watches a replica
 * sees them by this alone. Written once.
 */
export const StoredPauses = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  environment: Name,
  application: Name,
  /** The store's clock. */
  at: Instant,
  protections: z.array(z.strictObject({ protection: Name, from: Instant, until: Instant, reason: z.string() })),
});
export type StoredPauses = z.infer<typeof StoredPauses>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseStoredPauses(value: unknown): StoredPauses {
  return parseVersioned('the stored pauses', StoredPauses, value);
}

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
