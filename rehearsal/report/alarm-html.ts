import { type AlarmReport, type AlarmRow, type FaultReport, type PolicyAlarmReport, problemsOf } from '../alarms/model';
import type { Arrived } from '../alarms/delivery';
import { alarmHeadline, alarmName, healthyInWords, heardBy, when } from './alarm-words';
import { html, type Html } from './markup';
import { page } from './page';
import { fold, table } from './table';
import { counted, duration, instant } from './words';

/** The alarm rehearsal as one page that needs nothing else. Every name in it is escaped. */
export function alarmReportHtml(report: AlarmReport): string {
  const title = `${alarmHeadline(report)} Alarm rehearsal of ${report.startedAt.slice(0, 10)}`;
  const body = html`<header>
<p class="over"><span>Alarm rehearsal</span><time datetime="${report.startedAt}">${instant(report.startedAt)}</time></p>
<h1 class="${report.outcome === 'heard' ? 'is-proven' : 'is-failed'}">${alarmHeadline(report)}</h1>
<p class="lead">Each fault was done to a store that the deployed sentinel watches, on a simulated clock; alarms were evaluated by CloudWatch's own rules, and what they tell was brought by the deployed worker.</p>
</header>
<main>
${report.policies.map(policySection)}
</main>
<footer><p>${report.short ? 'A part of the days only. ' : ''}It took ${duration(report.seconds)}.</p></footer>`;
  return page({ title, body });
}

function policySection(policy: PolicyAlarmReport): Html {
  const problems = problemsOf(policy);
  const rows = policy.faults.flatMap(({ rows: all }) => all);
  return html`<section>
<h2>${policy.application} <span class="where">${policy.environment} · <code>${policy.path}</code></span></h2>
<p>${counted(policy.alarms, 'alarm')}, ${counted(policy.faults.length, 'fault')}. ${healthyInWords(policy.healthy)}.</p>
${problems.length > 0 && html`<ul class="notes bad">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
${table<AlarmRow>([
  { title: 'Alarm', style: 'name', value: (row) => alarmName(row, policy) },
  { title: 'Fault', style: 'text', value: ({ fault }) => fault },
  { title: 'Fired after', style: 'number', value: ({ firedAfterSeconds }) => when(firedAfterSeconds), mark: (row) => (row.firedAfterSeconds === undefined ? 'mark-bad' : undefined) },
  { title: 'Told', style: 'text', value: (row) => heardBy(row) },
  { title: 'Over after', style: 'number', value: ({ overAfterSeconds }) => when(overAfterSeconds), mark: (row) => (row.overAfterSeconds === undefined ? 'mark-bad' : undefined) },
], rows)}
<h3>Messages</h3>
${policy.faults.map((one) => faultMessages(one, policy))}
</section>`;
}

function faultMessages({ fault, rows, also }: FaultReport, policy: PolicyAlarmReport): Html {
  const told = rows.flatMap((row) => [...row.messages, ...row.overMessages].map((message) => ({ row, message })));
  const others = also.length === 0 ? undefined : html`<p>Fired too: ${also.map((path) => path.split('/').slice(-2).join(' ')).join(', ')}.</p>`;
  const unheard = rows.flatMap((row) => row.unheard ?? []);
  return fold(fault, counted(told.length, 'message'), html`${others}${unheard.map((why) => html`<p>${why}</p>`)}
${told.map(({ row, message }) => arrived(message, alarmName(row, policy)))}`);
}

function arrived({ channel, to, title, text }: Arrived, alarm: string): Html {
  return html`<article class="message"><div class="top"><b>${title}</b><small>${channel} to ${to}, of ${alarm}</small></div><pre>${text}</pre></article>`;
}
