/**
 * Order of keys as S3 has it: by their UTF-8 bytes, which is by code point. JavaScript compares UTF-16 units, where characters beyond
 * U+FFFF come before U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}

/** Keys in S3's order. */
export class SortedKeys {
  readonly list: string[] = [];

  /** Index of the first key that is not before `key`. */
  indexOf(key: string): number {
    return firstIndex(0, this.list.length, (i) => compareKeys(this.list[i], key) >= 0);
  }

  add(key: string): void {
    this.list.splice(this.indexOf(key), 0, key);
  }

  delete(key: string): void {
    const at = this.indexOf(key);
    if (this.list[at] === key) this.list.splice(at, 1);
  }

  /** Index behind the last key that begins with `prefix`, looked for from `from` on, where they do. */
  afterPrefix(prefix: string, from: number): number {
    return firstIndex(from, this.list.length, (i) => !this.list[i].startsWith(prefix));
  }
}

function firstIndex(low: number, high: number, holds: (index: number) => boolean): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

export interface ListRequest {
  prefix: string;
  delimiter: string;
  /** Only entries behind this key (or common prefix) are listed. */
  after: string;
  /** Entries at `after` itself are listed too: `itemsOf` leaves out those a page before has shown. */
  inclusive?: boolean;
  maximum: number;
}

export type ListEntry<T> = { key: string; item: T } | { prefix: string };

export interface ListPage<T> {
  entries: ListEntry<T>[];
  truncated: boolean;
  /** Name of the last entry, where there is more. */
  last?: string;
}

/**
 * One page of a listing. `itemsOf` gives what is shown of a key: one object, several versions, several uploads, or nothing.
 * Keys with the same text up to the first delimiter behind the prefix appear once, as a common prefix.
 */
export function listPage<T>(keys: SortedKeys, request: ListRequest, itemsOf: (key: string) => T[]): ListPage<T> {
  const { prefix, delimiter, after, maximum } = request;
  const entries: ListEntry<T>[] = [];
  let last: string | undefined;
  const { list } = keys;
  const isDue = (name: string): boolean => !after || compareKeys(name, after) > 0 || (request.inclusive === true && name === after);
  let i = Math.max(keys.indexOf(prefix), after ? keys.indexOf(after) : 0);
  while (i < list.length) {
    const key = list[i];
    if (!key.startsWith(prefix)) break;
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    if (cut >= 0) {
      const common = key.slice(0, cut + delimiter.length);
      const end = keys.afterPrefix(common, i);
      const shown = isDue(common) && hasItems(list, i, end, itemsOf);
      if (shown) {
        if (entries.length >= maximum) return { entries, truncated: maximum > 0, last };
        entries.push({ prefix: common });
        last = common;
      }
      i = end;
    } else {
      if (isDue(key)) {
        for (const item of itemsOf(key)) {
          if (entries.length >= maximum) return { entries, truncated: maximum > 0, last };
          entries.push({ key, item });
          last = key;
        }
      }
      i += 1;
    }
  }
  return { entries, truncated: false };
}

function hasItems<T>(list: string[], from: number, to: number, itemsOf: (key: string) => T[]): boolean {
  for (let i = from; i < to; i += 1) if (itemsOf(list[i]).length > 0) return true;
  return false;
}
