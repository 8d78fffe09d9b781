import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

/** A tier's objectives may be overridden; that it promises less than its name is said. */
export function tierFindings({ tier, rpoSeconds, rtoSeconds }: Known): Finding[] {
  if (!tier) return [];
  const weaker = ([['RPO', rpoSeconds, tier.rpoSeconds], ['RTO', rtoSeconds, tier.rtoSeconds]] as const).filter(([, declared, asked]) => declared > asked);
  if (weaker.length === 0) return [];
  return [{
    code: 'WEAKER_THAN_TIER',
    severity: 'info',
    reason: `${weaker.map(([name, declared, asked]) => `the ${name} is ${span(declared)}, the tier "${tier.name}" has ${span(asked)}`).join('; ')}`,
    mend: 'the tier\'s own objectives, or the tier that fits',
  }];
}
