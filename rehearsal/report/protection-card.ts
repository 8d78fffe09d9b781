import { html, type Html } from './markup';
import type { ReportOutcome, ReportPolicy, ReportProtection } from './model';
import { fold, table, type Column } from './table';
import { timeline } from './timeline';
import { clock, count, counted, day, duration, memory, memoryOf, OUTCOME_WORDS, percent, rtoOf, shortHash, size } from './words';

/** Rows of the census table that show without a click. */
const CENSUS_OPEN = 15;
const LEFT_OUT_OPEN = 8;

/** One protection: is it proven, what, when, how long against its objective, and what the copy holds and does not hold. */
export function protectionCard(policy: ReportPolicy, one: ReportProtection): Html {
  const about = [`${one.engine}${one.manifest ? ` ${one.manifest.source.version}` : ''}`, one.schedule].filter(Boolean).join(' · ');
  return html`
<article class="card" id="${cardId(policy, one)}">
<div class="head"><h3>${one.id} <small>${about}</small></h3>${badge(one.outcome)}</div>
<p class="summary">${one.summary}</p>
${one.error && html`<div class="error"><b>${one.error.name}${one.error.code ? ` · ${one.error.code}` : ''}</b><p>${one.error.message}</p></div>`}
${facts(one)}
${gauges(one)}
${timeline(one.steps)}
${differences(one)}
${exceptions(one)}
${assertions(one)}
${census(one)}
${leftOut(one)}
${tools(one)}
</article>`;
}

export function cardId({ application, environment }: ReportPolicy, { id, runId }: ReportProtection): string {
  return [application, environment, id, runId].join('.');
}

/** A mark and a word, so that the colour says nothing alone. */
export function badge(outcome: ReportOutcome): Html {
  const marks: Record<ReportOutcome, Html> = {
    'proven': html`<path d="M5 8.3l2.1 2.1L11.2 6"/>`,
    'proven-except': html`<path d="M5 8.3l2.1 2.1L11.2 6"/>`,
    'checksums-only': html`<circle cx="8" cy="8" r="2"/>`,
    'not-proven': html`<path d="M4.8 8h6.4"/>`,
    'failed': html`<path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"/>`,
  };
  const ring = outcome === 'proven-except' ? html`<circle cx="8" cy="8" r="7" stroke-dasharray="3 2"/>` : html`<circle cx="8" cy="8" r="7"/>`;
  return html`<span class="badge is-${outcome}"><svg viewBox="0 0 16 16" aria-hidden="true">${ring}${marks[outcome]}</svg>${OUTCOME_WORDS[outcome]}</span>`;
}

function facts(one: ReportProtection): Html {
  const { sizeBytes, rawSizeBytes, rows, items, parts, verdict, manifest } = one;
  const fact = (name: string, value: string | undefined, note?: string | false): Html | undefined =>
    value === undefined ? undefined : html`<div><dt>${name}</dt><dd>${value}${note ? html`<small>${note}</small>` : ''}</dd></div>`;
  const fewer = rawSizeBytes && sizeBytes ? `${size(rawSizeBytes)} before compression` : undefined;
  return html`<dl class="facts">
${fact('Slot', clock(one.slot), day(one.slot))}
${fact('State of the data', manifest && clock(manifest.recoveryPoint), manifest && day(manifest.recoveryPoint))}
${fact('Stored', sizeBytes === undefined ? undefined : size(sizeBytes), fewer)}
${fact('Rows', rows === undefined ? undefined : count(rows), items !== undefined && `in ${counted(items, 'item')}, ${counted(parts ?? 0, 'part')}`)}
${fact('Compared by hash', verdict && verdict.checked.items > 0 ? `${count(verdict.checked.hashed)} of ${count(verdict.checked.items)}` : undefined, verdict && `${counted(verdict.differenceCount, 'difference')}`)}
</dl>`;
}

function gauges(one: ReportProtection): Html | undefined {
  const rto = rtoOf(one);
  const peak = (name: string, used: number | undefined, limit: number | undefined): Html | undefined => used === undefined ? undefined
    : gauge(name, limit ? memoryOf(used, limit) : memory(used), limit ? used / limit : undefined);
  const all = [
    rto && gauge(
      'Restore', `${duration(rto.seconds)} of ${duration(rto.objective)}`, rto.share,
      rto.within ? `${percent(rto.share)} of the objective (RTO)` : 'longer than the objective (RTO)',
    ),
    peak('Memory, dump', one.peakMemoryBytes.dump, one.memoryLimitBytes?.dump),
    peak('Memory, verify', one.peakMemoryBytes.verify, one.memoryLimitBytes?.verify),
  ].filter((gauge) => gauge !== undefined);
  return all.length === 0 ? undefined : html`<div class="gauges">${all}</div>`;
}

function gauge(label: string, value: string, share: number | undefined, note?: string): Html {
  const width = Math.min(100, Math.max(0.8, (share ?? 0) * 100)).toFixed(1);
  return html`<div class="gauge"><div class="label"><span>${label}</span><span>${value}</span></div>
${share !== undefined && html`<svg height="8" aria-hidden="true"><rect class="track" width="100%" height="8" rx="4"/>
<rect class="${share > 1 ? 'over' : 'fill'}" width="${width}%" height="8" rx="4"/></svg>`}
${note !== undefined && html`<small>${note}</small>`}</div>`;
}

