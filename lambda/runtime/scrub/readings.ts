import { ContractError, CONTRACT_VERSION, NewerContractError } from '../../../lib/contract/common';
import {
  manifestKey, parseManifestKey, parseReadingsKey, protectionPrefix, readingsKey, runIdOf, slotOf, type ProtectionId,
} from '../../../lib/contract/object-keys';
import { parseManifest } from '../../../lib/contract/manifest';
import { parseReadings, type OpenReading, type ReadCopy, type Readings, type ScrubbedCopies } from '../../../lib/contract/scrub-record';
import { concurrently } from '../concurrently';
import { newestReadings } from '../copies/readings';
import { newestScrub } from '../copies/scrub-records';
import { readStoredDocument } from '../copies/stored-document';
import { writeOnce } from '../copies/written-once';
import { TransientError } from '../errors';
import type { Log } from '../log';
import { listVersions, type StoredVersion } from '../store-listing';
import type { StoreReaderOptions } from '../store-reader';

/** A manifest may come later than that of a later slot: a run somebody asked for, a retry. */
const LATE_SECONDS = 86_400;

/** Manifests read together. */
const AT_ONCE = 24;

/** Rounds of one second, and more than one of them never is. */
const SAME_KEYS = 100;

export interface RotationProps {
  readonly store: StoreReaderOptions;
  readonly id: ProtectionId;
  /** The round's. */
  readonly now: Date;
  readonly log: Log;
}

/** When each copy of a protection was last read, as the store has it, and what this round makes of it. */
export class Rotation {
  static async load(props: RotationProps): Promise<Rotation> {
    const { store, id, now, log } = props;
    const { found, problems } = await newestReadings(store, id, now);
    for (const { key, text } of problems) log.warn(`${key}: ${text}`, { protection: id.protection, key });
    if (!found) {
      const damaged = problems.length > 0 ? await damagedOnce(props) : [];
      return new Rotation(props, { since: now.toISOString(), copies: [] }, 0, damaged);
    }
    const { runId, sequence } = parseReadingsKey(found.key) ?? {};
    return new Rotation(props, found.readings, runId === runIdOf(now.toISOString()) && sequence !== undefined ? sequence + 1 : 0);
  }

  readonly since: number;
  open: OpenReading | undefined;
  private readonly known: Map<string, ReadCopy>;
  private newest: string | undefined;

  private constructor(
    private readonly props: RotationProps, readings: Pick<Readings, 'since' | 'copies' | 'open' | 'newest'>, private sequence: number,
    private readonly damagedOnce: ScrubbedCopies['damagedRuns'] = [],
  ) {
    this.since = Date.parse(readings.since) / 1000;
    this.known = new Map(readings.copies.map((copy) => [copy.runId, copy]));
    this.open = readings.open && this.known.has(readings.open.runId) ? readings.open : undefined;
    this.newest = readings.newest;
  }

  get copies(): readonly ReadCopy[] {
    return [...this.known.values()];
  }

  /** Those that have a turn. */
  get staying(): readonly ReadCopy[] {
    return this.copies.filter(({ leaving }) => !leaving);
  }

  get(runId: string): ReadCopy | undefined {
    return this.known.get(runId);
  }

  set(copy: ReadCopy): void {
    this.known.set(copy.runId, copy);
  }

  forget(runId: string): void {
    this.known.delete(runId);
    this.release(runId);
  }

  /** What was begun of it is begun anew. */
  release(runId: string): void {
    if (this.open?.runId === runId) this.open = undefined;
  }

  /** Takes up what was written since the last round: one listing of what is new, and a read for each copy of it. */
  async admitNew(longestRunSeconds: number): Promise<void> {
    const { store, id } = this.props;
    const prefix = protectionPrefix('runs', id);
    const from = this.newest === undefined ? undefined : Date.parse(slotOf(this.newest)) / 1000 - longestRunSeconds - LATE_SECONDS;
    const after = from === undefined ? undefined : manifestKey(id, runIdOf(new Date(from * 1000).toISOString()));
    const versions = new Map<string, StoredVersion>();
    const hidden = new Set<string>();
    for await (const version of listVersions(store, prefix, after)) {
      const runId = parseManifestKey(version.key)?.runId;
      if (runId === undefined) continue;
      if (version.deleteMarker && version.isLatest) hidden.add(runId);
      if (!version.deleteMarker) versions.set(runId, version);
    }
    const fresh = [...versions].filter(([runId]) => !this.known.has(runId) && !hidden.has(runId));
    await concurrently(fresh, AT_ONCE, async ([runId, version]) => {
      const sizeBytes = await this.sizeOf(version);
      const seenAt = this.damagedOnce.find((one) => one.runId === runId)?.seenAt;
      const damage = seenAt === undefined ? {} : { damage: [], damageCount: 1, seenAt };
      if (sizeBytes !== undefined) this.set({ runId, sizeBytes, readAt: version.lastModified.toISOString(), ...damage });
    });
    for (const runId of versions.keys()) if (this.newest === undefined || runId > this.newest) this.newest = runId;
  }

  /** Stores all of it anew. */
  async save(open: OpenReading | undefined, at: Date): Promise<void> {
    const { store, id, now } = this.props;
    const { environment, application, protection } = id;
    const readings: Readings = {
      version: CONTRACT_VERSION, environment, application, protection,
      at: at.toISOString(), since: new Date(this.since * 1000).toISOString(),
      ...this.newest === undefined ? {} : { newest: this.newest },
      copies: [...this.copies], ...open ? { open } : {},
    };
    const document = parseReadings(readings);
    for (let tried = 0; tried < SAME_KEYS; tried++) {
      if (await writeOnce(store, readingsKey(id, now.toISOString(), this.sequence++), document)) return;
    }
    const why = 'another round began in the same second';
    throw new TransientError('STORE_UNAVAILABLE', `The readings of ${protection} cannot be written: ${why}.`, 'It is tried again by itself.');
  }

  /** Undefined for a manifest that a lifecycle rule deleted meanwhile; what cannot be parsed has its turn too, and is told then. */
  private async sizeOf(version: StoredVersion): Promise<number | undefined> {
    try {
      return parseManifest(await readStoredDocument(this.props.store, version)).parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    } catch (error) {
      this.props.store.signal.throwIfAborted();
      if (error instanceof TransientError && error.code === 'STORE_CHANGED') return undefined;
      if (error instanceof NewerContractError || error instanceof ContractError) return 0;
      throw error;
    }
  }
}

/** Where readings were and cannot be read any more, the record of the last round still names what was damaged, but not its parts. */
async function damagedOnce({ store, id, now }: RotationProps): Promise<ScrubbedCopies['damagedRuns']> {
  const { record } = await newestScrub(store, id, now);
  return record?.protections.find(({ protection }) => protection === id.protection)?.damagedRuns ?? [];
}
