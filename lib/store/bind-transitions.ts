import type { IConstruct } from 'constructs';
import { PropRefused } from '../refusal';
import type { BoundTransition, StorageClassName, StorageTransition } from '../storage-transition';

/** From warm to cold: S3 moves objects one way only. */
const ORDER: readonly StorageClassName[] = ['STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'];

/** A class must be held for 30 days before S3 moves on from Standard-IA in one rule (the same page). */
const LEAST_DAYS_IN_STANDARD_IA = 30;

/** Each class once, each later than the warmer ones. */
export function bindTransitions(scope: IConstruct, transitions: readonly StorageTransition[]): BoundTransition[] {
  const bound = transitions.map((transition) => transition._bind(scope));
  bound.slice(1).forEach((colder, index) => {
    const warmer = bound[index];
    const least = warmer.afterDays + (warmer.storageClass === 'STANDARD_IA' ? LEAST_DAYS_IN_STANDARD_IA : 1);
    if (ORDER.indexOf(colder.storageClass) <= ORDER.indexOf(warmer.storageClass) || colder.afterDays < least) {
      throw new PropRefused(scope, 'transitions', `${colder.storageClass} after ${colder.afterDays} days, behind ${warmer.storageClass} after ${warmer.afterDays}`,
        `from warm to cold, each class once, ${colder.storageClass} after ${least} days at the earliest`);
    }
  });
  return bound;
}
