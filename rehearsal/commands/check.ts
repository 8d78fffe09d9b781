import type { ParseArgsOptionsConfig } from 'node:util';
import { ContractError, NewerContractError } from '../../lib/contract/common';
import type { DeclaredFinding } from '../../lib/contract/declared-finding';
import { isGrave } from '../../lib/model/proof';
import { AssemblyError, declaredPolicies, readAssembly } from '../assembly';
import type { Terminal } from '../command-line';
import { findingsOf } from '../findings';
import { counted, visible } from '../report/words';
import { parseOptions } from './options';

export const CHECK_USAGE = `usage: backup-policy check [options]

What the proof says of the policies of a synthesized app: each finding with its reason in numbers and its mend, and what was
acknowledged, with the reason that was given. Nothing is synthesized again.

  --app FOLDER    what \`cdk synth\` wrote                (default: cdk.out)
  --json          print the findings as JSON
  --help

Exit code: 0 no error, or all of them are acknowledged; 1 an error is not acknowledged; 2 wrong usage, no assembly, no policy.
`;

const OPTIONS = {
  app: { type: 'string', default: 'cdk.out' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** Version of what `--json` prints. */
const JSON_VERSION = 1;

/**
 * `backup-policy check`.
 *
 * @returns the exit code
 * @throws UsageError for an option that cannot be meant
 */
export async function checkCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseOptions(args, OPTIONS, CHECK_USAGE);
  if (options.help) {
    terminal.stdout.write(CHECK_USAGE);
    return 0;
  }
  try {
    const policies = declaredPolicies(readAssembly(options.app)).map(({ declared }) => declared);
    if (policies.length === 0) {
      throw new AssemblyError(`No template in ${options.app} declares a backup policy.`, 'Synthesize an app that has a BackupPolicy, with this release of cdk-backup-policy.');
    }
    const findings = findingsOf(policies);
    const errors = findings.filter(isGrave).length;
    terminal.stdout.write(options.json ? `${JSON.stringify({ version: JSON_VERSION, errors, findings }, undefined, 2)}\n` : textOf(findings));
    return errors > 0 ? 1 : 0;
  } catch (error) {
    if (![AssemblyError, NewerContractError, ContractError].some((kind) => error instanceof kind)) throw error;
    terminal.stderr.write(`backup-policy: ${(error as Error).message}\n`);
    return 2;
  }
}

function textOf(findings: readonly DeclaredFinding[]): string {
  const blocks = findings.map(({ code, severity, reason, mend, path, acknowledged }) => [
    `${acknowledged === undefined ? severity : 'acknowledged'} ${code} at ${path}`,
    `  ${reason}`,
    acknowledged === undefined ? `  mend: ${mend}` : `  acknowledged: ${acknowledged}`,
  ].map((line) => visible(line)).join('\n'));
  return `${[...blocks, summary(findings)].join('\n\n')}\n`;
}

function summary(findings: readonly DeclaredFinding[]): string {
  if (findings.length === 0) return 'No finding: what the policies promise is proven.';
  const open = (wanted: DeclaredFinding['severity']): number => findings.filter(({ severity, acknowledged }) => severity === wanted && acknowledged === undefined).length;
  const known = findings.filter(({ acknowledged }) => acknowledged !== undefined).length;
  return `${counted(open('error'), 'error')}, ${counted(open('warning'), 'warning')}, ${counted(open('info'), 'note')}, ${known} acknowledged`;
}
