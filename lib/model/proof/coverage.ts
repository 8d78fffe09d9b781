import type { Finding } from './finding';
import { counted } from './words';

/**
 * @param kind such as `RDS database instance`
 * @param named protections of the application that name it as their source
 */
export function coverageFindings(kind: string, named: number, severity: 'error' | 'warning'): Finding[] {
  if (named > 0) return [];
  return [{
    code: 'UNPROTECTED_RESOURCE',
    severity,
    reason: `this ${kind} holds data and ${named} protections have it as their source`,
    mend: 'protect it, name it in the `protects` of a source that reaches it by address, or say why not with `RequireBackup.exempt(construct, reason)`',
  }];
}

/** @param paths of the resources that an exemption covers, none of which is protected */
export function exemptFindings(paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  return [{
    code: 'UNPROTECTED_RESOURCE',
    severity: 'warning',
    reason: `${counted(paths.length, 'resource that holds', 'resources that hold')} data and 0 protections have as their source: ${paths.join(', ')}`,
    mend: 'remove the exemption and protect what it covers',
  }];
}
