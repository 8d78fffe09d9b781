import type { StoreFacts } from './facts';
import type { Finding } from './finding';
import type { Known } from './known';
import { counted, span } from './words';

/** S3 Object Lock: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html. */
export function lockFindings({ store: { lock, lockExtended, graceSeconds, testEnvironment }, lifetimes, longestGap }: Known): Finding[] {
  if (testEnvironment) return [];
  if (!lock) {
    return [{
      code: 'LOCK_MISSING',
      severity: 'warning',
      reason: `copies are kept up to ${span(lifetimes.longestToSeconds)} and locked for ${span(0)}: whoever may delete in the bucket can delete all of them at once, ransom included`,
      mend: '`lock: BackupLock.governance(…)` in the store',
    }];
  }
  const found: Finding[] = [];
  if (!lockExtended && lock.seconds < lifetimes.longestToSeconds) {
    found.push({
      code: 'LOCK_SHORTER_THAN_RETENTION',
      severity: 'warning',
      reason: `copies are kept up to ${span(lifetimes.longestToSeconds)} and locked for ${span(lock.seconds)}: from then on any administrator can delete them`,
      mend: '`lockExtension: {}` in the policy, which lengthens the lock of the copies that are kept, or a lock as long as the longest rule keeps',
    });
  }
  const over = lock.seconds - lifetimes.earliestReleaseSeconds - graceSeconds;
  if (over > 0) {
    const more = Math.floor(over / longestGap.seconds);
    found.push({
      code: 'LOCK_LONGER_THAN_RETENTION',
      severity: 'info',
      reason: `retention releases copies from ${span(lifetimes.earliestReleaseSeconds)} on, with ${span(graceSeconds)} of grace; the lock keeps each of them ${span(lock.seconds)}: ${counted(more, 'copy', 'copies')} more in the store than the rules say`,
      mend: `a lock of ${span(Math.max(86_400, lifetimes.earliestReleaseSeconds + graceSeconds))} or less, if those copies need not be safe as long`,
    });
  }
  return found;
}

/** What concerns a store whatever lies in it. */
export function storeFindings({ lock }: Pick<StoreFacts, 'lock'>): Finding[] {
  if (lock?.mode !== 'COMPLIANCE') return [];
  return [{
    code: 'COMPLIANCE_LOCK',
    severity: 'warning',
    reason: `nobody, AWS and the account's root user included, can delete a copy for ${span(lock.seconds)} from its writing, shorten that, or stop paying for it; a copy that must be erased by law cannot be`,
    mend: 'use BackupLock.governance() unless a law or an insurer asks for this, and acknowledge this where one does',
  }];
}
