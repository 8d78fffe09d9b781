import { rateAfterOneFailure, ratedSlots, SUCCESS_RATE_DAYS } from '../watch/thresholds';
import type { Finding } from './finding';
import type { Known } from './known';
import { counted, gibibytes, span } from './words';

/** An alarm that rings in every healthy month is switched off in the second one, and then tells nothing. */
export function watchingFindings(known: Known): Finding[] {
  if (!known.alarms) return [];
  return [...restlessFindings(known), ...contradictions(known), ...rateFindings(known)];
}

interface Restless {
  readonly kind: string;
  readonly threshold: number | undefined;
  /** What the gauge reaches in a month in which every run succeeds. */
  readonly reached: number | undefined;
  readonly why: string;
}

/** Only what is certain: a time that is not known is not guessed. */
function restlessFindings({ alarms, longestGap, runSeconds, verifySeconds, expected, rtoSeconds }: Known): Finding[] {
  const { thresholds = {} } = alarms ?? {};
  const oldest = longestGap.seconds + (runSeconds ?? 0);
  const ages = `runs are up to ${span(longestGap.seconds)} apart${runSeconds === undefined ? '' : ` and take ${span(runSeconds)}`}`;
  const dump = expected?.dumpSeconds;
  const restore = expected?.restoreSeconds;
  const kinds: readonly Restless[] = [
    { kind: 'recoveryPointOld', threshold: thresholds.recoveryPointOld, reached: oldest, why: ages },
    { kind: 'drillOld', threshold: thresholds.drillOld, reached: oldest, why: ages },
    { kind: 'backupOverdue', threshold: thresholds.backupOverdue, reached: dump, why: `a dump takes ${span(dump ?? 0)}` },
    { kind: 'runTooLong', threshold: thresholds.runTooLong, reached: dump, why: `a dump takes ${span(dump ?? 0)}` },
    {
      kind: 'copyUnverified', threshold: thresholds.copyUnverified, reached: verifySeconds,
      why: `a verification takes ${span(verifySeconds ?? 0)}`,
    },
  ];
  const restless = kinds.flatMap(({ kind, threshold, reached, why }) => {
    if (threshold === undefined || reached === undefined || threshold >= reached) return [];
    return [{ said: `${kind} is said after ${span(threshold)}, and ${why}`, mend: `${kind} after more than ${span(reached)}` }];
  });
  const ofRto = restore === undefined ? undefined : restore / rtoSeconds * 100;
  if (thresholds.restoreTooSlow !== undefined && ofRto !== undefined && ofRto <= 100 && thresholds.restoreTooSlow < ofRto) {
    restless.push({
      said: `restoreTooSlow is said from ${thresholds.restoreTooSlow} % of the RTO on, and a restore takes ${Math.round(ofRto)} % of it`,
      mend: `restoreTooSlow from more than ${Math.ceil(ofRto)} % on`,
    });
  }
  if (restless.length === 0) return [];
  return [{
    code: 'ALARM_NEVER_RESTS',
    severity: 'error',
    reason: `in a month without any failure there would be an alarm: ${restless.map(({ said }) => said).join('; ')}`,
    mend: restless.map(({ mend }) => mend).join('; '),
  }];
}

/** As many copies as retention keeps either lie there, and the store is too full, or do not, and copies are missing. */
function contradictions({ alarms, expected, lifetimes }: Known): Finding[] {
  const { thresholds: { storeFilling, provenCopiesMissing } = {}, storeCeilingBytes } = alarms ?? {};
  const { copyBytes } = expected ?? {};
  if (storeFilling === undefined || provenCopiesMissing === undefined) return [];
  if (storeCeilingBytes === undefined || copyBytes === undefined) return [];
  const needed = lifetimes.fewestCopies * copyBytes;
  const full = storeCeilingBytes * storeFilling / 100;
  if (needed <= full) return [];
  return [{
    code: 'ALARMS_CONTRADICT',
    severity: 'error',
    reason: `retention keeps ${counted(lifetimes.fewestCopies, 'copy', 'copies')} of ${gibibytes(copyBytes)}, and storeFilling is said from ${gibibytes(full)} on,`
      + ` ${storeFilling} % of the ceiling of ${gibibytes(storeCeilingBytes)}: storeFilling and provenCopiesMissing cannot both be silent`,
    mend: `a ceiling above ${gibibytes(Math.ceil(needed / storeFilling * 100))}, or fewer copies`,
  }];
}

/** A rate that no failure leaves standing says what `backupFailed` says, and goes on saying it for a month. */
function rateFindings({ alarms, longestGap }: Known): Finding[] {
  const { successRateLow: rate } = alarms?.thresholds ?? {};
  const slots = ratedSlots(longestGap.seconds);
  if (rate === undefined || slots < 1 || rateAfterOneFailure(slots) >= rate) return [];
  return [{
    code: 'SUCCESS_RATE_ALLOWS_NO_FAILURE',
    severity: 'info',
    reason: `of ${counted(slots, 'run', 'runs')} in ${SUCCESS_RATE_DAYS} days one failure leaves ${rateAfterOneFailure(slots).toFixed(1)} %, below the ${rate} % asked for:`
      + ` successRateLow stays for ${SUCCESS_RATE_DAYS} days after it`,
    mend: `a rate of ${(Math.floor(rateAfterOneFailure(slots) * 10) / 10).toFixed(1)} % or less says when a second one fails; backupFailed tells the first`,
  }];
}
