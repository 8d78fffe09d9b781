import type { S3Parts } from '../service';
import type { Bucket } from '../state';
import { deleteMarker, newVersionId, noteDeletion } from '../write';
import { evaluate, type LifecycleAction } from './evaluate';

/** Something that lifecycle did, or was kept from. */
export type LifecycleEvent = LifecycleAction & { at: Date; bucket: string };

/** Applies the buckets' lifecycle rules, as S3 does once a day. */
export class LifecycleRunner {
  readonly events: LifecycleEvent[] = [];
  private readonly heldBefore = new Set<string>();

  constructor(private readonly parts: Pick<S3Parts, 'state' | 'blobs'>) {}

  /** One midnight. What is held by its lock is told once, not every night. */
  async run(now: number): Promise<void> {
    for (const [name, bucket] of this.parts.state.buckets) {
      if (!bucket.settings.lifecycle) continue;
      const uploads = [...this.parts.state.uploads.values()].filter((upload) => upload.bucket === name);
      const keys = [...bucket.versions].map(([key, versions]) => ({ key, versions }));
      const actions = evaluate({ versioning: bucket.settings.versioning, keys, uploads }, bucket.settings.lifecycle, now);
      for (const action of actions) await this.apply(bucket, action, now);
    }
  }

  private async apply(bucket: Bucket, action: LifecycleAction, now: number): Promise<void> {
    if (action.kind === 'held') {
      const held = `${bucket.settings.name} ${action.key} ${action.versionId}`;
      if (this.heldBefore.has(held)) return;
      this.heldBefore.add(held);
    } else if (action.kind === 'abort') await this.abort(action.uploadId);
    else await this.change(bucket, action, now);
    this.events.push({ ...action, at: new Date(now), bucket: bucket.settings.name });
  }

  private async abort(uploadId: string): Promise<void> {
    const { state, blobs } = this.parts;
    const upload = state.uploads.get(uploadId);
    if (!upload) return;
    state.removeUpload(uploadId);
    await blobs.remove(Object.values(upload.parts).map(({ segment }) => segment));
  }

  private async change(
    bucket: Bucket, action: Extract<LifecycleAction, { kind: 'expire' | 'remove' | 'transition' }>, now: number,
  ): Promise<void> {
    const { state, blobs } = this.parts;
    const { key } = action;
    const versions = bucket.versions.get(key) ?? [];
    const version = versions.find(({ versionId }) => versionId === action.versionId);
    if (!version) return;
    if (action.kind === 'transition') {
      version.storageClass = action.storageClass;
      state.saveVersions(bucket, key, versions);
      return;
    }
    const { versioning } = bucket.settings;
    noteDeletion(bucket, key);
    // With versions suspended the marker takes the place of the null version, wherever it stands.
    const gone = action.kind === 'remove' ? [version] : versions.filter(({ versionId }) => versioning !== 'Enabled' && versionId === 'null');
    const left = versions.filter((one) => !gone.includes(one));
    // Lifecycle's own marker is not replicated (S3 User Guide, "Replicating delete markers between buckets").
    const marker = deleteMarker(versioning === 'Enabled' ? newVersionId() : 'null', now);
    state.saveVersions(bucket, key, action.kind === 'expire' && versioning !== '' ? [marker, ...left] : left);
    for (const { segments } of gone) await blobs.remove(segments);
  }
}
