import type { ParseArgsOptionsConfig } from 'node:util';
import { parseVersioned } from '../../lib/contract/common';
import { parseRetireReport, type RetireReport } from '../../lib/contract/retire-report';
import { RetireRequest } from '../../lib/contract/retire-request';
import { readAssembly, Resolver } from '../assembly';
import type { Terminal } from '../command-line';
import { functionOf } from '../cloud/local-cloud';
import { Deployed, regionIn } from '../deployed/read-stacks';
import { invokeDeployed, runHere, WorkerFailedError } from '../own-worker';
import { counted, visible } from '../report/words';
import { UsageError } from '../usage';
import { choosePolicy } from '../choose-policy';
import { isForeseen } from './foreseen';
import { parseOptions } from './options';

export const RETIRE_USAGE = `usage: backup-policy retire --dry-run [options]
       backup-policy retire --keep ID/RUN [options]

Says of every copy in the store whether it is kept, waits out its grace or would be released, and why, and what the audit of the store
finds: by the policy as it is declared in --app, read from the store with your own credentials, with nothing written. Rounds that write
are the deployed worker's.

  --dry-run               say what a round would do now
  --keep ID/RUN           mark a copy as kept by a person, whatever the rules say, and take back what was announced or released of it:
                          database/20261120T020000Z; may be given again. Done by the deployed worker, for nobody else may tag
  --unkeep ID/RUN         leave it to the rules again; may be given again
  --app FOLDER            what \`cdk synth\` wrote                                        (default: cdk.out)
  --application NAME      which policy, where the app has several
  --environment NAME      which of its environments, where there are several
  --protection ID         only this one; may be given again                             (default: all)
  --bucket NAME           the store's bucket                                            (default: as CloudFormation says)
  --function NAME         name or ARN of the deployed worker, for --keep and --unkeep   (default: as CloudFormation says)
  --region NAME           region of the store                                           (default: the stack's, or AWS_REGION)
  --json                  print the report as JSON
  --verbose               print what the worker logs
  --help

Needs cloudformation:DescribeStacks and ListStackResources where the template does not name them; to read the store, and its key's
kms:Decrypt; with --keep and --unkeep lambda:InvokeFunction instead.
Exit code: 0; 1 the audit found damage, or the worker refused; 2 wrong usage, no assembly, no such policy, or it is not deployed.
`;

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  'keep': { type: 'string', multiple: true, default: [] as string[] },
  'unkeep': { type: 'string', multiple: true, default: [] as string[] },
  'app': { type: 'string', default: 'cdk.out' },
  'application': { type: 'string' },
  'environment': { type: 'string' },
  'protection': { type: 'string', multiple: true, default: [] as string[] },
  'bucket': { type: 'string' },
  'function': { type: 'string' },
  'region': { type: 'string' },
  'json': { type: 'boolean', default: false },
  'verbose': { type: 'boolean', default: false },
  'help': { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

type Options = ReturnType<typeof parse>;
type Run = NonNullable<RetireRequest['keep']>[number];

/** What of the audit is damage: the same that the deployed worker tells the recipients. */
const DAMAGE = /^(part-|manifest-(hidden|overwritten|damaged))/;

function parse(args: readonly string[]) {
  return parseOptions(args, OPTIONS, RETIRE_USAGE);
}

/**
 * `backup-policy retire`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function retireCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parse(args);
  if (options.help) {
    terminal.stdout.write(RETIRE_USAGE);
    return 0;
  }
  const keep = options.keep.map((text) => runOf('--keep', text));
  const unkeep = options.unkeep.map((text) => runOf('--unkeep', text));
  const marking = keep.length + unkeep.length > 0;
  if (options['dry-run'] === marking) {
    throw new UsageError(marking
      ? '--dry-run goes without --keep and --unkeep'
      : 'give --dry-run: rounds that write are the deployed worker\'s, by its schedule or by starting its state machine', RETIRE_USAGE);
  }
  try {
    const { request, directory, functionName } = await prepare(options, terminal.env);
    const report = parseRetireReport(marking
      ? await invokeDeployed({
        functionName: await functionName(), region: request.store.region, request: withRuns(request, keep, unkeep), signal: terminal.signal,
      })
      : await runHere({
        directory, name: 'retire', request: { ...request, dryRun: true, whole: true }, env: terminal.env, signal: terminal.signal,
        onLog: options.verbose ? (line) => void terminal.stderr.write(`${line}\n`) : () => undefined,
      }));
    terminal.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : textOf(report));
    return report.findings.some(({ kind }) => DAMAGE.test(kind)) ? 1 : 0;
  } catch (error) {
    if (!isForeseen(error) && !(error instanceof WorkerFailedError)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n`);
    return error instanceof WorkerFailedError ? 1 : 2;
  }
}

function runOf(option: string, text: string): Run {
  const [, protection, runId] = /^([a-z0-9][a-z0-9-]{0,62})\/(\d{8}T\d{6}Z)$/.exec(text) ?? [];
  if (runId === undefined) throw new UsageError(`${option} ${text}: write it as database/20261120T020000Z, the protection and the run`, RETIRE_USAGE);
  return { protection, runId };
}

function withRuns(request: RetireRequest, keep: Run[], unkeep: Run[]): RetireRequest {
  return { ...request, ...keep.length > 0 ? { keep } : {}, ...unkeep.length > 0 ? { unkeep } : {} };
}

interface Prepared {
  /** As the deployed machine would compose it. */
  readonly request: RetireRequest;
  /** Of the code that is deployed. */
  readonly directory: string;
  functionName(): Promise<string>;
}

