import { isLoopback, type SshTunnelConfig } from '../../../lib/contract/ssh-tunnel';
import { RefusedError } from '../errors';
import { type Place, Tunnel, type TunnelProps } from './tunnel';

/** The tunnels of one worker: opened when first asked for, and closed with it however it ends. */
export class Tunnels {
  private readonly open = new Map<string, Promise<Tunnel>>();

  constructor(private readonly props: Omit<TunnelProps, 'config' | 'target'>) {}

  /** The place on this machine that stands for the target. @throws RunError of the login, of the private key, SSH_PLAIN */
  async to(config: SshTunnelConfig, target: Place, encrypted: boolean): Promise<Place> {
    if (!encrypted && !isLoopback(target.host)) {
      throw new RefusedError(
        'SSH_PLAIN', `Behind SSH host ${config.host} the way to ${target.host} would be neither encrypted nor checked: the policy says DatabaseTls.DISABLE.`,
        'Use VERIFY_FULL or REQUIRE; DISABLE is for a database on the SSH host itself (127.0.0.1).',
      );
    }
    const key = JSON.stringify([config, target]);
    const opening = this.open.get(key) ?? Tunnel.open({ ...this.props, config, target });
    this.open.set(key, opening);
    return (await opening).local;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.open.values());
    await Promise.all(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])));
  }
}
