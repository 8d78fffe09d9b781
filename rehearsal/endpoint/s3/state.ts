import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checksum, ChecksumName, ChecksumType } from '../checksums';
import type { Segment } from './blobs';
import type { Lifecycle } from './lifecycle/rules';
import { SortedKeys } from './listing';
import type { Replication } from './replication/rules';

export interface Retention { mode: 'GOVERNANCE' | 'COMPLIANCE'; until: number }

export interface Encryption { algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'; keyArn?: string; bucketKey?: boolean }

/** What a writer gave with an object and a reader gets back. */
export interface ObjectAttributes {
  /** content-type, cache-control … and x-amz-meta-*, as sent. */
  headers: Record<string, string>;
  tags: Record<string, string>;
  retention?: Retention;
  legalHold?: boolean;
  encryption: Encryption;
  storageClass: string;
}

export interface StoredPart { number: number; size: number; checksum?: string }

export interface ObjectVersion extends ObjectAttributes {
  /** `null` in a bucket without versioning. */
  versionId: string;
  deleteMarker?: boolean;
  /** Milliseconds since 1970. */
  lastModified: number;
  /** Without quotes. */
  etag: string;
  size: number;
  segments: Segment[];
  checksum?: Checksum;
  /** Of an object made by multipart. */
  parts?: StoredPart[];
  /** Absent where no rule ever asked for a replica. */
  replication?: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';
}

export interface UploadedPart {
  number: number;
  etag: string;
  segment: Segment;
  lastModified: number;
  checksum?: { algorithm: ChecksumName; value: string };
}

export interface Upload extends ObjectAttributes {
  uploadId: string;
  bucket: string;
  key: string;
  initiated: number;
  checksumAlgorithm: ChecksumName;
  checksumType: ChecksumType;
  /** False when the algorithm is S3's default, not the caller's wish. */
  checksumAsked: boolean;
  parts: Record<number, UploadedPart>;
}

export interface BucketSettings {
  name: string;
  created: number;
  versioning: '' | 'Enabled' | 'Suspended';
  objectLock: boolean;
  defaultRetention?: { mode: Retention['mode']; days?: number; years?: number };
  encryption: Encryption;
  /** Refuses what is written under a customer's own key (SSE-C). */
  blocksCustomerKeys?: boolean;
  /** Absent is the endpoint's own. */
  region?: string;
  lifecycle?: Lifecycle;
  replication?: Replication;
  /** Request bodies of PutBucket… by the name of their sub-resource, given back as they came. */
  documents: Record<string, string>;
}

export function regionOf({ settings: { region } }: Bucket, { region: standard }: { region: string }): string {
  return region ?? standard;
}

export class Bucket {
  /** Newest first; a key is absent when it has no version left. */
  readonly versions = new Map<string, ObjectVersion[]>();
  readonly keys = new SortedKeys();

  constructor(readonly settings: BucketSettings) {}

  current(key: string): ObjectVersion | undefined {
    const newest = this.versions.get(key)?.[0];
    return newest?.deleteMarker ? undefined : newest;
  }

