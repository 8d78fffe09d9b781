import type { WatchedProtection } from '../../lib/contract/sentinel-request';
import type { DeclaredProtection } from '../../lib/contract/policy-metadata';
import type { ChosenPolicy } from '../choose-policy';
import type { Deployed } from './read-stacks';
import { NotDeployedError } from './read-stacks';

/** A protection's schedule, where it is deployed. */
export interface DeployedSchedule {
  readonly region: string;
  readonly name: string;
  readonly group: string;
  readonly rpoSeconds: number;
}

/** @throws NotDeployedError, AssemblyError */
export async function scheduleOf(policy: ChosenPolicy, protection: DeclaredProtection, deployed: Deployed): Promise<DeployedSchedule> {
  const { stack, declared } = policy;
  const { id, path } = protection;
  const watched = declared.watching?.sentinel.request.protections.find(({ protection }) => protection === id);
  const runs = watched?.runs as Record<keyof NonNullable<WatchedProtection['runs']>, unknown> | undefined;
  if (!watched || !runs) throw new NotDeployedError(`${path} does not say which schedule starts it: synthesize and deploy the app with this release of cdk-backup-policy.`);
  return {
    region: deployed.regionOf(stack), rpoSeconds: watched.objectives.rpoSeconds,
    name: await deployed.text(stack, runs.scheduleName, `${path} schedule`), group: await deployed.text(stack, runs.scheduleGroup, `${path} schedule's group`),
  };
}
