import { html, type Html } from './markup';
import type { ReportScrub } from './model';
import { counted, size } from './words';

/** What the round of the worker that reads stored copies again did, in a sentence. */
export function scrubInWords({ round, error }: ReportScrub): string {
  if (!round) return `the round failed: ${error?.message ?? 'it did not end by itself'}`;
  const sum = (count: 'read' | 'due' | 'resting' | 'readBytes'): number => round.protections.reduce((total, one) => total + one[count], 0);
  const said = [`${counted(sum('read'), 'copy', 'copies')} read again, ${size(sum('readBytes'))}: every byte as it was written`];
  if (sum('due') > 0) said.push(`${counted(sum('due'), 'copy', 'copies')} for the next round`);
  if (sum('resting') > 0) said.push(`${counted(sum('resting'), 'copy', 'copies')} whose turn comes later`);
  return said.join(', ');
}

export function scrubSection(scrub: ReportScrub): Html {
  return html`
<article class="card">
<div class="head"><h3>Stored copies read again <small>${scrubInWords(scrub)}</small></h3></div>
${scrub.outcome === 'failed' && html`<ul class="notes bad"><li>${scrub.error?.message ?? 'The round did not end by itself.'}</li></ul>`}
</article>`;
}
