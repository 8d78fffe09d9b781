import type { Finding } from './finding';
import type { Known } from './known';
import type { RuleLifetime } from './lifetimes';
import { counted, span } from './words';

/**
 * From the tag that releases a copy to the last of its bytes: two lifecycle rules, each rounded to the next midnight UTC
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html).
 */
const LIFECYCLE_SECONDS = 2 * 86_400;

export function retentionFindings(known: Known): Finding[] {
  return [...minimumFindings(known), ...idleFindings(known), ...floorFindings(known), ...ceilingFindings(known)];
}

function minimumFindings({ minimumVerified, lifetimes: { fewestCopies }, longestGap }: Known): Finding[] {
  if (fewestCopies >= minimumVerified) return [];
  return [{
    code: 'RETENTION_BELOW_MINIMUM',
    severity: 'warning',
    reason: `the rules keep ${counted(fewestCopies, 'copy', 'copies')} at times, with runs up to ${span(longestGap.seconds)} apart; ${counted(minimumVerified, 'proven copy always stays', 'proven copies always stay')}, longer than the rules say`,
    mend: `rules that keep ${minimumVerified} copies or more, or a smaller \`minimumVerified\``,
  }];
}

/** A rule whose every copy another one keeps longer. */
function idleFindings({ lifetimes: { rules } }: Known): Finding[] {
  return rules.flatMap((rule): Finding[] => {
    const longer = rules.find((other) => other !== rule && other.everyCopy && other.fromSeconds >= rule.toSeconds);
    if (!longer) return [];
    return [{
      code: 'RETENTION_RULE_IDLE',
      severity: 'warning',
      reason: `${worded(rule)} keeps copies ${span(rule.toSeconds)} at most, and ${worded(longer)} keeps every copy ${span(longer.fromSeconds)}: the first keeps nothing`,
      mend: `a ${rule.rule} of more than ${span(longer.fromSeconds)}, or none`,
    }];
  });
}

function floorFindings({ floorSeconds, ceilingSeconds, lifetimes }: Known): Finding[] {
  const found: Finding[] = [];
  if (floorSeconds !== undefined && lifetimes.longestFromSeconds < floorSeconds) {
    found.push({
      code: 'RETENTION_BELOW_FLOOR',
      severity: 'error',
      reason: `the oldest copy is surely kept ${span(lifetimes.longestFromSeconds)} (${said(lifetimes.rules)}); ${span(floorSeconds)} are asked for`,
      mend: `rules that reach ${span(floorSeconds)}: N periods keep a copy for N - 1 of them at the least, for it may be made at the end of one`,
    });
  }
  if (floorSeconds !== undefined && ceilingSeconds !== undefined && floorSeconds > ceilingSeconds) {
    found.push({
      code: 'RETENTION_CONTRADICTION',
      severity: 'error',
      reason: `copies must be kept ${span(floorSeconds)} and must be gone after ${span(ceilingSeconds)}`,
      mend: 'two protections, each of the tables under one of the two rules: a copy of both can obey only one',
    });
  }
  return found;
}

/** What keeps a copy longest: its rules and then the grace, or the lock. */
function ceilingFindings({ ceilingSeconds: ceiling, lifetimes, store, minimumVerified }: Known): Finding[] {
  if (ceiling === undefined) return [];
  const byRules = lifetimes.longestToSeconds + store.graceSeconds + LIFECYCLE_SECONDS;
  const byLock = (store.lock?.seconds ?? 0) + LIFECYCLE_SECONDS;
  if (Math.max(byRules, byLock) <= ceiling) return [];
  const rules = `${said(lifetimes.rules)} and ${minimumVerified} proven copies whatever their age keep a copy up to ${span(lifetimes.longestToSeconds)}; with ${span(store.graceSeconds)} of grace and 2 days until lifecycle has removed it, ${span(byRules)}`;
  const lock = `the lock keeps every copy ${span(store.lock?.seconds ?? 0)}`;
  return [{
    code: 'RETENTION_ABOVE_CEILING',
    severity: 'error',
    reason: `${[...byRules > ceiling ? [rules] : [], ...byLock > ceiling ? [lock] : []].join(', and ')}; nothing may be older than ${span(ceiling)}`,
    mend: byLock > ceiling ? 'a shorter lock (one that a copy has already can only be waited for), and rules that end before the ceiling' : 'fewer copies in the longest rule, or a shorter grace',
  }];
}

function said(rules: readonly RuleLifetime[]): string {
  return rules.map(worded).join(', ');
}

function worded({ rule, count }: RuleLifetime): string {
  return `${rule} ${count}`;
}
