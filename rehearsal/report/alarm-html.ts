import {
  type AlarmReport, type AlarmRow, type FaultReport, type HealthyReport, type OftenMissed, type PolicyAlarmReport, problemsOf, type RunRow,
} from '../alarms/model';
import type { Arrived } from '../alarms/delivery';
import {
  alarmHeadline, alarmName, clocksInWords, firstRuns, heardBy, missedInWords, roundsInWords, runHeardBy, runName, silenceInWords, when,
} from './alarm-words';
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
<p class="lead">Each fault was done where the deployed sentinel watches, on a simulated clock; where a run is at fault the deployed machine was run, with its workers, its roles and a database. Alarms were evaluated by CloudWatch's own rules, and what they tell was brought by the deployed worker.</p>
</header>
<main>
${report.policies.map(policySection)}
</main>
<footer><p>${report.short ? 'A part of the days only. ' : ''}It took ${duration(report.seconds)}.</p></footer>`;
  return page({ title, body });
}

function policySection(policy: PolicyAlarmReport): Html {
  const problems = problemsOf(policy);
  const rows = policy.faults.flatMap((one): Line[] => (
    [...firstRuns(one.runs).map((run) => runLine(run, one)), ...one.rows.map((row) => alarmLine(row, policy))]));
  return html`<section>
<h2>${policy.application} <span class="where">${policy.environment} · <code>${policy.path}</code></span></h2>
<p>${counted(policy.alarms, 'alarm')}, ${counted(policy.faults.length, 'fault')}.</p>
${problems.length > 0 && html`<ul class="notes bad">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
<h3>Often missed</h3>
${table<OftenMissed>([
  { title: 'What happens', style: 'name', value: ({ what }) => what },
  { title: 'Who hears of it', style: 'text', value: missedInWords, mark: ({ asItShould }) => (asItShould ? undefined : 'mark-bad') },
  { title: 'How it was done', style: 'text', value: ({ means }) => means },
], policy.oftenMissed)}
<h3>Days without a fault</h3>
${table<HealthyReport>([
  { title: 'Days', style: 'number', value: ({ days }) => String(days) },
  { title: 'From a deployment on', style: 'text', value: ({ from }) => instant(from) },
  { title: 'Runs', style: 'number', value: ({ runs }) => String(runs) },
  { title: 'Sentinels', style: 'text', value: roundsInWords },
  { title: 'Clocks', style: 'text', value: clocksInWords },
  { title: 'Heard', style: 'text', value: silenceInWords, mark: ({ alarms, messages, failures, standIn }) => (alarms.length + messages.length + failures.length === 0 || standIn !== undefined ? undefined : 'mark-bad') },
], [policy.healthy, ...policy.clockChanges])}
<h3>Every alarm</h3>
${table<Line>([
  { title: 'Alarm', style: 'name', value: ({ name }) => name },
  { title: 'Fault', style: 'text', value: ({ fault }) => fault },
  { title: 'Fired after', style: 'number', value: ({ fired }) => fired, mark: ({ isSilent }) => (isSilent ? 'mark-bad' : undefined) },
  { title: 'Told', style: 'text', value: ({ told }) => told },
  { title: 'Over after', style: 'number', value: ({ over }) => over, mark: ({ isStuck }) => (isStuck ? 'mark-bad' : undefined) },
], rows)}
<h3>Messages</h3>
${policy.faults.map((one) => faultMessages(one, policy))}
</section>`;
}

interface Line {
  readonly name: string;
  readonly fault: string;
  readonly fired: string;
  readonly told: string;
  readonly over: string;
  readonly isSilent: boolean;
  readonly isStuck: boolean;
}

function runLine(run: RunRow, { fault }: FaultReport): Line {
  const fired = when(run.endedAfterSeconds);
  return { name: runName(run), fault, fired, told: runHeardBy(run), over: '', isSilent: run.problem !== undefined, isStuck: false };
}

function alarmLine(row: AlarmRow, policy: PolicyAlarmReport): Line {
  return {
    name: alarmName(row, policy), fault: row.fault, told: heardBy(row),
    fired: when(row.firedAfterSeconds), over: when(row.overAfterSeconds),
    isSilent: row.firedAfterSeconds === undefined, isStuck: row.overAfterSeconds === undefined,
  };
}

function faultMessages({ fault, means, runs, rows, also }: FaultReport, policy: PolicyAlarmReport): Html {
  const told = [
    ...firstRuns(runs).flatMap((run) => run.messages.map((message) => ({ whose: runName(run), message }))),
    ...rows.flatMap((row) => [...row.messages, ...row.overMessages].map((message) => ({ whose: alarmName(row, policy), message }))),
  ];
  const others = also.length === 0 ? undefined : html`<p>Fired too: ${also.map((path) => path.split('/').slice(-2).join(' ')).join(', ')}.</p>`;
  const unheard = rows.flatMap((row) => row.unheard ?? []);
  const said = [...means === undefined ? [] : [`How: ${means}.`], ...firstRuns(runs).flatMap(({ slot, failure }) => (
    failure === undefined ? [`The run of ${instant(slot)} was proven.`] : [`The run of ${instant(slot)} failed: ${failure}`])), ...unheard];
  return fold(fault, counted(told.length, 'message'), html`${said.map((line) => html`<p>${line}</p>`)}${others}
${told.map(({ whose, message }) => arrived(message, whose))}`);
}

function arrived({ channel, to, title, text }: Arrived, alarm: string): Html {
  return html`<article class="message"><div class="top"><b>${title}</b><small>${channel} to ${to}, of ${alarm}</small></div><pre>${text}</pre></article>`;
}
