import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { isLoopback } from '../contract/ssh-tunnel';
import { namedDatabases } from '../coverage/named-databases';
import { DatabaseAuthentication } from '../database-authentication';
import type { DatabaseSourceProps } from '../database-source-props';
import { DatabaseTls } from '../database-tls';
import { PropRefused, requireInteger } from '../refusal';
import { readSecret } from '../secret-access';
import type { SourceConfig } from '../source';
import type { SshTunnelBinding } from '../ssh-tunnel';

/** The part of a database source's configuration that every engine has. */
export interface DatabaseWayConfig {
  readonly secretArn: string;
  readonly host?: string;
  readonly port?: number;
  readonly authentication: string;
  readonly tls: { readonly mode: string; readonly caSecretArn?: string };
  readonly tunnel?: SshTunnelBinding['config'];
  readonly compressionLevel: number;
}

/** How a database server is reached, what reading it takes, and what it is. @throws PropRefused */
export function bindDatabase(scope: Construct, props: DatabaseSourceProps): Omit<SourceConfig, 'engine' | 'config'> & { readonly config: DatabaseWayConfig } {
  const authentication = props.authentication ?? DatabaseAuthentication.password();
  const tls = props.tls ?? DatabaseTls.VERIFY_FULL;
  checkTogether(scope, props, authentication, tls);
  const { vpc, vpcSubnets, securityGroups, createEndpoints, opens, connection, caCertificate } = props;
  const tunnel = props.tunnel?._bind(scope);
  if (tunnel) checkTunnel(scope, props, tls, tunnel);
  return {
    config: {
      secretArn: connection.secretArn,
      ...(props.host === undefined ? {} : { host: hostOf(scope, props.host) }),
      ...(props.port === undefined ? {} : { port: portOf(scope, props.port) }),
      authentication: authentication.method,
      tls: { mode: tls.mode, ...(caCertificate === undefined ? {} : { caSecretArn: caCertificate.secretArn }) },
      ...(tunnel ? { tunnel: tunnel.config } : {}),
      compressionLevel: requireInteger(scope, 'source.compressionLevel', props.compressionLevel ?? 1, 1, 19),
    },
    scratchImage: props.scratchImage,
    statements: [
      ...readSecret(scope, connection), ...(caCertificate ? readSecret(scope, caCertificate) : []), ...authentication._statements(scope),
      ...tunnel?.statements ?? [],
    ],
    ...(tunnel ? { gateway: tunnel.gateway } : {}),
    ...(vpc ? { network: { vpc, vpcSubnets, securityGroups, createEndpoints } } : {}),
    opens,
    protects: [...props.protects ?? [], ...namedDatabases(scope, { secretArn: connection.secretArn, host: props.host, opens })],
  };
}

/** The secret that a database of RDS was made with. @throws PropRefused where it has none */
export function generatedSecret(database: Construct, secret: ISecret | undefined): ISecret {
  if (!secret) throw new PropRefused(database, 'credentials', 'without a secret', 'Credentials.fromGeneratedSecret(), or a source with the connection\'s secret of your own');
  return secret;
}

function checkTogether(scope: Construct, props: DatabaseSourceProps, authentication: DatabaseAuthentication, tls: DatabaseTls): void {
  const { vpc, vpcSubnets, securityGroups, createEndpoints, opens, caCertificate } = props;
  for (const [prop, value] of Object.entries({ vpcSubnets, securityGroups, createEndpoints, opens })) {
    if (value !== undefined && !vpc) throw new PropRefused(scope, `source.${prop}`, 'given', 'only together with source.vpc');
  }
  if (authentication.method === 'rds-iam' && tls.mode === 'disable') {
    throw new PropRefused(scope, 'source.tls', 'DISABLE', 'VERIFY_FULL or REQUIRE with DatabaseAuthentication.rdsIam(): RDS takes the token over TLS only');
  }
  if (caCertificate && tls.mode !== 'verify-full') throw new PropRefused(scope, 'source.caCertificate', 'given', 'only with DatabaseTls.VERIFY_FULL, which uses it');
}

function checkTunnel(scope: Construct, { vpc, host, opens }: DatabaseSourceProps, tls: DatabaseTls, { gateway }: SshTunnelBinding): void {
  if (opens) throw new PropRefused(scope, 'source.opens', 'given', 'with source.tunnel only tunnel.opens: it is the SSH host that lets the worker in');
  if (gateway.opens && !vpc) throw new PropRefused(scope, 'source.tunnel.opens', 'given', 'only together with source.vpc');
  if (tls.mode === 'disable' && host !== undefined && !Token.isUnresolved(host) && !isLoopback(host)) {
    throw new PropRefused(scope, 'source.tls', `DISABLE for ${host}`, 'VERIFY_FULL or REQUIRE: behind the SSH host the tunnel protects nothing; DISABLE for 127.0.0.1 there');
  }
}

function hostOf(scope: Construct, host: string): string {
  if (Token.isUnresolved(host) || /^[A-Za-z0-9.:_-]+$/.test(host)) return host;
  throw new PropRefused(scope, 'source.host', JSON.stringify(host), 'a host name or address, without scheme or port');
}

function portOf(scope: Construct, port: number): number {
  return Token.isUnresolved(port) ? port : requireInteger(scope, 'source.port', port, 1, 65_535);
}
