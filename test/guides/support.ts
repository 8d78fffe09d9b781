import { type Finding, type FindingCode, type ProtectionFacts, proveProtection, type StoreFacts } from '../../lib/model/proof';

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

/** A bucket or a disk as the guides have it: what deletes a copy deletes it, at once and for ever. */
export const PLAIN_STORE: StoreFacts = { lockExtended: false, replicas: [], graceSeconds: 0, transitions: [], testEnvironment: false };

/** The store of the corrected policies: locked, lengthened for what is kept, in a second region within 15 minutes. */
export const CORRECTED_STORE: StoreFacts = {
  lock: { mode: 'GOVERNANCE', seconds: 7 * DAY }, lockExtended: true, replicas: [{ timeControl: true }], graceSeconds: 7 * DAY, transitions: [], testEnvironment: false,
};

export function every(minutes: number) {
  return { kind: 'every', minutes } as const;
}

export function daily(hour: number) {
  return { kind: 'daily', hour, minute: 0, timeZone: 'UTC' } as const;
}

export function sunday(hour: number) {
  return { kind: 'weekly', weekDay: 'SUN', hour, minute: 0, timeZone: 'UTC' } as const;
}

/** Every code with its severity, the gravest first. */
export function said(facts: ProtectionFacts): string[] {
  return proveProtection(facts).map(({ severity, code }) => `${severity} ${code}`);
}

export function reasonOf(facts: ProtectionFacts, code: FindingCode): Finding {
  const found = proveProtection(facts).find((finding) => finding.code === code);
  if (!found) throw new Error(`${code} is not found`);
  return found;
}
