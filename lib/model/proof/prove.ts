import { drillFindings } from './drills';
import type { ProtectionFacts } from './facts';
import type { Finding, Severity } from './finding';
import { type Known, knownOf } from './known';
import { lockFindings } from './lock';
import { recoveryPointFindings } from './recovery-point';
import { recoveryTimeFindings } from './recovery-time';
import { retentionFindings } from './retention';
import { scheduleFindings } from './schedule';
import { scrubFindings } from './scrub';
import { secondRegionFindings } from './second-region';
import { storageClassFindings } from './storage-class';
import { tierFindings } from './tier';
import { watchingFindings } from './watching';
import { workerFindings } from './workers';

/** Every concern of the proof, in the order in which findings of one severity are said. */
const CONCERNS: readonly ((known: Known) => Finding[])[] = [
  recoveryPointFindings, recoveryTimeFindings, scheduleFindings, workerFindings, retentionFindings,
  lockFindings, secondRegionFindings, storageClassFindings, drillFindings, scrubFindings, tierFindings,
  watchingFindings,
];

const GRAVEST_FIRST: readonly Severity[] = ['error', 'warning', 'info'];

/** What a declared protection cannot keep, the gravest first. Nothing where all that it promises is proven. */
export function proveProtection(facts: ProtectionFacts): Finding[] {
  const known = knownOf(facts);
  const found = CONCERNS.flatMap((concern) => concern(known));
  return GRAVEST_FIRST.flatMap((severity) => found.filter((finding) => finding.severity === severity));
}
