import { dueBy, ROUND_BYTES, spareSeconds } from '../scrub';
import type { StorageClass } from '../prices';
import type { Finding } from './finding';
import type { Known } from './known';
import { counted, gibibytes, span } from './words';

const DAY = 86_400;

/** Classes whose objects must be retrieved before they can be read (S3 User Guide, "Understanding archive retrieval options"). */
const RETRIEVED_FIRST: Readonly<Partial<Record<StorageClass, string>>> = { GLACIER: 'Glacier Flexible Retrieval', DEEP_ARCHIVE: 'Glacier Deep Archive' };

/** Whether the declared re-reading of stored copies can be kept, and does anything. */
export function scrubFindings(known: Known): Finding[] {
  return [...idleFindings(known), ...slowFindings(known), ...coldFindings(known)];
}

/** How old a copy is at the latest when it is first read again. */
function firstReadSeconds({ scrub }: Known): number | undefined {
  return scrub && dueBy({ runId: '', sizeBytes: 0, countsFrom: 0 }, scrub);
}

function idleFindings(known: Known): Finding[] {
  const { scrub, lifetimes, store } = known;
  const read = firstReadSeconds(known);
  const lives = Math.max(lifetimes.longestToSeconds + store.graceSeconds, store.lock?.seconds ?? 0);
  if (!scrub || read === undefined || lives > read) return [];
  return [{
    code: 'SCRUB_NEVER_DUE',
    severity: 'warning',
    reason: `a copy is read again ${span(read)} after its writing, and none stays longer than ${span(lives)}: no copy is ever read again`,
    mend: `leave \`scrub\` out, or read within less than ${span(lives)}`,
  }];
}

/** Only what is certain: copies that outlive the period, of the rule that keeps the most of them. */
function slowFindings(known: Known): Finding[] {
  const { scrub, expected, lifetimes, longestGap } = known;
  const read = firstReadSeconds(known);
  const copyBytes = expected?.copyBytes;
  if (!scrub || read === undefined || copyBytes === undefined) return [];
  const copies = Math.max(0, ...lifetimes.rules.filter(({ fromSeconds }) => fromSeconds > read)
    .map(({ rule, count }) => (rule === 'days' ? Math.floor(count * DAY / longestGap.seconds) : count)));
  const rounds = Math.floor((scrub.periodSeconds - spareSeconds(scrub)) / scrub.longestGapSeconds);
  const most = rounds * ROUND_BYTES;
  if (copies * copyBytes <= most) return [];
  const days = Math.ceil(copies * copyBytes / ROUND_BYTES * scrub.longestGapSeconds / DAY / 0.9);
  return [{
    code: 'SCRUB_EXCEEDS_ROUNDS',
    severity: 'error',
    reason: `retention keeps ${counted(copies, 'copy', 'copies')} of ${gibibytes(copyBytes)} (${expected?.source ?? ''}) for longer than that; ${counted(rounds, 'round', 'rounds')}`
      + ` within ${span(scrub.periodSeconds)} read ${gibibytes(most)}, ${gibibytes(ROUND_BYTES)} each in the time that Lambda gives`,
    mend: `\`within\` of ${counted(days, 'day', 'days')} or more, or rounds more often`,
  }];
}

function coldFindings(known: Known): Finding[] {
  const { scrub, store, lifetimes } = known;
  if (!scrub) return [];
  return store.transitions.flatMap(({ afterDays, storageClass }): Finding[] => {
    const name = RETRIEVED_FIRST[storageClass];
    if (name === undefined || afterDays * DAY >= lifetimes.longestToSeconds + store.graceSeconds) return [];
    return [{
      code: 'SCRUB_OF_COLD_CLASS',
      severity: 'error',
      reason: `from ${afterDays} days on a copy lies in ${name}, whose objects cannot be read before they are retrieved: each round would fail on it`,
      mend: 'Glacier Instant Retrieval, which is read at once, or leave `scrub` out',
    }];
  });
}
