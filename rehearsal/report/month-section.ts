import { html, type Html } from './markup';
import type { CopyFate, MonthCopy, MonthNight, MonthProtection, ReportMonth } from './month-model';
import { FATE_WORDS, fatesInWords, locksInWords, lossInWords, proverInWords } from './month-words';
import { badge } from './protection-card';
import { fold, table } from './table';
import { clock, counted, day, instant, size } from './words';

const DAY = 86_400_000;
const WEEK_DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
/** Copies of a day that have a mark each; of more, the number says how many. */
const MARKS_A_DAY = 6;

/** The days that passed: a calendar a protection, each copy on the day of its slot. */
export function monthSection(month: ReportMonth): Html {
  const notes = [...failures(month.rounds, 'retire'), ...failures(month.extensions, 'lock'), ...failures(month.scrubs, 'scrub')];
  return html`<section><h2>${counted(month.days, 'day')}</h2>
<p>From ${day(month.from)} to ${day(month.to)} on the store's clock: a copy at every slot, ${counted(month.rounds.length, 'round')} of the retire worker,
replication, and S3's lifecycle at each midnight UTC.</p>
${notes.length > 0 && html`<ul class="notes bad">${notes}</ul>`}
${month.protections.map((one) => card(one, month))}</section>`;
}

function card(one: MonthProtection, month: ReportMonth): Html {
  const kept = one.copies.filter(({ fate }) => fate === 'kept' || fate === 'announced');
  const gone = one.copies.filter(({ fate }) => fate !== 'kept' && fate !== 'announced');
  return html`
<article class="card">
<div class="head"><h3>${one.application} · ${one.protection} <small>${one.environment}, ${one.region}</small></h3></div>
<p class="summary">${fatesInWords(one)}</p>
${locks(one, month)}
${calendar(one.copies, month)}
${growth(one.nights)}
${loss(one)}
${kept.length > 0 && fold('Kept, and why', counted(kept.length, 'copy', 'copies'), copyTable(kept))}
${gone.length > 0 && fold('Let go, and why', counted(gone.length, 'copy', 'copies'), copyTable(gone))}
</article>`;
}

function failures(rounds: readonly { readonly at: string; readonly error?: string }[], of: string): Html[] {
  return rounds.filter(({ error }) => error !== undefined)
    .map(({ at, error = '' }) => html`<li>${error}<small>the ${of} round of ${instant(at)}</small></li>`);
}

function locks(one: MonthProtection, month: ReportMonth): Html | undefined {
  const words = locksInWords(one, month);
  return words === undefined ? undefined : html`<p class="summary soft">${capitalised(words)}.</p>`;
}

/** Weeks from Monday to Sunday in UTC, from the first copy's to the last day's. */
function calendar(copies: readonly MonthCopy[], { from, to }: ReportMonth): Html {
  const first = Math.min(...copies.map(({ slot }) => Date.parse(slot)), Date.parse(from));
  const monday = Math.floor(first / DAY) - (Math.floor(first / DAY) + 3) % 7;
  const weeks = Math.ceil((Math.floor(Date.parse(to) / DAY) - monday + 1) / 7);
  const of = (number: number): MonthCopy[] => copies.filter(({ slot }) => Math.floor(Date.parse(slot) / DAY) === number);
  const rows = Array.from({ length: weeks }, (_, week) => html`
<tr>${WEEK_DAYS.map((_day, index) => cell(monday + week * 7 + index, of(monday + week * 7 + index), Date.parse(to)))}</tr>`);
  const fates = [...new Set(copies.map(({ fate }) => fate))];
  return html`<figure class="calendar"><table><thead><tr>${WEEK_DAYS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>
<figcaption>${fates.map((fate) => html`<span>${mark(fate)} ${FATE_WORDS[fate]}</span> `)}</figcaption></figure>`;
}

function cell(number: number, copies: readonly MonthCopy[], end: number): Html {
  if (number * DAY > end) return html`<td></td>`;
  const date = new Date(number * DAY).toISOString();
  const label = date.slice(8, 10) === '01' ? date.slice(5, 10) : String(Number(date.slice(8, 10)));
  const shown = copies.slice(0, MARKS_A_DAY);
  return html`<td><small>${label}</small><span>${shown.map((copy) => mark(copy.fate, `${copy.runId}: ${FATE_WORDS[copy.fate]}`))}${
    copies.length > shown.length && html`<small>+${copies.length - shown.length}</small>`}</span></td>`;
}

