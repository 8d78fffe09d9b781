import { html, type Html } from './markup';
import type { ReportLockExtension } from './model';
import { counted } from './words';

/** What the round of the worker that lengthens locks did, in a sentence. */
export function lockExtensionInWords({ round, error }: ReportLockExtension): string {
  if (!round) return `the round failed: ${error?.message ?? 'it did not end by itself'}`;
  const sum = (count: 'locked' | 'extended' | 'leaving' | 'ending'): number => round.protections.reduce((total, one) => total + one[count], 0);
  const said = [`${counted(sum('locked'), 'copy', 'copies')} locked long enough`, `${counted(sum('extended'), 'lock')} lengthened`];
  if (sum('leaving') > 0) said.push(`${counted(sum('leaving'), 'copy', 'copies')} on the way out`);
  if (sum('ending') > 0) said.push(`${counted(sum('ending'), 'lock')} that may not be lengthened`);
  return said.join(', ');
}

export function lockSection(extension: ReportLockExtension): Html {
  return html`
<article class="card">
<div class="head"><h3>Locks <small>${lockExtensionInWords(extension)}</small></h3></div>
${extension.outcome === 'failed' && html`<ul class="notes bad"><li>${extension.error?.message ?? 'The round did not end by itself.'}</li></ul>`}
</article>`;
}
