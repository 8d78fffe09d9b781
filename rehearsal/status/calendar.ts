import { html, type Html } from '../report/markup';
import type { DayFate, ProtectionStatus, StatusDay } from './model';
import { dayInWords, dayName, FATE_WORDS } from './words';

const DAY = 86_400_000;
const WEEK_DAYS = [['Mo', 'Monday'], ['Tu', 'Tuesday'], ['We', 'Wednesday'], ['Th', 'Thursday'], ['Fr', 'Friday'], ['Sa', 'Saturday'], ['Su', 'Sunday']] as const;
const ORDER: readonly DayFate[] = ['proven', 'partly', 'unproven', 'missing', 'nothing-due'];

/** The last days in weeks from Monday to Sunday, each told apart by its form too, not by colour alone. */
export function calendar({ days, protection, successPercent }: ProtectionStatus): Html | undefined {
  if (days.length === 0) return undefined;
  const numbers = days.map(({ day }) => Date.parse(day) / DAY);
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  const monday = first - (first + 3) % 7;
  const byNumber = new Map(days.map((one, index) => [numbers[index], one]));
  const weeks = Array.from({ length: Math.ceil((last - monday + 1) / 7) }, (_, week) => html`
<tr>${WEEK_DAYS.map((_day, index) => cell(byNumber.get(monday + week * 7 + index)))}</tr>`);
  const fates = ORDER.filter((fate) => days.some((one) => one.fate === fate));
  return html`<figure class="days"><figcaption><b>${dayName(days[0].day)} to ${dayName(days[days.length - 1].day)}</b>${
    successPercent !== undefined && html`<span>${Number(successPercent.toFixed(1))} % proven</span>`}</figcaption>
<table><caption class="hidden">Runs of ${protection} by day</caption>
<thead><tr>${WEEK_DAYS.map(([short, long]) => html`<th scope="col" abbr="${long}">${short}</th>`)}</tr></thead><tbody>${weeks}</tbody></table>
<p class="legend">${fates.map((fate) => html`<span class="${fate}">${mark(fate)}${FATE_WORDS[fate]}</span>`)}</p></figure>`;
}

function cell(one: StatusDay | undefined): Html {
  if (!one) return html`<td class="out"></td>`;
  const date = Number(one.day.slice(8));
  return html`<td class="${one.fate}" title="${dayInWords(one)}">${date}${mark(one.fate)}<span class="hidden">${dayInWords(one)}</span></td>`;
}

function mark(fate: DayFate): Html {
  const forms: Record<DayFate, Html> = {
    'proven': html`<circle cx="6" cy="6" r="4.5"/>`,
    'partly': html`<path d="M6 1.5a4.5 4.5 0 0 1 0 9z"/><circle cx="6" cy="6" r="4" class="hollow"/>`,
    'unproven': html`<path d="M6 1.5l5 9H1z"/>`,
    'missing': html`<path d="M2.2 2.2l7.6 7.6M9.8 2.2l-7.6 7.6" class="hollow" stroke-width="2"/>`,
    'nothing-due': html`<circle cx="6" cy="6" r="1.3"/>`,
  };
  return html`<svg class="fate" width="10" height="10" viewBox="0 0 12 12" aria-hidden="true">${forms[fate]}</svg>`;
}
