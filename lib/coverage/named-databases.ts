import { CfnResource } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { referencesIn, referencesOf } from './references';

const DATABASES: readonly string[] = ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'];

/** Ways to a server that name the resource it is. */
export interface WayToServer {
  readonly secretArn: string;
  readonly host?: string;
  readonly opens?: unknown;
}

/** The databases that the way to a server leads to: by its address, by the secret that is attached to it, by the door it opens. */
export function namedDatabases(scope: IConstruct, { secretArn, host, opens }: WayToServer): IConstruct[] {
  const named = referencesIn(scope, [secretArn, host]).map(({ target }) => target).filter((target) => CfnResource.isCfnResource(target));
  const attached = named.filter(({ cfnResourceType }) => cfnResourceType === 'AWS::SecretsManager::SecretTargetAttachment')
    .flatMap((attachment) => referencesOf(attachment).filter(({ path }) => path.endsWith('/targetid')).map(({ target }) => target));
  const door = Construct.isConstruct(opens) ? opens.node.defaultChild : undefined;
  const all = [...named, ...attached, ...(door && CfnResource.isCfnResource(door) ? [door] : [])];
  return [...new Set(all.filter(({ cfnResourceType }) => DATABASES.includes(cfnResourceType)))];
}
