import type { Finding } from './finding';
import type { Known } from './known';
import { span } from './words';

export function drillFindings({ drillSeconds, encryption, tier, longestGap, store }: Known): Finding[] {
  if (store.testEnvironment) return [];
  if (encryption && !encryption.drillIdentity) {
    return [{
      code: 'DRILL_WITHOUT_IDENTITY',
      severity: tier ? 'error' : 'warning',
      reason: `copies are encrypted and the drill has no identity to open them: checksums are compared, 0 copies are ever restored${tier ? `, where the tier "${tier.name}" asks for a restore every ${span(tier.drillSeconds)}` : ''}`,
      mend: '`drillIdentity` in the encryption: a secret that the verify worker alone may read',
    }];
  }
  const every = drillSeconds === undefined ? undefined : Math.max(drillSeconds, longestGap.seconds);
  if (!tier || (every !== undefined && every <= tier.drillSeconds)) return [];
  return [{
    code: 'DRILLS_TOO_RARE',
    severity: 'error',
    reason: `${every === undefined ? 'no copy is ever restored' : `a copy is restored every ${span(every)}`}; the tier "${tier.name}" asks for every ${span(tier.drillSeconds)}`,
    mend: `drills and runs every ${span(tier.drillSeconds)} or more often, or another tier`,
  }];
}