async function prepare(options: Options, env: NodeJS.ProcessEnv): Promise<Prepared> {
  const assembly = readAssembly(options.app);
  const { stack, declared } = choosePolicy(assembly, options, RETIRE_USAGE);
  const { request, function: worker } = declared.retirement;
  const known = request.protections.map(({ protection }) => protection);
  for (const asked of options.protection) {
    if (!known.includes(asked)) throw new UsageError(`--protection ${asked}: the policy has ${known.join(', ') || 'none'}`, RETIRE_USAGE);
  }
  const chosen = options.protection.length > 0 ? options.protection : known;
  const path = `${declared.path} retirement`;
  const resolver = new Resolver(assembly);
  const deployed = new Deployed(assembly, { region: options.region ?? regionIn(env) });
  // A bucket that is named leaves nothing to ask CloudFormation for.
  const named = options.bucket === undefined ? request : { ...request, store: { ...request.store, bucket: options.bucket } };
  const store = { ...named.store, region: deployed.regionOf(stack) };
  return {
    directory: functionOf(resolver, String(resolver.resolve(stack, worker, path))).directory,
    functionName: async () => options.function ?? await deployed.text(stack, worker, path),
    request: parseVersioned('the retire request', RetireRequest, {
      ...await deployed.resolve(stack, { ...named, store }, path) as object,
      protections: request.protections.filter(({ protection }) => chosen.includes(protection)),
      slot: new Date().toISOString(), execution: 'command-line',
    }),
  };
}

function textOf(report: RetireReport): string {
  const { protections, findings, findingCount, at, dryRun } = report;
  const blocks = protections.map((one) => {
    const { protection, decisions = [] } = one;
    const width = Math.max(0, ...decisions.map(({ action }) => action.length));
    const lines = decisions.map(({ runId, action, reasons }) => `  ${runId}  ${action.padEnd(width)}  ${reasons.join('; ')}`);
    return [`${protection}: ${counted(decisions.length, 'copy', 'copies')}`, ...lines].map((line) => visible(line)).join('\n');
  });
  const found = findings.map(({ kind, key, text }) => visible(`  ${kind}  ${key}: ${text}`));
  const audit = findingCount === 0 ? 'The audit finds nothing.' : [`The audit finds ${counted(findingCount, 'thing')}:`, ...found].join('\n');
  return `${[`${report.application} (${report.environment}) at ${at}${dryRun ? ', nothing written' : ''}`, ...blocks, audit].join('\n\n')}\n`;
}