/** Told apart by their form too, not by colour alone. */
function mark(fate: CopyFate, title = ''): Html {
  const forms: Record<CopyFate, Html> = {
    kept: html`<circle cx="6" cy="6" r="5"/>`,
    announced: html`<path d="M6 1a5 5 0 0 1 0 10z"/><circle cx="6" cy="6" r="4.5" class="hollow"/>`,
    released: html`<circle cx="6" cy="6" r="4.5" class="hollow"/><circle cx="6" cy="6" r="1.5"/>`,
    deleted: html`<circle cx="6" cy="6" r="4.5" class="hollow"/>`,
    missing: html`<path d="M2 2l8 8M10 2l-8 8" class="hollow"/>`,
  };
  return html`<svg class="fate ${fate}" width="12" height="12" viewBox="0 0 12 12" role="img" aria-label="${title || FATE_WORDS[fate]}">${title !== '' && html`<title>${title}</title>`}${forms[fate]}</svg>`;
}

/** What is stored night by night, the replicas on top. */
function growth(nights: readonly MonthNight[]): Html | undefined {
  const most = Math.max(...nights.map(({ storedBytes, replicaBytes }) => storedBytes + replicaBytes), 0);
  if (most === 0) return undefined;
  const width = 100 / nights.length;
  const bars = nights.map(({ at, storedBytes, replicaBytes, copies }, index) => {
    const [own, other] = [storedBytes / most * 56, replicaBytes / most * 56];
    const x = (index * width + width * 0.1).toFixed(2);
    const bar = (y: number, height: number, kind: string): Html =>
      html`<rect x="${x}%" width="${(width * 0.8).toFixed(2)}%" y="${y.toFixed(1)}" height="${height.toFixed(1)}" class="${kind}"/>`;
    return html`<g><title>${day(at)}: ${counted(copies, 'copy', 'copies')}, ${size(storedBytes)}${replicaBytes > 0 && ` and ${size(replicaBytes)} elsewhere`}</title>${
      bar(56 - own - other, other, 'other')}${bar(56 - own, own, 'own')}</g>`;
  });
  const last = nights[nights.length - 1];
  return html`<figure class="growth"><figcaption>Stored each night <small>at most ${size(most)}, ${size(last.storedBytes + last.replicaBytes)} at the end${
    last.replicaBytes > 0 && ', other regions included'}</small></figcaption>
<svg height="56" width="100%" role="img" aria-label="Bytes stored each night">${bars}</svg></figure>`;
}

function loss({ lostRegion, region }: MonthProtection): Html {
  if (!lostRegion) return html`<p class="summary soft">With ${region} lost nothing would be left: the store has no replica.</p>`;
  return html`<p class="summary">${badge(lostRegion.outcome)} ${capitalised(lossInWords(lostRegion))}</p>
<p class="summary soft">${capitalised(proverInWords(lostRegion))}.</p>`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function copyTable(copies: readonly MonthCopy[]): Html {
  const when = (iso: string | undefined): string => (iso === undefined ? '' : `${day(iso)} ${clock(iso).replace(' UTC', '')}`);
  const elsewhere = copies.some(({ replicas }) => replicas.length > 0);
  return table([
    { title: 'Run', style: 'mono', value: ({ runId }) => runId },
    { title: '', style: 'text', value: ({ fate }) => FATE_WORDS[fate].split(',')[0] },
    { title: 'Why', style: 'text', value: ({ reasons }) => reasons.join('; ') },
    ...copies.some(({ announcedAt }) => announcedAt) ? [{ title: 'Announced', style: 'text' as const, value: ({ announcedAt }: MonthCopy) => when(announcedAt) }] : [],
    ...copies.some(({ releasedAt }) => releasedAt) ? [{ title: 'Released', style: 'text' as const, value: ({ releasedAt }: MonthCopy) => when(releasedAt) }] : [],
    ...copies.some(({ deletedAt }) => deletedAt) ? [{ title: 'Deleted', style: 'text' as const, value: ({ deletedAt }: MonthCopy) => when(deletedAt) }] : [],
    ...copies.some(({ lockedUntil }) => lockedUntil) ? [{ title: 'Locked until', style: 'text' as const, value: ({ lockedUntil }: MonthCopy) => when(lockedUntil) }] : [],
    ...elsewhere ? [{ title: 'Elsewhere', style: 'text' as const, value: ({ replicas }: MonthCopy) => replicas.map(({ region, fate }) => `${region}: ${FATE_WORDS[fate].split(',')[0]}`).join(', ') }] : [],
  ], copies);
}
