import { ALARM_KINDS } from '../../lib/contract/alarm-kinds';
import { html, type Html } from '../report/markup';
import { fold, table } from '../report/table';
import { count, counted, day, percent, size } from '../report/words';
import { badge, breachList } from './breach-list';
import { calendar } from './calendar';
import type { HeldAlarm, PolicyStatus, ProtectionStatus } from './model';
import { untilFull } from './text';
import { age, damageWords, figure, minute, span, unbroken } from './words';

/** One protection: is it well, what could be restored, how old it is against its objective, how the last 30 days went. */
export function protectionCard(policy: PolicyStatus, one: ProtectionStatus): Html {
  const { expression, timeZone } = one.schedule;
  return html`
<article class="card" id="${cardId(policy, one)}">
<div class="head"><h3>${one.protection} <small><code>${expression}</code> ${timeZone}</small></h3>${badge(one.condition)}</div>
${one.condition !== 'trouble' && html`<p class="summary">${unbroken(one.sentence)}</p>`}
${one.paused && one.condition !== 'paused' && html`<p class="summary">Paused until ${minute(one.paused.until)}: ${one.paused.reason}</p>`}
${breachList(one.breaches)}
<div class="two"><div>${lossNow(one)}${gauges(one)}${facts(one)}</div>${calendar(one)}</div>
${one.notes.length > 0 && html`<ul class="notes">${one.notes.map(({ text }) => html`<li>${text}</li>`)}</ul>`}
</article>`;
}

export function cardId({ application, environment }: PolicyStatus, { protection }: ProtectionStatus): string {
  return [application, environment, protection].join('.');
}

/** What a loss now would take, the figure everything else is there for. */
function lossNow({ recoveryPointAgeSeconds: old, objectives: { rpoSeconds } }: ProtectionStatus): Html {
  if (old === undefined) return html`<p class="hero"><b>No proven copy</b> <span>${age(rpoSeconds)} are allowed without one (RPO)</span></p>`;
  const share = old / rpoSeconds;
  return html`<div class="hero${share > 1 && ' late'}"><p><b>${age(old)}</b> <span>since the newest proven copy; ${unbroken(age(rpoSeconds))} are allowed (RPO)</span></p>${bar(share)}</div>`;
}

function gauges({ objectives: { rtoSeconds }, drill, storedBytes, ceilingBytes, daysToCeiling }: ProtectionStatus): Html | undefined {
  const restored = drill?.restoreSeconds;
  const all = [
    restored !== undefined && gauge('Restore', `${span(restored)} of ${span(rtoSeconds)}`, restored / rtoSeconds, restored > rtoSeconds ? 'longer than the objective (RTO)' : `${percent(restored / rtoSeconds)} of the objective (RTO)`),
    storedBytes !== undefined && ceilingBytes !== undefined && gauge(
      'Stored', `${size(storedBytes)} of ${size(ceilingBytes)}`, storedBytes / ceilingBytes,
      daysToCeiling === undefined || storedBytes === 0 ? undefined : `full in ${untilFull(daysToCeiling)} at this growth`,
    ),
  ].filter((one) => one !== false);
  return all.length === 0 ? undefined : html`<div class="gauges">${all}</div>`;
}

function gauge(label: string, value: string, share: number, note?: string): Html {
  return html`<div class="gauge"><div class="label"><span>${label}</span><span>${value}</span></div>${bar(share)}${note !== undefined && html`<small>${note}</small>`}</div>`;
}

function bar(share: number): Html {
  const width = Math.min(100, Math.max(0.8, share * 100)).toFixed(1);
  return html`<svg class="bar" height="8" aria-hidden="true"><rect class="track" width="100%" height="8" rx="4"/><rect class="${share > 1 ? 'over' : 'fill'}" width="${width}%" height="8" rx="4"/></svg>`;
}

function facts(one: ProtectionStatus): Html {
  const { newestProven, newestCopy, provenCopies, storedBytes, ceilingBytes, drill, nextSlot, replicas } = one;
  const { lastReadSeconds, damagedCopies } = one;
  const fact = (name: string, value: string | undefined, note?: string | false): Html | undefined =>
    value === undefined ? undefined : html`<div><dt>${name}</dt><dd>${value}${note ? html`<small>${note}</small>` : ''}</dd></div>`;
  const unproven = newestCopy && newestCopy.runId !== newestProven?.runId ? newestCopy : undefined;
  const read = lastReadSeconds !== undefined ? `within ${age(lastReadSeconds)}` : damagedCopies !== undefined ? 'not any more' : undefined;
  return html`<dl class="facts">
${fact('Newest proven copy', newestProven ? minute(newestProven.recoveryPoint).slice(11) : 'none', newestProven && [day(newestProven.recoveryPoint), size(newestProven.sizeBytes), ...newestProven.rows > 0 ? [counted(newestProven.rows, 'row')] : []].join(', '))}
${fact('Newest copy', unproven && minute(unproven.recoveryPoint).slice(11), unproven && `${day(unproven.recoveryPoint)}, ${unproven.outcome ?? 'not verified yet'}`)}
${fact('Proven copies', provenCopies === undefined ? undefined : count(provenCopies), storedBytes !== undefined && ceilingBytes === undefined && `${size(storedBytes)} stored`)}
${fact('Last drill', drill ? `${age(drill.ageSeconds)} ago` : 'none', drill?.restoreSeconds !== undefined && `restored in ${span(drill.restoreSeconds)}`)}
${fact('Every stored copy read', read, damagedCopies !== undefined && damageWords(damagedCopies))}
${replicas.map(({ region, whole }) => fact(`Replica ${region}`, whole ? 'has it whole' : 'lacks some of it'))}
${fact('Next run', nextSlot && minute(nextSlot).slice(11), nextSlot && day(nextSlot))}
</dl>`;
}

const STATES: Readonly<Record<HeldAlarm['state'], string>> = { well: 'well', breached: 'breached', silent: 'silent, paused', unknown: 'not known' };

/** Every declared alarm with its figure of now, folded. */
export function alarmTable({ alarms }: PolicyStatus): Html | undefined {
  const all = table<HeldAlarm>([
    { title: 'Alarm', style: 'name', value: ({ section }) => section },
    { title: 'Protection', style: 'text', value: ({ protection }) => protection ?? 'the policy' },
    { title: 'State', style: 'text', value: ({ state }) => STATES[state], mark: ({ state }) => (state === 'well' ? 'mark-good' : state === 'silent' ? undefined : 'mark-bad') },
    { title: 'Now', style: 'number', value: ({ kind, value }) => (value === undefined ? '' : figure(ALARM_KINDS[kind].metric, value)) },
    { title: 'Limit', style: 'number', value: ({ kind, threshold }) => `${ALARM_KINDS[kind].breach === 'below' ? 'least' : 'at most'} ${figure(ALARM_KINDS[kind].metric, threshold)}` },
    { title: 'Tells', style: 'text', value: ({ severity }) => severity },
  ], alarms);
  return alarms.length === 0 ? undefined : fold('Declared alarms', `${counted(alarms.length, 'alarm')} and their figures now`, html`<div class="plain">${all}</div>`);
}
