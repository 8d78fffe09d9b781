import { Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DeclaredRetention } from '../contract/declared-retention';
import { isLockExtended } from '../store/lock-extensions';
import type { AlarmFacts, ExpectedFacts, ProtectionFacts, ScrubFacts, StoreFacts, TierFacts, WorkerFacts } from '../model/proof';
import { type Schedule, timeZoneOf } from '../model/schedule';
import type { IBackupStore } from '../backup-store';
import type { ProtectionProps } from '../protection-props';
import { PropRefused, requireDays, requireDuration } from '../refusal';

/** What a protection promises, each prop with what its criticality has where it says nothing itself. */
export interface ProtectionPromise {
  readonly schedule: Schedule;
  readonly retention: DeclaredRetention;
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  readonly tier?: TierFacts;
  readonly expected?: ExpectedFacts;
  readonly floorSeconds?: number;
  readonly ceilingSeconds?: number;
}

type PromiseProps = Pick<ProtectionProps, 'criticality' | 'schedule' | 'retention' | 'objectives' | 'expected' | 'retentionFloor' | 'retentionCeiling'>;

/** @throws PropRefused for what neither the props nor a criticality say, and for what is out of range */
export function promiseOf(scope: IConstruct, application: string, props: PromiseProps): ProtectionPromise {
  const { criticality, objectives } = props;
  const given = <T>(prop: string, own: T | undefined, tiers: T | undefined): T => {
    const value = own ?? tiers;
    if (value === undefined) throw new PropRefused(scope, prop, 'not given', 'a value of its own, or a `criticality`, which has one');
    return value;
  };
  const schedule = given('schedule', props.schedule, criticality?._schedule)._bind(scope);
  const days = (prop: string, value: Duration | undefined): number | undefined =>
    value && requireDays(scope, prop, value, 1, 36_500) * 86_400;
  return {
    schedule,
    retention: given('retention', props.retention, criticality?._retention)._bind(scope, timeZoneOf(schedule)),
    rpoSeconds: requireDuration(scope, 'objectives.rpo', given('objectives.rpo', objectives?.rpo, criticality?.rpo), Duration.minutes(1), Duration.days(366)),
    rtoSeconds: requireDuration(scope, 'objectives.rto', given('objectives.rto', objectives?.rto, criticality?.rto), Duration.minutes(1), Duration.days(7)),
    tier: criticality?._facts(),
    expected: props.expected?._bind(scope, application),
    floorSeconds: days('retentionFloor', props.retentionFloor),
    ceilingSeconds: days('retentionCeiling', props.retentionCeiling),
  };
}

export interface FactsProps {
  readonly promise: ProtectionPromise;
  readonly store: IBackupStore;
  /** Whose copies they are. */
  readonly owner: { readonly environment: string; readonly application: string };
  readonly workers: WorkerFacts;
  readonly encryption?: { readonly identitySecretArn?: unknown };
  readonly alarms?: AlarmFacts;
  readonly scrub?: ScrubFacts;
}

/** What the proof is given of a protection. */
export function factsOf({ promise, store, owner, workers, encryption, alarms, scrub }: FactsProps): ProtectionFacts {
  const { retention: { rules, minimumVerified }, ...rest } = promise;
  return {
    ...rest,
    retention: rules,
    minimumVerified,
    workers,
    store: storeFacts(store, isLockExtended(store, owner)),
    // Every run ends with a restore.
    drillSeconds: 0,
    ...(encryption ? { encryption: { drillIdentity: encryption.identitySecretArn !== undefined } } : {}),
    ...(alarms ? { alarms } : {}),
    ...(scrub ? { scrub } : {}),
  };
}

function storeFacts(store: IBackupStore, lockExtended: boolean): StoreFacts {
  return {
    ...(Token.isUnresolved(store.region) ? {} : { region: store.region }),
    ...(store._lock ? { lock: { mode: store._lock.mode, seconds: store._lock.retentionSeconds } } : {}),
    replicas: store._replicas.map(({ replicationTimeControl }) => ({ timeControl: replicationTimeControl })),
    lockExtended,
    graceSeconds: store._graceSeconds,
    transitions: store._transitions.map(({ storageClass, afterDays }) => ({ storageClass, afterDays })),
    testEnvironment: store.removal.testEnvironment !== undefined,
  };
}
