import { BILLED_GB, MONTH_HOURS } from '../cost-facts';
import { MINIMUM_DAYS, priceOf, type StorageClass } from '../prices';
import type { Finding } from './finding';
import type { Known } from './known';
import { dollars, gibibytes, span } from './words';

const DAY = 86_400;

/**
 * The longest that the standard tier takes until the first byte: 3 to 5 hours from Glacier Flexible Retrieval, 12 hours from Glacier
 * Deep Archive; the others are read at once (https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html).
 */
const RETRIEVAL_SECONDS: Readonly<Partial<Record<StorageClass, number>>> = { GLACIER: 5 * 3600, DEEP_ARCHIVE: 12 * 3600 };

const NAMES: Readonly<Record<StorageClass, string>> = {
  STANDARD: 'Standard', STANDARD_IA: 'Standard-IA', ONEZONE_IA: 'One Zone-IA', GLACIER_IR: 'Glacier Instant Retrieval', GLACIER: 'Glacier Flexible Retrieval', DEEP_ARCHIVE: 'Glacier Deep Archive',
};

export function storageClassFindings(known: Known): Finding[] {
  return [...retrievalFindings(known), ...earlyFindings(known)];
}

function retrievalFindings({ store, rtoSeconds, expected, longestGap, lifetimes }: Known): Finding[] {
  return store.transitions.flatMap(({ afterDays, storageClass }): Finding[] => {
    const retrieval = RETRIEVAL_SECONDS[storageClass];
    const restore = expected?.restoreSeconds ?? 0;
    if (retrieval === undefined || retrieval + restore <= rtoSeconds || afterDays * DAY >= lifetimes.longestToSeconds) return [];
    const newest = afterDays * DAY <= longestGap.seconds;
    return [{
      code: 'CLASS_SLOWER_THAN_RTO',
      severity: newest ? 'error' : 'warning',
      reason: `from ${afterDays} days on a copy lies in ${NAMES[storageClass]}, which takes up to ${span(retrieval)} before the first byte${restore > 0 ? `, and a restore ${span(restore)}` : ''}; the RTO is ${span(rtoSeconds)}${newest ? `, and with runs up to ${span(longestGap.seconds)} apart even the newest copy lies there` : ', which older copies cannot meet'}`,
      mend: 'Glacier Instant Retrieval for what must be read at once, or a later transition; acknowledge it where the RTO is meant for new copies only',
    }];
  });
}

/** A copy that goes before its class's least days costs as much as one that stays (`MINIMUM_DAYS`). */
function earlyFindings(known: Known): Finding[] {
  const { store, lifetimes } = known;
  const [first, ...others] = [...store.transitions].sort((a, b) => a.afterDays - b.afterDays);
  if (!first) return [];
  const locked = store.lock?.seconds ?? 0;
  return [first, ...others].flatMap(({ afterDays, storageClass }, index, all): Finding[] => {
    const next = all[index + 1]?.afterDays ?? Number.POSITIVE_INFINITY;
    const lives = lifetimes.rules
      .map(({ rule, count, fromSeconds }) => ({ rule, count, days: Math.max(fromSeconds + store.graceSeconds, locked) / DAY }))
      .filter(({ days }) => days > afterDays && Math.min(days, next) < afterDays + MINIMUM_DAYS[storageClass])
      .sort((a, b) => a.days - b.days);
    const [early] = lives;
    if (!early) return [];
    const stays = Math.min(early.days, next) - afterDays;
    return [{
      code: 'CLASS_LEFT_EARLY',
      severity: 'warning',
      reason: `copies go to ${NAMES[storageClass]} after ${afterDays} days and leave it ${span(stays * DAY)} later (${early.rule} ${early.count}${next < early.days ? ', for a colder class' : ''}); ${MINIMUM_DAYS[storageClass]} days are paid for in any case, ${span((MINIMUM_DAYS[storageClass] - stays) * DAY)} of them for nothing: ${costOf(known, storageClass, MINIMUM_DAYS[storageClass] - stays)}`,
      mend: `a transition after ${span(early.days * DAY)}, when only copies are left that stay ${MINIMUM_DAYS[storageClass]} days, or a class with fewer least days`,
    }];
  });
}

/** What each such copy costs in days that it is not there: the deletion before its time is billed as storage. */
function costOf({ store: { region }, expected }: Known, storageClass: StorageClass, days: number): string {
  const price = priceOf(`storage.${storageClass}`, region);
  const usdAGigabyte = price.usd * days * 24 / MONTH_HOURS;
  const where = `at the prices of ${price.region}`;
  if (expected?.copyBytes !== undefined) return `${dollars(usdAGigabyte * expected.copyBytes / BILLED_GB)} for each copy of ${gibibytes(expected.copyBytes)}, ${where}`;
  if (expected?.sizeBytes === undefined) return `${dollars(usdAGigabyte)} for each GB of a copy, ${where}; how large a copy is, is not known`;
  return `${dollars(usdAGigabyte * expected.sizeBytes / BILLED_GB)} for each copy if it takes as much as its ${gibibytes(expected.sizeBytes)} of data, less as it compresses, ${where}`;
}
