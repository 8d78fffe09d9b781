/**
 * Keys of the store, the kind first, so that lifecycle rules, grants and listings are plain prefixes.
 */
export type ObjectKind = 'runs' | 'parts' | 'verdicts' | 'policies' | 'audits' | 'scrubs';

export interface PolicyId {
  readonly environment: string;
  readonly application: string;
}

export interface ProtectionId extends PolicyId {
  readonly protection: string;
}

/** `runs/<environment>/<application>/` */
export function policyPrefix(kind: ObjectKind, id: PolicyId): string {
  return `${kind}/${id.environment}/${id.application}/`;
}

/** `runs/<environment>/<application>/<protection>/` */
export function protectionPrefix(kind: ObjectKind, id: ProtectionId): string {
  return `${policyPrefix(kind, id)}${id.protection}/`;
}

/** The slot in basic ISO form, `20261120T020000Z`: keys sort by time. */
export function runIdOf(slot: string): string {
  const runId = slot.replace(/\.\d+(?=Z$)/, '').replace(/[-:]/g, '');
  if (!/^\d{8}T\d{6}Z$/.test(runId)) throw new RangeError(`slot "${slot}" is not an ISO instant in UTC, such as 2026-11-20T02:00:00Z`);
  return runId;
}

/** The slot a runId stands for. */
export function slotOf(runId: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(runId);
  if (!match) throw new RangeError(`runId "${runId}" is not of the form 20261120T020000Z`);
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

export function manifestKey(id: ProtectionId, runId: string): string {
  return `${protectionPrefix('runs', id)}${runId}.json`;
}

/** Every part of one attempt lies under this prefix; parts of different attempts never mix. */
export function attemptPrefix(id: ProtectionId, runId: string, attempt: string): string {
  return `${protectionPrefix('parts', id)}${runId}/${attempt}/`;
}

/** `instant` is the moment of the verification, basic ISO form. */
export function verdictKey(id: ProtectionId, runId: string, instant: string): string {
  return `${protectionPrefix('verdicts', id)}${runId}/${runIdOf(instant)}.json`;
}

/** The protection and run a manifest's key speaks of; undefined for a key of another kind or shape. */
export function parseManifestKey(key: string): (ProtectionId & { readonly runId: string }) | undefined {
  const match = /^runs\/([^/]+)\/([^/]+)\/([^/]+)\/(\d{8}T\d{6}Z)\.json$/.exec(key);
  return match ? { environment: match[1], application: match[2], protection: match[3], runId: match[4] } : undefined;
}

export interface PartName extends ProtectionId {
  readonly runId: string;
  readonly attempt: string;
  /** Path under the attempt's prefix. */
  readonly name: string;
}

/** The run and attempt a part's key speaks of; undefined for a key of another kind or shape. */
export function parsePartKey(key: string): PartName | undefined {
  const match = /^parts\/([^/]+)\/([^/]+)\/([^/]+)\/(\d{8}T\d{6}Z)\/([^/]+)\/(.+)$/.exec(key);
  if (!match) return undefined;
  const [, environment, application, protection, runId, attempt, name] = match;
  return { environment, application, protection, runId, attempt, name };
}

/** The run a verdict's key speaks of; undefined for a key of another kind or shape. */
export function parseVerdictKey(key: string): (ProtectionId & { readonly runId: string }) | undefined {
  const match = /^verdicts\/([^/]+)\/([^/]+)\/([^/]+)\/(\d{8}T\d{6}Z)\/\d{8}T\d{6}Z\.json$/.exec(key);
  return match ? { environment: match[1], application: match[2], protection: match[3], runId: match[4] } : undefined;
}

/** What was declared of a protection, under the SHA-256 of what it says. */
export function policyRecordKey(id: ProtectionId, digest: string): string {
  return `${protectionPrefix('policies', id)}${digest}.json`;
}

/** What one retire round found in the whole store; `instant` is the round's. */
export function auditKey(id: PolicyId, instant: string): string {
  return `${policyPrefix('audits', id)}${runIdOf(instant)}.json`;
}

/** What one scrub round found, of all protections; `instant` is the round's. */
export function scrubRoundKey(id: PolicyId, instant: string): string {
  return `${scrubRoundsPrefix(id)}${runIdOf(instant)}.json`;
}

export function scrubRoundsPrefix(id: PolicyId): string {
  return `${policyPrefix('scrubs', id)}rounds/`;
}

/** When each copy of a protection was last read. A round that reads for long writes several: `sequence` counts them from 0. */
export function readingsKey(id: ProtectionId, instant: string, sequence: number): string {
  return `${readingsPrefix(id)}${runIdOf(instant)}-${String(sequence).padStart(6, '0')}.json`;
}

export function readingsPrefix({ protection, ...id }: ProtectionId): string {
  return `${policyPrefix('scrubs', id)}readings/${protection}/`;
}

/** The round and the sequence that a key of readings has; undefined for a key of another kind or shape. */
export function parseReadingsKey(key: string): { readonly runId: string; readonly sequence: number } | undefined {
  const match = /^scrubs\/[^/]+\/[^/]+\/readings\/[^/]+\/(\d{8}T\d{6}Z)-(\d{6})\.json$/.exec(key);
  return match ? { runId: match[1], sequence: Number(match[2]) } : undefined;
}

/** Which protections are paused from an instant on: beside the audits, whose rules and readers it has. */
export function pausesKey(id: PolicyId, instant: string): string {
  return `${pausesPrefix(id)}${runIdOf(instant)}.json`;
}

export function pausesPrefix(id: PolicyId): string {
  return `${policyPrefix('audits', id)}pauses/`;
}
