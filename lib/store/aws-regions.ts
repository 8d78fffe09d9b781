import { Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { IConstruct } from 'constructs';
import { PropRefused } from '../refusal';

/** A region that AWS has, and by its name: a misspelt one synthesizes into a stack that nobody can deploy. */
export function requireRegion(scope: IConstruct, prop: string, region: string): string {
  if (Token.isUnresolved(region)) throw new PropRefused(scope, prop, 'known only at deployment', 'a literal such as eu-west-1');
  if (!RegionInfo.regions.some(({ name }) => name === region)) {
    throw new PropRefused(scope, prop, JSON.stringify(region), 'a region that this version of aws-cdk-lib knows, such as eu-west-1; a newer version knows newer ones');
  }
  return region;
}

export function requireAccount(scope: IConstruct, prop: string, account: string): string {
  if (Token.isUnresolved(account)) throw new PropRefused(scope, prop, 'known only at deployment', 'the twelve digits of an account');
  if (!/^\d{12}$/.test(account)) throw new PropRefused(scope, prop, JSON.stringify(account), 'the twelve digits of an account');
  return account;
}

/** Such as `aws`, `aws-cn`, `aws-us-gov`: nothing is replicated from one to another. */
export function partitionOf(region: string): string {
  return RegionInfo.get(region).partition ?? 'aws';
}