function differences({ verdict }: ReportProtection): Html | undefined {
  if (!verdict || verdict.differenceCount === 0) return undefined;
  const shown = verdict.differences.length;
  const more = verdict.differenceCount > shown && html`<p>The first ${count(shown)} of ${count(verdict.differenceCount)}.</p>`;
  return html`<h4>Where the copy differs</h4>${more}
${table([
  { title: 'What', style: 'name', value: ({ database, name }) => qualified(database, name, true) },
  { title: 'Kind', style: 'text', value: ({ kind }) => kind },
  { title: 'Source', style: 'mono', value: ({ expected }) => expected },
  { title: 'Copy', style: 'mono', value: ({ actual }) => actual, mark: () => 'mark-bad' },
], verdict.differences)}`;
}

function exceptions({ exceptions: all }: ReportProtection): Html | undefined {
  if (all.length === 0) return undefined;
  const items = all.map(({ name, reason, code }) => html`<li><span class="mono">${name}</span><small>${reason} <code>${code}</code></small></li>`);
  return html`<h4>Proven but for this</h4><ul class="notes fair">${items}</ul>`;
}

function assertions({ assertions: all }: ReportProtection): Html | undefined {
  return all.length === 0 ? undefined : html`<h4>Questions asked of the restored copy</h4>
${table([
  { title: 'Question', style: 'name', value: ({ name }) => name },
  { title: 'Expected', style: 'mono', value: ({ expected }) => expected },
  { title: 'Answer', style: 'mono', value: ({ actual }) => actual },
  { title: '', style: 'text', value: ({ holds }) => (holds ? 'holds' : 'does not hold'), mark: ({ holds }) => (holds ? 'mark-good' : 'mark-bad') },
], all)}`;
}

function census({ census: all, items }: ReportProtection): Html | undefined {
  if (all.length === 0) return undefined;
  const several = new Set(all.map(({ database }) => database)).size > 1;
  const columns: Column<(typeof all)[number]>[] = [
    { title: 'Name', style: 'name', value: ({ database, name }) => qualified(database, name, several) },
    { title: 'Kind', style: 'text', value: ({ kind }) => kind },
    { title: 'Rows', style: 'number', value: ({ rows, atLeast }) => (rows === undefined ? atLeast && `≥ ${atLeast}` : count(rows)) },
    { title: 'Bytes', style: 'number', value: ({ bytes }) => bytes !== undefined && size(bytes) },
    { title: 'Compared', style: 'text', value: ({ method }) => method },
    { title: 'SHA-256', style: 'hash', value: ({ sha256 }) => sha256 && shortHash(sha256) },
  ];
  const total = items ?? all.length;
  const rest = all.slice(CENSUS_OPEN);
  const cut = total > all.length ? `, the ${count(all.length)} largest shown` : '';
  return html`${fold('Census', `${counted(total, 'item')}${cut}`, table(columns, all.slice(0, CENSUS_OPEN)), true)}
${rest.length > 0 && fold('', counted(rest.length, 'more item'), table(columns, rest))}`;
}

function leftOut({ leftOut: all }: ReportProtection): Html | undefined {
  return all.length === 0 ? undefined : fold('Left out of the copy, and why', counted(all.length, 'thing'), table([
    { title: 'Name', style: 'name', value: ({ database, name }) => qualified(database, name, true) },
    { title: 'Kind', style: 'text', value: ({ kind }) => kind },
    { title: 'Reason', style: 'text', value: ({ reason }) => reason },
  ], all), all.length <= LEFT_OUT_OPEN);
}

function tools({ manifest, verdict, runId }: ReportProtection): Html | undefined {
  const groups: [string, Readonly<Record<string, string>>][] = [];
  if (manifest) {
    const { description, databases } = manifest.source;
    groups.push(['Source', { description, databases: databases.join(', ') }], ['Dumped with', manifest.tools]);
  }
  if (verdict) {
    const times = Object.entries(verdict.seconds).map(([name, seconds]) => [name, duration(seconds)]);
    groups.push(['Verified with', verdict.tools], ['Time of the verification', Object.fromEntries(times) as Record<string, string>]);
  }
  if (groups.length === 0) return undefined;
  const rows = groups.flatMap(([title, values]) => Object.entries(values).map(([name, value], index) => [index === 0 ? title : '', name, value]));
  return fold('Tools and times', `run ${runId}${manifest ? `, attempt ${manifest.attempt}` : ''}`, table([
    { title: '', style: 'soft', value: ([title]) => title },
    { title: '', style: 'text', value: ([, name]) => name },
    { title: '', style: 'name', value: ([, , value]) => value },
  ], rows));
}

function qualified(database: string | undefined, name: string, show: boolean): Html {
  return show && database !== undefined ? html`<span class="soft">${database} ·</span> ${name}` : html`${name}`;
}
