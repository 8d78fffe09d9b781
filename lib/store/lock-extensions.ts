import type { IConstruct } from 'constructs';

interface Owner {
  readonly environment: string;
  readonly application: string;
}

/** Whose copies of a store have somebody that lengthens their lock: known to the proof, in whichever order an app declares it. */
const extended = new WeakMap<IConstruct, Set<string>>();

export function noteLockExtension(store: IConstruct, owner: Owner): void {
  const owners = extended.get(store) ?? new Set();
  extended.set(store, owners.add(name(owner)));
}

export function isLockExtended(store: IConstruct, owner: Owner): boolean {
  return extended.get(store)?.has(name(owner)) === true;
}

function name({ environment, application }: Owner): string {
  return `${environment}/${application}`;
}
