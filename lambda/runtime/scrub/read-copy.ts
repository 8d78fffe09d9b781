import { NewerContractError } from '../../../lib/contract/common';
import { parseManifest, type Manifest } from '../../../lib/contract/manifest';
import { manifestKey, type ProtectionId } from '../../../lib/contract/object-keys';
import { type Damage, DAMAGE_NAMED, type OpenReading } from '../../../lib/contract/scrub-record';
import { isLeaving } from '../copies/judge-copies';
import { readStoredDocument } from '../copies/stored-document';
import { IntegrityError, messageOf, RefusedError } from '../errors';
import { listVersions, type StoredVersion } from '../store-listing';
import { readMark } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import type { Pace } from './pace';
import { readPart } from './read-part';

export interface CopyToRead {
  readonly store: StoreReaderOptions;
  readonly id: ProtectionId;
  readonly runId: string;
  readonly pace: Pace;
  /** How far an earlier round came. */
  readonly open?: OpenReading;
  /** Names of the parts that are looked at again. @default all */
  readonly only?: readonly string[];
  /** Writes down how far the reading is. */
  readonly save?: (open: OpenReading) => Promise<void>;
}

/**
 * - `gone`: a lifecycle rule deleted it
 * - `leaving`: it was released
 * - `read`: every part, with what is not as it was written
 * - `stopped`: the round's time is over
 */
export type CopyReading =
  | { readonly kind: 'gone' }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'read'; readonly bytes: number; readonly startedAt: string; readonly damage: readonly Damage[]; readonly damageCount: number }
  | { readonly kind: 'stopped'; readonly bytes: number; readonly open?: OpenReading };

/**
 * Reads the parts of a copy, one after the other, by its manifest.
 *
 * @throws RunError where something could not be read, which says nothing of it
 */
export async function readCopy(copy: CopyToRead): Promise<CopyReading> {
  const { store, id, runId, pace } = copy;
  const now = pace.now().toISOString();
  const stored = await findManifest(store, id, runId);
  if (!stored) return { kind: 'gone' };
  if (isLeaving(await readMark(store, stored))) return { kind: 'leaving' };
  const found = await readManifest(copy, stored);
  if ('code' in found) return { kind: 'read', bytes: 0, startedAt: now, damage: [found], damageCount: 1 };
  const reading = new Reading(copy, found, now);
  for (const part of reading.left()) {
    if (pace.over) return { kind: 'stopped', bytes: reading.bytes, open: reading.open() };
    try {
      if (!await reading.read(part)) return { kind: 'stopped', bytes: reading.bytes, open: reading.open() };
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      // Retirement may have come between.
      if (isLeaving(await readMark(store, stored))) return { kind: 'leaving' };
      reading.damaged(part.name, error);
    }
  }
  const { startedAt, damage, damageCount } = reading.open();
  return { kind: 'read', bytes: reading.bytes, startedAt, damage, damageCount };
}

type ManifestPart = Manifest['parts'][number];

/** How far the parts of one copy are read. */
class Reading {
  /** That were read by this round. */
  bytes = 0;
  private state: OpenReading;

  constructor(private readonly copy: CopyToRead, private readonly manifest: Manifest, now: string) {
    const { open, runId } = copy;
    const { attempt } = manifest;
    this.state = open?.attempt === attempt ? open : { runId, attempt, startedAt: now, parts: 0, damage: [], damageCount: 0 };
  }

  left(): readonly ManifestPart[] {
    const { only } = this.copy;
    const { parts } = this.manifest;
    return only ? parts.filter(({ name }) => only.includes(name)) : parts.slice(this.state.parts);
  }

  open(): OpenReading {
    return this.state;
  }

  /** @returns false where the round's time is over */
  async read(part: ManifestPart): Promise<boolean> {
    const { store, pace, save } = this.copy;
    const { bytes, open } = await readPart(store, part, this.state.part, async (at) => {
      if (pace.over) return false;
      if (save && pace.checkpointDue) await save({ ...this.state, part: at() });
      return true;
    });
    this.bytes += bytes;
    if (open) this.state = { ...this.state, part: open };
    else await this.ended();
    return open === undefined;
  }

  damaged(part: string, error: IntegrityError): void {
    const { damage, damageCount, parts, part: _ofThis, ...rest } = this.state;
    const named = [...damage, { part, code: error.code, text: error.sentence }].slice(0, DAMAGE_NAMED);
    this.state = { ...rest, parts: parts + 1, damage: named, damageCount: damageCount + 1 };
  }

  private async ended(): Promise<void> {
    const { part: _itsEnd, ...rest } = this.state;
    this.state = { ...rest, parts: rest.parts + 1 };
    const { save, pace } = this.copy;
    if (save && pace.checkpointDue) await save(this.state);
  }
}

/** The first that was written: nobody of ours writes a second one. */
async function findManifest(store: StoreReaderOptions, id: ProtectionId, runId: string): Promise<StoredVersion | undefined> {
  const key = manifestKey(id, runId);
  let first: StoredVersion | undefined;
  for await (const version of listVersions(store, key)) if (version.key === key && !version.deleteMarker) first = version;
  return first;
}

async function readManifest({ store, id, runId }: CopyToRead, stored: StoredVersion): Promise<Manifest | Damage> {
  const value = await readStoredDocument(store, stored);
  let manifest: Manifest;
  try {
    manifest = parseManifest(value);
  } catch (error) {
    if (error instanceof NewerContractError) throw new RefusedError('MANIFEST_NEWER', `${error.message}.`, 'Deploy the newer release here too.');
    return { code: 'MANIFEST_DAMAGED', text: `The manifest of ${runId} cannot be read: ${messageOf(error)}.` };
  }
  const { environment, application, protection } = manifest;
  const speaksOf = manifestKey({ environment, application, protection }, manifest.runId);
  return speaksOf === manifestKey(id, runId) ? manifest : { code: 'MANIFEST_SWAPPED', text: `The manifest of ${runId} speaks of another run: ${speaksOf}.` };
}
