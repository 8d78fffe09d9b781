import { SshTunnelConfig } from '../../lib/contract/ssh-tunnel';
import { startSshHost } from '../servers/ssh-host';
import type { RehearsalSource } from './source';

/** A source whose protection declares an SSH tunnel, with a throwaway SSH host in front of it; any other as it is. */
export async function throughSshHost(
  source: RehearsalSource, config: Record<string, unknown>, say: (line: string) => void,
): Promise<RehearsalSource> {
  if (config.tunnel === undefined) return source;
  const declared = SshTunnelConfig.parse(config.tunnel);
  const host = await startSshHost();
  say(`ssh host: a throwaway one on 127.0.0.1 for ${declared.host}`);
  return {
    ...source,
    description: `${source.description} behind a throwaway SSH host`,
    secrets: { ...source.secrets, [declared.keySecretArn]: host.privateKey },
    adjust: (own) => ({ ...source.adjust(own), tunnel: { ...declared, host: '127.0.0.1', port: host.port, hostKeys: [host.hostKey] } }),
    notRehearsed: [...source.notRehearsed, {
      what: 'the SSH host',
      why: `a throwaway SSH server stood for ${declared.host}: tunnel, login and the check of a pinned host key ran, and its own key, account and firewall were not met`,
      how: `ssh-keyscan -t ed25519 ${declared.host} must print a pinned key; then start a run by hand after a deployment to a test account`,
    }],
    stop: async () => {
      await source.stop();
      await host.stop();
    },
  };
}
