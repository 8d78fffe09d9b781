import { Stack } from 'aws-cdk-lib';
import fs from 'node:fs';
import path from 'node:path';
import { Criticality } from '../../lib';
import { FINDING_CODES, type FindingCode } from '../../lib/model/proof';
import { span } from '../../lib/model/proof/words';
import { expressionOf, timeZoneOf } from '../../lib/model/schedule';
import { EXAMPLES } from '../proof/examples';
import { roleActionsTable } from '../rehearsal/cloud/role-actions/table';
import { alarmsTable } from './alarms-table';
import { messagesPage } from './messages';

const root = path.join(__dirname, '../..');

/** A part of a page that is written from the code: between its two marks nothing is written by hand. */
interface GeneratedPart {
  readonly file: string;
  readonly name: string;
  /** @param page the page without what lies between the marks */
  readonly text: (page: string) => string;
}

export const GENERATED: readonly GeneratedPart[] = [
  { file: 'docs/policy.md', name: 'criticality', text: criticalityTable },
  { file: 'docs/policy.md', name: 'findings', text: () => FINDING_CODES.map(findingSection).join('\n\n') },
  { file: 'docs/runbook.md', name: 'findings', text: (page) => FINDING_CODES.filter((code) => !page.includes(`\n### ${code}\n`)).map(runbookSection).join('\n\n') },
  { file: 'docs/watching.md', name: 'alarms', text: alarmsTable },
  { file: 'docs/security.md', name: 'role-actions', text: roleActionsTable },
  { file: 'docs/messages.md', name: 'messages', text: messagesPage },
];

/** The page as it stands, and as it should. */
export function pages({ file, name, text }: GeneratedPart): { readonly is: string; readonly should: string } {
  const is = fs.readFileSync(path.join(root, file), 'utf8');
  const [begin, end] = [`<!-- generated: ${name}, by npm run docs -->\n`, `<!-- end of ${name} -->\n`];
  const [from, to] = [is.indexOf(begin), is.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no part "${name}": ${begin.trim()} … ${end.trim()}`);
  const [before, after] = [is.slice(0, from + begin.length), is.slice(to)];
  return { is, should: `${before}\n${text(before + after)}\n\n${after}` };
}

export function write(part: GeneratedPart): void {
  fs.writeFileSync(path.join(root, part.file), pages(part).should);
}

function criticalityTable(): string {
  const scope = new Stack();
  const rows = [Criticality.CRITICAL, Criticality.IMPORTANT, Criticality.STANDARD, Criticality.ARCHIVE].map((one) => {
    const schedule = one._schedule._bind(scope);
    const rules = Object.entries(one._retention._bind(scope, 'UTC').rules).map(([rule, count]) => `${rule} ${count}`).join(', ');
    return `| \`Criticality.${one.name.toUpperCase()}\` | ${span(one.rpo.toSeconds())} | ${span(one.rto.toSeconds())} | \`${expressionOf(schedule)}\` ${timeZoneOf(schedule)} | ${rules} | every ${span(one.drillInterval.toSeconds())} | ${one.secondRegion ? 'asked for' : 'not asked for'} |`;
  });
  return ['| | RPO | RTO | schedule | retention | a restore | second region |', '|---|---|---|---|---|---|---|', ...rows].join('\n');
}

function findingSection(code: FindingCode): string {
  const { meaning, declared, mended } = EXAMPLES[code];
  const { severity, reason, mend } = exampleOf(code);
  return [
    `### ${code}`, '', meaning, '',
    '| | |', '|---|---|',
    `| declared | ${declared} |`,
    `| said, as ${severity === 'info' ? 'a note' : severity === 'error' ? 'an error' : 'a warning'} | ${reason} |`,
    `| the mend it names | ${mend} |`,
    `| mended | ${mended} |`,
  ].join('\n');
}

function runbookSection(code: FindingCode): string {
  const { severity, mend } = exampleOf(code);
  const kind = severity === 'info' ? 'A note' : severity === 'error' ? 'An error' : 'A warning';
  return [`### ${code}`, `${kind}. ${EXAMPLES[code].meaning} The mend: ${mend}. [An example](policy.md#${code.toLowerCase()}).`].join('\n');
}

function exampleOf(code: FindingCode) {
  const found = EXAMPLES[code].findings().find((finding) => finding.code === code);
  if (!found) throw new Error(`the example of ${code} has no such finding`);
  return found;
}
