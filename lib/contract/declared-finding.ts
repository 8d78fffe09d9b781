import { z } from 'zod';
import { STORAGE_CLASSES } from '../model/prices';
import { FINDING_CODES } from '../model/proof';

/** A finding of the proof, where it was found, and the reason it was acknowledged with. */
export const DeclaredFinding = z.strictObject({
  code: z.enum(FINDING_CODES),
  severity: z.enum(['error', 'warning', 'info']),
  /** In numbers. */
  reason: z.string().min(1),
  mend: z.string().min(1),
  /** Construct path. */
  path: z.string(),
  acknowledged: z.string().min(1).optional(),
});
export type DeclaredFinding = z.infer<typeof DeclaredFinding>;

const Amount = z.number().nonnegative().optional();

/** What is known of a protection's size and times, and from where. */
export const DeclaredLoad = z.strictObject({
  source: z.string().min(1),
  sizeBytes: Amount,
  copyBytes: Amount,
  dumpSeconds: Amount,
  restoreSeconds: Amount,
  verifySeconds: Amount,
});
export type DeclaredLoad = z.infer<typeof DeclaredLoad>;

/** What the store is beside its bucket: what a cost, a retire worker and a finding are counted from. */
export const DeclaredStore = z.strictObject({
  lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), retentionSeconds: z.number().int().positive() }).optional(),
  replicas: z.array(z.strictObject({ region: z.string().min(1), account: z.string().min(1).optional(), timeControl: z.boolean() })),
  graceSeconds: z.number().int().nonnegative(),
  transitions: z.array(z.strictObject({ storageClass: z.enum(STORAGE_CLASSES), afterDays: z.number().int().positive() })),
});
export type DeclaredStore = z.infer<typeof DeclaredStore>;
