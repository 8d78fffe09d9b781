import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { HOST_KEY_FORM, hostKeyOf } from './contract/ssh-tunnel';
import { PropRefused, requireInteger } from './refusal';
import { readSecret } from './secret-access';

/** Properties of an SshTunnel. */
export interface SshTunnelProps {
  /** Name or address of the SSH host. */
  readonly host: string;
  /**
   * Port of its SSH server.
   * @default 22
   */
  readonly port?: number;
  /** Account there. It needs no shell: `restrict,port-forwarding,permitopen="127.0.0.1:3306"` before its key is enough. */
  readonly user: string;
  /**
   * Secret that holds the account's private key as `ssh-keygen -t ed25519` writes it: its text, or JSON `{ privateKey, passphrase }` where
   * it has a passphrase.
   */
  readonly privateKey: secretsmanager.ISecret;
  /**
   * What the host must show before the worker proves anything to it: public keys (`ssh-ed25519 AAAA…`, as `ssh-keyscan -t ed25519`
   * prints them) or fingerprints (`SHA256:…`). Several while a new key replaces an old one. Look them up over another way than the
   * network that they guard.
   */
  readonly hostKeys: string[];
  /**
   * What must let the dump worker in at the SSH port: an instance, a bastion, a load balancer.
   * @default - nothing is opened
   */
  readonly opens?: ec2.IConnectable;
}

/**
 * A way to a database that has no port of its own to the network: through SSH to a host, and from there to the database, whose address is
 * then as that host sees it (`127.0.0.1` for one on the same machine).
 */
export class SshTunnel {
  constructor(private readonly props: SshTunnelProps) {}

  /** @internal */
  public _bind(scope: IConstruct): SshTunnelBinding {
    const { host, user, privateKey, opens } = this.props;
    if (!Token.isUnresolved(host) && !/^[A-Za-z0-9.:_-]+$/.test(host)) {
      throw new PropRefused(scope, 'source.tunnel.host', JSON.stringify(host), 'a host name or address, without scheme, user or port');
    }
    if (Token.isUnresolved(user) || !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(user)) {
      throw new PropRefused(scope, 'source.tunnel.user', JSON.stringify(user), 'the name of an account on the SSH host, such as backup');
    }
    const port = requireInteger(scope, 'source.tunnel.port', this.props.port ?? 22, 1, 65_535);
    const hostKeys = this.hostKeys(scope);
    return {
      config: { host, port, user, keySecretArn: privateKey.secretArn, hostKeys },
      statements: readSecret(scope, privateKey),
      gateway: { port, ...(opens ? { opens } : {}) },
    };
  }

  private hostKeys(scope: IConstruct): string[] {
    const { hostKeys } = this.props;
    if (Token.isUnresolved(hostKeys) || hostKeys.length === 0) throw new PropRefused(scope, 'source.tunnel.hostKeys', 'empty', HOST_KEY_FORM);
    return hostKeys.map((text, index) => {
      const key = Token.isUnresolved(text) ? undefined : hostKeyOf(text);
      if (key === undefined) throw new PropRefused(scope, `source.tunnel.hostKeys[${index}]`, JSON.stringify(text), HOST_KEY_FORM);
      return key;
    });
  }
}

/** @internal */
export interface SshTunnelBinding {
  readonly config: {
    readonly host: string; readonly port: number; readonly user: string; readonly keySecretArn: string; readonly hostKeys: string[];
  };
  readonly statements: iam.PolicyStatement[];
  readonly gateway: { readonly port: number; readonly opens?: ec2.IConnectable };
}
