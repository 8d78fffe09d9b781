import type { IConstruct } from 'constructs';
import type { IBackupStore, ProtectionScope } from './backup-store';
import { protectionPrefix } from './contract/object-keys';
import { PropRefused } from './refusal';

/** Who writes where, by store: two policies that share a prefix would each take the other's copies for their own. */
const claims = new WeakMap<IBackupStore, Map<string, string>>();

export function claimPrefix(store: IBackupStore, claimant: IConstruct, scope: ProtectionScope): void {
  const { _applications: allowed } = store;
  if (allowed && !allowed.includes(scope.application)) {
    throw new PropRefused(claimant, 'application', `"${scope.application}" in the store ${store.node.path}`, `${allowed.map((one) => `"${one}"`).join(' or ')}, which its owner lets this team write`);
  }
  const taken = claims.get(store) ?? new Map<string, string>();
  claims.set(store, taken);
  const prefix = protectionPrefix('parts', scope);
  const holder = taken.get(prefix);
  if (holder !== undefined) {
    throw new PropRefused(claimant, 'the protection\'s id', `"${scope.protection}", whose copies would lie with those of ${holder}`, 'another id, application or environment: no two protections of a store share a prefix');
  }
  taken.set(prefix, claimant.node.path);
}
