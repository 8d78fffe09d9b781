import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Properties of a login with RDS IAM authentication. */
export interface RdsIamAuthenticationProps {
  /** Resource id of the instance (`db-…`) or cluster (`cluster-…`), or `prx-…` of a proxy. */
  readonly databaseResourceId: string;
  /** The database's user; on PostgreSQL it must have the role `rds_iam`, on MySQL and MariaDB the plugin `AWSAuthenticationPlugin`. */
  readonly databaseUser: string;
}

/** How the dump worker proves to the server who it is. */
export class DatabaseAuthentication {
  /** With the secret's password. */
  public static password(): DatabaseAuthentication {
    return new DatabaseAuthentication('password');
  }

  /** With a token that the worker's role may ask for; the secret holds no password then, only where and who. */
  public static rdsIam(props: RdsIamAuthenticationProps): DatabaseAuthentication {
    return new DatabaseAuthentication('rds-iam', props);
  }

  private constructor(
    /** The word for it in the worker's configuration. */
    public readonly method: string,
    private readonly login?: RdsIamAuthenticationProps,
  ) {}

  /** @internal */
  public _statements(scope: IConstruct): iam.PolicyStatement[] {
    if (!this.login) return [];
    const { databaseResourceId, databaseUser } = this.login;
    return [new iam.PolicyStatement({
      actions: ['rds-db:connect'],
      resources: [Stack.of(scope).formatArn({
        service: 'rds-db',
        resource: 'dbuser',
        resourceName: `${databaseResourceId}/${databaseUser}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })],
    })];
  }
}
