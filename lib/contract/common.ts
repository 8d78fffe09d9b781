import { z } from 'zod';

/** Version of every document of the contract; a reader refuses a newer one by name. */
export const CONTRACT_VERSION = 1;

/** Segment of an object key and value of a metric dimension: small, without separators. */
export const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, 63 at most');

/** An instant, ISO 8601 in UTC, as EventBridge Scheduler writes `<aws.scheduler.scheduled-time>`. */
export const Instant = z.iso.datetime({ offset: false });

/** SHA-256 in lower-case hexadecimal. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A value that deployment fills in, as a template has it: text, or the intrinsic that yields it (`Ref`, `Fn::GetAtt` …). */
export const DeployedText = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

export const Count = z.number().int().nonnegative();
export const Seconds = z.number().nonnegative();

/**
 * A document of a version this code does not know. Both numbers are named, so that a person knows which side to renew.
 */
export class NewerContractError extends Error {
  constructor(document: string, found: unknown) {
    super(`${document} has version ${String(found)}; this release reads up to version ${CONTRACT_VERSION}: use a newer cdk-backup-policy`);
    this.name = 'NewerContractError';
  }
}

/** Parses a stored document: a newer version is refused before its shape is looked at. */
export function parseVersioned<T>(document: string, schema: z.ZodType<T>, value: unknown): T {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > CONTRACT_VERSION) throw new NewerContractError(document, version);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ContractError(document, parsed.error);
  return parsed.data;
}

/** A document that is not of the contract's form; the message names each field, and never a value (it may be a secret). */
export class ContractError extends Error {
  constructor(document: string, error: z.ZodError) {
    super(`${document} is not of the contract's form: ${error.issues.map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`).join('; ')}`);
    this.name = 'ContractError';
  }
}
