import { html, type Html } from './markup';
import type { ReportRetirement } from './model';
import { fold, table } from './table';
import { counted, duration } from './words';

/** What the round of the retire worker decided, in a sentence. */
export function retirementInWords({ round, marked, error }: ReportRetirement): string {
  if (!round) return `the round failed: ${error?.message ?? 'it did not end by itself'}`;
  const sum = (count: (one: NonNullable<ReportRetirement['round']>['protections'][number]) => number): number =>
    round.protections.reduce((total, one) => total + count(one), 0);
  const copies = sum((one) => one.copies);
  const announced = sum((one) => one.announced);
  const released = sum((one) => one.released);
  const said = [
    `${counted(copies, 'copy', 'copies')} held against the rules`,
    `${counted(announced, 'copy', 'copies')} announced, ${counted(released, 'copy', 'copies')} released`,
    `the audit found ${round.findingCount === 0 ? 'nothing' : counted(round.findingCount, 'thing')}`,
    ...marked ? ['a copy could be kept by hand, and left to the rules again'] : [],
  ];
  return said.join('; ');
}

/** The round, with each copy's reasons. */
export function retirementSection(retirement: ReportRetirement): Html {
  const { round, outcome, seconds } = retirement;
  const decisions = (round?.protections ?? []).flatMap(
    ({ protection, decisions: all = [] }) => all.map((decision) => ({ protection, ...decision })),
  );
  const findings = (round?.findings ?? []).map(({ kind, key, text }) => html`<li>${text}<small><code>${kind}</code> <code>${key}</code></small></li>`);
  return html`
<article class="card">
<div class="head"><h3>Retirement <small>${retirementInWords(retirement)}</small></h3></div>
${outcome === 'failed' && html`<ul class="notes bad"><li>${retirement.error?.message ?? 'The round did not end by itself.'}</li></ul>`}
${findings.length > 0 && html`<ul class="notes fair">${findings}</ul>`}
${decisions.length > 0 && fold('Copies and why', `${counted(decisions.length, 'copy', 'copies')}, judged in ${duration(seconds)}`, table([
  { title: 'Of', style: 'name', value: ({ protection }) => protection },
  { title: 'Run', style: 'mono', value: ({ runId }) => runId },
  { title: '', style: 'text', value: ({ action }) => action },
  { title: 'Why', style: 'text', value: ({ reasons }) => reasons.join('; ') },
], decisions))}
</article>`;
}
