import { costSection } from './cost-section';
import { html, type Html } from './markup';
import { page } from './page';
import type { RehearsalReport } from './model';
import { monthSection } from './month-section';
import { badge, cardId, protectionCard } from './protection-card';
import { lockSection } from './lock-section';
import { scrubSection } from './scrub-section';
import { retirementSection } from './retirement-section';
import { fold, table } from './table';
import { count, counted, duration, headline, instant, introduction, memory } from './words';

/** The report as one page that needs nothing else: no script, no font, no picture from anywhere. Every name in it is escaped. */
export function reportHtml(report: RehearsalReport): string {
  const title = `${headline(report)} Backup rehearsal of ${report.startedAt.slice(0, 10)}`;
  const body = html`<header>
<p class="over"><span>Backup rehearsal</span><time datetime="${report.startedAt}">${instant(report.startedAt)}</time></p>
<h1 class="is-${report.outcome}">${headline(report)}</h1>
<p class="lead">${introduction(report)}</p>
</header>
<main>
${overview(report)}
${report.policies.map((policy) => html`
<section>
<h2>${policy.application} <span class="where">${policy.environment} · <code>${policy.path}</code></span></h2>
${policy.protections.map((one) => protectionCard(policy, one))}
${policy.retirement && retirementSection(policy.retirement)}${policy.lockExtension && lockSection(policy.lockExtension)}${policy.scrub && scrubSection(policy.scrub)}
${policy.cost && costSection(policy.cost)}
</section>`)}
${report.month && monthSection(report.month)}
${findings(report)}
${messages(report)}
${calls(report)}
${notRehearsed(report)}
</main>
<footer>${machine(report)}</footer>`;
  return page({ title, body });
}

/** Where there are several, each on a line that leads to its card. */
function overview(report: RehearsalReport): Html | undefined {
  const all = report.policies.flatMap((policy) => policy.protections.map((one) => ({ policy, one })));
  return all.length < 2 ? undefined : html`<nav><ul class="overview">${all.map(({ policy, one }) => html`
<li><a href="#${cardId(policy, one)}">${badge(one.outcome)}<span><b>${policy.application} · ${one.id}</b><small>${one.summary}</small></span></a></li>`)}</ul></nav>`;
}

function findings({ findings: all }: RehearsalReport): Html | undefined {
  if (all.length === 0) return undefined;
  const open = all.filter(({ acknowledged }) => acknowledged === undefined);
  const grave = open.some(({ severity }) => severity === 'error');
  const line = ({ code, severity, path, reason, mend, acknowledged }: RehearsalReport['findings'][number]): Html => html`
<li>${reason}<small>${acknowledged === undefined ? mend : html`<b>Acknowledged:</b> ${acknowledged}`} <code>${severity} ${code}</code>${path && html` at <code>${path}</code>`}</small></li>`;
  const known = all.filter(({ acknowledged }) => acknowledged !== undefined);
  return html`<section><h2>Findings</h2><p>What the proof says of the declaration itself.</p>
${open.length > 0 && html`<ul class="notes ${grave ? 'bad' : 'fair'}">${open.map(line)}</ul>`}
${known.length > 0 && html`<h4>Acknowledged</h4><ul class="notes">${known.map(line)}</ul>`}</section>`;
}

function messages({ messages: all }: RehearsalReport): Html {
  if (all.length === 0) return html`<section><h2>Messages</h2><p>None would have gone out.</p></section>`;
  return html`<section><h2>Messages</h2><p>${all.length === 1 ? 'This one' : `These ${all.length}`} would have gone out.</p>
${all.map(({ topic, subject, text, at }) => html`
<article class="message"><div class="top"><b>${subject}</b><small>to ${topic}, ${instant(at)}</small></div><pre>${text}</pre></article>`)}</section>`;
}

function calls({ calls: all, grants }: RehearsalReport): Html {
  const number = all.reduce((sum, one) => sum + one.count, 0);
  const refused = grants.refused.map(({ role, action, resource, reason }) => html`
<li><code>${action}</code> on <code>${resource}</code><small>asked by ${role}: ${reason}</small></li>`);
  const made = table([
    { title: 'Service', style: 'text', value: ({ service }) => service },
    { title: 'Operation', style: 'name', value: ({ operation }) => operation },
    { title: 'Calls', style: 'number', value: (call) => count(call.count) },
    { title: 'Refused', style: 'number', value: (call) => call.refused > 0 && count(call.refused), mark: (call) => (call.refused > 0 ? 'mark-bad' : undefined) },
  ], all);
  const unused = table([
    { title: 'Role', style: 'name', value: ({ role }) => role },
    { title: 'Action', style: 'mono', value: ({ action }) => action },
  ], grants.unused);
  const note = `${counted(grants.unused.length, 'action')}: needless, or for a case that did not arise`;
  return html`<section><h2>AWS</h2>
<p>${counted(number, 'call')} went to the local endpoint, each judged by the synthesized policies of the role that made it.</p>
${refused.length > 0 && html`<h4>Refused</h4><ul class="notes bad">${refused}</ul>`}
${all.length > 0 && fold('Calls', counted(all.length, 'operation'), html`<div class="plain">${made}</div>`)}
${grants.unused.length > 0 && fold('Granted and not used', note, html`<div class="plain">${unused}</div>`)}
</section>`;
}

function notRehearsed({ notRehearsed: all }: RehearsalReport): Html | undefined {
  const items = all.map(({ what, why, how }) => html`<li><b>${what}</b><p>${why}</p><p class="how">${how}</p></li>`);
  return all.length === 0 ? undefined : html`<section><h2>Not rehearsed</h2>
<p>What a laptop cannot show, and how to see it for real.</p><ul class="open">${items}</ul></section>`;
}

function machine({ machine: one, startedAt, finishedAt, seconds, outcome }: RehearsalReport): Html {
  const hardware = [counted(one.cores, 'core'), memory(one.memoryBytes), one.platform, `Node ${one.node}`].join(', ');
  return html`<p>${badge(outcome)} · from ${instant(startedAt)} to ${instant(finishedAt)} (${duration(seconds)}) on ${hardware}. Sandbox of the workers: ${one.sandbox}.</p>`;
}
