/** A rule as `GetBucketLifecycleConfiguration` has it (S3 API Reference, "LifecycleRule"). */
export interface StoredLifecycleRule {
  readonly ID?: string;
  readonly Status?: string;
  readonly Prefix?: string;
  readonly Filter?: LifecycleFilter & { readonly And?: LifecycleFilter & { readonly Tags?: readonly LifecycleTag[] } };
  /** What it does, whatever S3 calls it: none of it goes unseen. */
  readonly [action: string]: unknown;
}

interface LifecycleFilter {
  readonly Prefix?: string;
  readonly Tag?: LifecycleTag;
  readonly ObjectSizeGreaterThan?: number;
  readonly ObjectSizeLessThan?: number;
}

interface LifecycleTag { readonly Key?: string; readonly Value?: string }

/**
 * One text for whatever means the same: S3 has several ways to say what a rule is for, and answers in another than it was told. The
 * SHA-256 of it stands for the rule.
 */
export function lifecycleText({ ID, Status: _enabled, Prefix, Filter = {}, ...actions }: StoredLifecycleRule): string {
  const { And = {}, Tag, ...filter } = Filter;
  const { Tags = [], ...and } = And;
  const { Prefix: prefix = '', ...sizes } = { Prefix, ...withoutNothing(filter), ...withoutNothing(and) };
  const tags = [...Tag ? [Tag] : [], ...Tags].map(({ Key, Value }) => `${Key}=${Value}`).sort();
  return canonical({ ID, prefix, tags, sizes, actions });
}

function withoutNothing<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}

/** JSON with fields in order, and without what says nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if ('toISOString' in value) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== false).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
