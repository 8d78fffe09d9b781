import type { ParseArgsOptionsConfig } from 'node:util';
import { ContractError, NewerContractError } from '../../lib/contract/common';
import { AssemblyError, findPolicies, type FoundPolicy, readAssembly, Resolver } from '../assembly';
import type { Terminal } from '../command-line';
import { policyCost } from '../cost/estimate';
import { type KnownFigures, readReport, ReportReadError } from '../cost/known-figures';
import { costText } from '../cost/text';
import { nearest, UsageError } from '../usage';
import { parseOptions } from './options';

export const COST_USAGE = `usage: backup-policy cost [options]

What each policy of a synthesized app costs a month, once as many copies go as come: storage by class, requests, keys, workers,
replication, metrics, alarms, dashboards. What is not known is not guessed: its price is given for each GB or minute instead.

  --app FOLDER          what \`cdk synth\` wrote                                                (default: cdk.out)
  --size ID=SIZE        stored size of a copy, such as database=12GB; may be given again       (default: the report's)
  --report FILE         report.json of a rehearsal: sizes of copies and times of workers       (default: none)
  --parameter NAME=VALUE  value of a template parameter; may be given again                  (default: the template's)
  --json                print the estimates as JSON
  --help

Prices are AWS's list prices of the day the table was made; the estimate says which, and where it takes another region's.
Exit code: 0; 2 wrong usage, no assembly, no such protection, no report.
`;

const OPTIONS = {
  app: { type: 'string', default: 'cdk.out' },
  size: { type: 'string', multiple: true, default: [] as string[] },
  report: { type: 'string' },
  parameter: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** Version of what `--json` prints. */
const JSON_VERSION = 1;

/**
 * `backup-policy cost`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function costCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(args, OPTIONS, COST_USAGE);
  if (options.help) {
    terminal.stdout.write(COST_USAGE);
    return 0;
  }
  const sizes = new Map(options.size.map(sizeOf));
  const parameters = Object.fromEntries(options.parameter.map((pair) => split('--parameter', pair, 'NAME=VALUE')));
  try {
    const report = options.report === undefined ? undefined : await readReport(options.report);
    const resolver = new Resolver(readAssembly(options.app), { parameters });
    const policies = findPolicies(resolver);
    if (policies.length === 0) {
      throw new AssemblyError(`No template in ${options.app} declares a backup policy.`, 'Synthesize an app that has a BackupPolicy, with this release of cdk-backup-policy.');
    }
    requireKnown([...sizes.keys()], policies);
    const now = new Date();
    const costs = policies.map((policy) => ({
      application: policy.declared.application, environment: policy.declared.environment, path: policy.declared.path,
      region: policy.stack.region,
      cost: policyCost({ resolver, policy, report, now, given: (id) => givenFigures(sizes.get(id)) }),
    }));
    if (options.json) terminal.stdout.write(`${JSON.stringify({ version: JSON_VERSION, policies: costs }, undefined, 2)}\n`);
    else terminal.stdout.write(`${costs.map(costText).join('\n\n')}\n`);
    return 0;
  } catch (error) {
    if (![AssemblyError, ReportReadError, NewerContractError, ContractError].some((kind) => error instanceof kind)) throw error;
    terminal.stderr.write(`backup-policy: ${(error as Error).message}\n`);
    return 2;
  }
}

function givenFigures(bytes: number | undefined): KnownFigures {
  return bytes === undefined ? {} : { copyBytes: bytes, copyBytesBy: '--size' };
}

function requireKnown(asked: readonly string[], policies: readonly FoundPolicy[]): void {
  const known = policies.flatMap(({ protections }) => protections.map(({ declared }) => declared.id));
  const unknown = asked.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  throw new UsageError(`--size ${unknown}: there is no protection "${unknown}"; ${meant ? `did you mean ${meant}?` : `there is ${known.join(', ')}`}`, COST_USAGE);
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
};

function sizeOf(pair: string): [string, number] {
  const [id, text] = split('--size', pair, 'ID=SIZE, such as database=12GB');
  const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number === undefined || factor === undefined) throw new UsageError(`--size ${pair}: ${text} is no size; write it as 12GB, 800MB or 1.5TiB`, COST_USAGE);
  return [id, Number(number) * factor];
}

function split(option: string, pair: string, form: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1 || at === pair.length - 1) throw new UsageError(`${option} ${pair}: write it as ${form}`, COST_USAGE);
  return [pair.slice(0, at), pair.slice(at + 1)];
}
