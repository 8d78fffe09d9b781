import { join } from 'node:path';
import type { FoundPolicy, Resolver } from '../assembly';
import { readStored } from '../build-report';
import { Authorizer } from '../cloud/authorizer';
import { RoleKeyring } from '../cloud/role-keys';
import { startCloud } from '../cloud/start-cloud';
import type { LocalMachine } from '../cloud/local-cloud';
import { seedSecrets } from '../cloud/seed-secrets';
import { TaskTokens } from '../machine/task-tokens';
import type { Progress } from '../progress';
import { runProtection } from '../run-protection';
import { AlarmError } from './alarm';
import type { AlarmStage } from './alarm-stage';
import { type MasterCopy, masterCopy } from './master-copy';

export interface FirstRunsProps {
  readonly resolver: Resolver;
  readonly policies: readonly FoundPolicy[];
  readonly stage: AlarmStage;
  readonly work: string;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((line: string) => void) | undefined;
}

/**
 * Runs every protection once, really, and reads what it left.
 *
 * @throws AlarmError for a run that is not proven
 */
export async function firstRuns(props: FirstRunsProps): Promise<Map<FoundPolicy, Map<string, MasterCopy>>> {
  const { resolver, policies, stage, work, progress, signal, onLog = () => undefined } = props;
  const authorizer = new Authorizer(resolver);
  const tokens = new TaskTokens();
  const running: { machine?: LocalMachine } = {};
  const endpoint = await startCloud({
    resolver, authorizer, tokens, directory: join(work, 'first'), runningMachine: () => running.machine?.arn, faults: undefined,
  });
  try {
    const keys = new RoleKeyring(({ accessKeyId, ...rest }, principal) => endpoint.addCredentials(accessKeyId, { ...rest, principal }));
    const masters = new Map<FoundPolicy, Map<string, MasterCopy>>();
    for (const policy of policies) {
      const { application, environment } = policy.declared;
      const copies = new Map<string, MasterCopy>();
      for (const [protection, { planned, source, programs, sandbox }] of stage.of(policy)) {
        seedSecrets({ ...source.secrets, ...planned.identity.secrets }, resolver, authorizer, endpoint);
        running.machine = planned.machine;
        const surroundings = { resolver, authorizer, keys, tokens, endpoint, source, programs, sandbox, progress, signal, onLog };
        const ran = await runProtection(planned, surroundings);
        signal?.throwIfAborted();
        const { manifest, verdict } = await readStored(ran, endpoint, planned.identity.identity);
        if (ran.execution.outcome !== 'succeeded' || !manifest || !verdict) {
          const why = verdict?.summary ?? ran.execution.error?.cause ?? 'it left no verdict';
          throw new AlarmError(`${application} ${protection}: ${why}; every simulated day is made of a first run that is proven`);
        }
        const id = { environment, application, protection };
        copies.set(protection, await masterCopy(id, ran.runId, planned.protection.bucket, endpoint, { manifest, verdict }));
      }
      masters.set(policy, copies);
    }
    return masters;
  } finally {
    await endpoint.close();
  }
}