  set(key: string, versions: ObjectVersion[]): void {
    if (versions.length === 0) {
      this.versions.delete(key);
      this.keys.delete(key);
    } else {
      if (!this.versions.has(key)) this.keys.add(key);
      this.versions.set(key, versions);
    }
  }
}

type JournalLine =
  | { bucket: BucketSettings }
  | { noBucket: string }
  | { in: string; key: string; versions: ObjectVersion[] }
  | { upload: Upload }
  | { of: string; part: UploadedPart }
  | { noUpload: string };

/** Everything S3 knows but the bytes: in memory, and as a journal beside the data (the last line about a thing is what holds). */
export class S3State {
  readonly buckets = new Map<string, Bucket>();
  readonly uploads = new Map<string, Upload>();
  /** Versions by the upload they came of: a completion may be asked for once more when its answer got lost. */
  readonly completed = new Map<string, { bucket: string; key: string; versionId: string }>();
  private readonly path: string;
  private readonly lock: string;
  private journal: number;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, 'index.jsonl');
    this.lock = join(directory, 'in-use');
    this.claim(directory);
    if (existsSync(this.path)) this.replay();
    this.compact();
    this.journal = openSync(this.path, 'a');
  }

  /** Two endpoints on one folder would each write over what the other knows. @throws Error naming the process that has it */
  private claim(directory: string): void {
    if (existsSync(this.lock)) {
      const holder = Number(readFileSync(this.lock, 'utf8'));
      if (holder && isAlive(holder)) {
        throw new Error(`${directory} is in use by the endpoint of process ${holder}: end it, or give another directory`);
      }
    }
    writeFileSync(this.lock, String(process.pid));
  }

  private replay(): void {
    for (const line of readFileSync(this.path, 'utf8').split('\n')) {
      if (!line) continue;
      let entry: JournalLine;
      try {
        entry = JSON.parse(line) as JournalLine;
      } catch {
        // A line cut short by a kill is the last one, and its call was never answered.
        break;
      }
      if ('bucket' in entry) {
        const known = this.buckets.get(entry.bucket.name);
        if (known) Object.assign(known.settings, entry.bucket);
        else this.buckets.set(entry.bucket.name, new Bucket(entry.bucket));
      } else if ('noBucket' in entry) this.buckets.delete(entry.noBucket);
      else if ('in' in entry) this.buckets.get(entry.in)?.set(entry.key, entry.versions);
      else if ('upload' in entry) this.uploads.set(entry.upload.uploadId, entry.upload);
      else if ('part' in entry) this.placePart(entry.of, entry.part);
      else this.uploads.delete(entry.noUpload);
    }
  }

  private compact(): void {
    const lines: JournalLine[] = [];
    for (const [name, bucket] of this.buckets) {
      lines.push({ bucket: bucket.settings });
      for (const [key, versions] of bucket.versions) lines.push({ in: name, key, versions });
    }
    for (const upload of this.uploads.values()) lines.push({ upload });
    writeFileSync(`${this.path}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    renameSync(`${this.path}.new`, this.path);
  }

  private note(line: JournalLine): void {
    appendFileSync(this.journal, `${JSON.stringify(line)}\n`);
  }

  saveBucket(bucket: Bucket): void {
    this.buckets.set(bucket.settings.name, bucket);
    this.note({ bucket: bucket.settings });
  }

  removeBucket(name: string): void {
    this.buckets.delete(name);
    this.note({ noBucket: name });
  }

  saveVersions(bucket: Bucket, key: string, versions: ObjectVersion[]): void {
    bucket.set(key, versions);
    this.note({ in: bucket.settings.name, key, versions });
  }

  saveUpload(upload: Upload): void {
    this.uploads.set(upload.uploadId, upload);
    this.note({ upload });
  }

  /** A line of its own: an upload has up to 10,000 parts. */
  savePart(upload: Upload, part: UploadedPart): void {
    this.placePart(upload.uploadId, part);
    this.note({ of: upload.uploadId, part });
  }

  private placePart(uploadId: string, part: UploadedPart): void {
    const upload = this.uploads.get(uploadId);
    if (upload) upload.parts[part.number] = part;
  }

  removeUpload(uploadId: string): void {
    this.uploads.delete(uploadId);
    this.note({ noUpload: uploadId });
  }

  /** Names of all files that hold bytes of something. */
  files(): Set<string> {
    const files = new Set<string>();
    for (const bucket of this.buckets.values()) {
      for (const version of [...bucket.versions.values()].flat()) for (const { file } of version.segments) files.add(file);
    }
    for (const upload of this.uploads.values()) for (const { segment } of Object.values(upload.parts)) files.add(segment.file);
    return files;
  }

  close(): void {
    closeSync(this.journal);
    rmSync(this.lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
