import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BackupLock, type BoundLock } from '../backup-lock';
import { BackupStoreRemoval } from '../backup-store-removal';
import { requireDays } from '../refusal';
import type { BoundTransition, StorageTransition } from '../storage-transition';
import { bindTransitions } from './bind-transitions';
import { DEFAULT_ROLE_PATH, retireRolePathUnder } from './role-paths';

/** What a store and a replica that is declared by itself are asked alike. */
export interface StoreTermsProps {
  readonly lock?: BackupLock;
  readonly gracePeriod?: Duration;
  readonly keyRotationPeriod?: Duration;
  readonly transitions?: StorageTransition[];
  readonly removal?: BackupStoreRemoval;
  readonly rolePath?: string;
}

export interface StoreTerms {
  readonly removal: BackupStoreRemoval;
  readonly lock?: BoundLock;
  readonly graceSeconds: number;
  readonly keyRotationDays: number;
  readonly transitions: readonly BoundTransition[];
  readonly rolePath: string;
  readonly retireRolePath: string;
}

/** The terms with their defaults, each checked against what AWS allows. */
export function storeTerms(scope: Construct, props: StoreTermsProps): StoreTerms {
  const rolePath = props.rolePath ?? DEFAULT_ROLE_PATH;
  return {
    removal: props.removal ?? BackupStoreRemoval.retain(),
    lock: (props.lock ?? BackupLock.governance(Duration.days(7)))._bind(scope),
    graceSeconds: requireDays(scope, 'gracePeriod', props.gracePeriod ?? Duration.days(7), 1, 365) * 86_400,
    keyRotationDays: requireDays(scope, 'keyRotationPeriod', props.keyRotationPeriod ?? Duration.days(365), 90, 2560),
    transitions: bindTransitions(scope, props.transitions ?? []),
    rolePath,
    retireRolePath: retireRolePathUnder(scope, rolePath),
  };
}
