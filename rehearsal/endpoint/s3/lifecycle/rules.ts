/**
 * What may be transitioned at all: since September 2024 nothing below 128 KiB, in older configurations the archive classes took any
 * size (S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", constraints).
 */
export type SmallestTransition = 'all_storage_classes_128K' | 'varies_by_storage_class';

/** Which objects a rule is for: those that all of it holds for. */
export interface LifecycleFilter {
  prefix?: string;
  tags?: Record<string, string>;
  sizeGreaterThan?: number;
  sizeLessThan?: number;
  /** Given as the `Prefix` of the rule itself, the form before filters. */
  old?: boolean;
}

/** `date` is a midnight, in milliseconds since 1970; `lone` removes a delete marker that no version is left below. */
export type Expiration = { days: number } | { date: number } | { lone: true };

export interface Transition { storageClass: string; days?: number; date?: number }

export interface NoncurrentAge {
  /** Since another version took its place. */
  days: number;
  /** So many newer noncurrent versions stay, whatever their age. */
  newer?: number;
}

/** One rule of a lifecycle configuration (S3 User Guide, "Lifecycle configuration elements"). */
export interface LifecycleRule {
  id: string;
  enabled: boolean;
  filter: LifecycleFilter;
  expiration?: Expiration;
  noncurrentExpiration?: NoncurrentAge;
  transitions?: Transition[];
  noncurrentTransitions?: (NoncurrentAge & { storageClass: string })[];
  abortUploadDays?: number;
}

export interface Lifecycle {
  rules: LifecycleRule[];
  smallestTransition?: SmallestTransition;
}
