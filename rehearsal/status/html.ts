import { html, type Html } from '../report/markup';
import { page } from '../report/page';
import { counted, instant } from '../report/words';
import { badge, breachList } from './breach-list';
import { GRAVEST_FIRST, type PolicyStatus, type ReplicaStatus, type Status, type UnreadPolicy } from './model';
import { alarmTable, cardId, protectionCard } from './protection-card';
import { STATUS_STYLE } from './style';
import { headline } from './text';
import { age, minute, unbroken } from './words';

/** The status as one page that needs nothing else: no script, no font, no picture from anywhere. Every name in it is escaped. */
export function statusHtml(status: Status): string {
  const title = `${headline(status)} Backups of ${applications(status).join(', ')}`;
  const at = status.policies.map((policy) => policy.at).sort().at(-1);
  const body = html`<a class="skip" href="#content">To the content</a>
<header>
<p class="over"><span>Backups of ${applications(status).join(', ')}</span>${at && html`<span>Looked at <time datetime="${at}">${minute(at)}</time></span>`}</p>
<h1 class="is-${status.condition}">${headline(status)}</h1>
<p class="lead">${unbroken(introduction(status))}</p>
</header>
<main id="content">
${overview(status)}
${status.policies.map(policySection)}
${status.unread.map(unreadSection)}
</main>
<footer><p>By the sentinel's own look at the store, held against the declared alarms. This page does not renew itself: it says how things were${at && html` at ${instant(at)}`}.</p></footer>`;
  return page({ title, style: STATUS_STYLE, body });
}

function applications({ policies, unread }: Status): string[] {
  return [...new Set([...policies, ...unread].map(({ application }) => application))];
}

/** What a loss now would leave, in a sentence or two. */
export function introduction({ policies, unread }: Status): string {
  const all = policies.flatMap(({ protections }) => protections);
  const ages = all.flatMap(({ recoveryPointAgeSeconds: old }) => (old === undefined ? [] : [old]));
  const without = all.length - ages.length;
  const oldest = age(Math.max(...ages));
  return [
    ...unread.length > 0 ? [`${counted(unread.length, 'policy', 'policies')} could not be read, so nothing is known of ${unread.length === 1 ? 'it' : 'them'}.`] : [],
    ...ages.length > 0 ? [ages.length === 1
      ? `If everything were lost now, ${all.find(({ newestProven }) => newestProven)!.protection} would come back as it was ${oldest} ago.`
      : `If everything were lost now, ${counted(ages.length, 'protection')} would come back as they were at most ${oldest} ago.`] : [],
    ...without > 0 ? [`${counted(without, 'protection')} ${without === 1 ? 'has' : 'have'} no proven copy yet.`] : [],
  ].join(' ');
}

/** Where there are several, each on a line that leads to its card, the gravest first. */
function overview({ policies }: Status): Html | undefined {
  const all = policies.flatMap((policy) => policy.protections.map((one) => ({ policy, one })))
    .sort((a, b) => GRAVEST_FIRST.indexOf(a.one.condition) - GRAVEST_FIRST.indexOf(b.one.condition));
  return all.length < 2 ? undefined : html`<nav aria-label="Protections"><ul class="overview">${all.map(({ policy, one }) => html`
<li><a href="#${cardId(policy, one)}">${badge(one.condition)}<span><b>${policy.application} · ${one.protection}</b><small>${unbroken(one.sentence)}</small></span>
<span class="age">${one.recoveryPointAgeSeconds === undefined ? 'no proven copy' : `${age(one.recoveryPointAgeSeconds)} old`}</span></a></li>`)}</ul></nav>`;
}

function policySection(policy: PolicyStatus): Html {
  const { application, environment, region, unknown, breaches, notes, protections, replicas, since } = policy;
  return html`
<section>
<h2>${application} <span class="where">${environment} · ${region} · in force since ${minute(since)}</span></h2>
${unknown.length > 0 && html`<div class="error"><b>Not known</b>${unknown.map((text) => html`<p>${text}</p>`)}</div>`}
${breachList(breaches)}
${notes.length > 0 && html`<ul class="notes fair">${notes.map(({ text }) => html`<li>${text}</li>`)}</ul>`}
${protections.map((one) => protectionCard(policy, one))}
${replicas.map(replicaCard)}
${alarmTable(policy)}
</section>`;
}

function replicaCard({ region, condition, at, error, breaches, alarms }: ReplicaStatus): Html {
  return html`
<article class="card">
<div class="head"><h3>Replica in ${region} <small>${at ? `its own sentinel looked at ${minute(at)}` : 'its own sentinel'}</small></h3>${badge(condition)}</div>
${error !== undefined && html`<div class="error"><b>Not known</b><p>${error}</p></div>`}
${breachList(breaches, true)}
${condition === 'well' && html`<p class="summary">${counted(alarms.length, 'alarm')} of that region, none breached.</p>`}
</article>`;
}

function unreadSection({ application, environment, error, replicas }: UnreadPolicy): Html {
  return html`
<section>
<h2>${application} <span class="where">${environment}</span></h2>
<div class="error"><b>It could not be read, so nothing is known of it</b><p>${error}</p></div>
${replicas.map(replicaCard)}
</section>`;
}
