import type { ProtectionId } from '../../../lib/contract/object-keys';
import { RefusedError } from '../errors';

/** How far clocks of one cloud may lie apart. */
export const CLOCK_MARGIN_SECONDS = 15 * 60;

/**
 * The instant a round acts at: this machine's clock, once the store's agrees. A rehearsal may say it, where nothing else can be.
 *
 * @param ahead how far the store's clock is ahead of this machine's, in milliseconds; undefined where it was not heard
 * @throws RefusedError
 */
export function roundInstant({ rehearsedAt }: { readonly rehearsedAt?: string }, ahead: number | undefined): Date {
  if (rehearsedAt !== undefined) return new Date(rehearsedAt);
  const now = new Date();
  if (ahead !== undefined && Math.abs(ahead) > CLOCK_MARGIN_SECONDS * 1000) {
    throw new RefusedError(
      'CLOCK_DIFFERS', `This worker's clock says ${now.toISOString()}, the store's ${new Date(now.getTime() + ahead).toISOString()}.`,
      'The round did nothing: find out which clock was changed.',
    );
  }
  return now;
}

/** Who could say at which instant a round acts could let every grace pass. @throws RefusedError */
export function refuseForeignClock({ rehearsedAt }: { readonly rehearsedAt?: string }): void {
  if (rehearsedAt === undefined || isOnLoopback()) return;
  throw new RefusedError('REHEARSAL_ONLY', 'The request says at which instant to act, and the store is a real one.', 'Leave rehearsedAt out: the clock is the store\'s.');
}

/**
 * The one clock that a changed machine cannot change is the store's, in what it holds.
 *
 * @param instants of what it holds, in milliseconds since 1970
 * @throws RefusedError
 */
export function refuseClockBehind(now: Date, instants: readonly number[], { protection }: ProtectionId): void {
  const newest = Math.max(...instants);
  if (newest <= now.getTime() + CLOCK_MARGIN_SECONDS * 1000) return;
  throw new RefusedError(
    'CLOCK_BEHIND', `The store holds something of ${protection} from ${new Date(newest).toISOString()}, and it is ${now.toISOString()}.`,
    'The round did nothing there: find out which clock was changed.',
  );
}

function isOnLoopback(): boolean {
  const address = process.env.AWS_ENDPOINT_URL;
  return address !== undefined && URL.canParse(address) && /^(127(\.\d+){3}|localhost|\[::1\])$/.test(new URL(address).hostname);
}
