import { runIdOf, slotOf } from './object-keys';

/** Name of the one tag that says what becomes of an object. */
export const RETIRE_TAG = 'retire';

/**
 * What the tag `retire` of an object says. On a manifest it speaks for the whole copy:
 *
 * - `none`: nothing
 * - `pending`: announced at that instant; no rule of the bucket knows it. `releasing` says that the grace is over and its parts are being
 *   released: the copy is not whole any more
 * - `expire`: a lifecycle rule deletes it
 * - `keep`: a person keeps it
 * - `other`: not ours; the object is left alone
 */
export type RetireMark =
  | { readonly kind: 'none' | 'expire' | 'keep' }
  | { readonly kind: 'pending'; readonly since: string; readonly releasing: boolean }
  | { readonly kind: 'other'; readonly value: string };

/** @param value of the tag; undefined where there is none */
export function parseRetireMark(value: string | undefined): RetireMark {
  if (value === undefined) return { kind: 'none' };
  if (value === 'expire' || value === 'keep') return { kind: value };
  const [, instant, releasing] = /^pending:(\d{8}T\d{6}Z)(:releasing)?$/.exec(value) ?? [];
  return instant === undefined ? { kind: 'other', value } : { kind: 'pending', since: slotOf(instant), releasing: releasing !== undefined };
}

/** Value of the tag; undefined for no tag. */
export function formatRetireMark(mark: RetireMark): string | undefined {
  switch (mark.kind) {
    case 'none': return undefined;
    case 'other': return mark.value;
    case 'pending': return `pending:${runIdOf(mark.since)}${mark.releasing ? ':releasing' : ''}`;
    default: return mark.kind;
  }
}
