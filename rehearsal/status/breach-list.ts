import { alarmSection } from '../../lib/contract/runbook';
import { html, type Html } from '../report/markup';
import type { Breach, Condition } from './model';
import { CONDITION_WORDS, unbroken } from './words';

const SEVERITY_WORDS = { page: 'Now', notify: 'Next working hour' } as const;

/** What is wrong, the gravest first; undefined where nothing is. @param named whether each says which protection it is of */
export function breachList(breaches: readonly Breach[], named = false): Html | undefined {
  return breaches.length === 0 ? undefined : html`<div class="breaches">${breaches.map(({ kind, severity, section, sentence, because, protection }) => html`
<div class="breach ${severity}"><div class="head"><span class="severity">${SEVERITY_WORDS[severity]}</span><a href="${alarmSection(kind, 'en')}">Runbook<span class="hidden"> for ${section}</span></a></div>
<p>${named && protection !== undefined && html`<b>${protection}</b>: `}${unbroken(sentence)}</p>${because.map((text) => html`<p class="because">${unbroken(text)}</p>`)}</div>`)}</div>`;
}

/** A mark and a word, so that the colour says nothing alone. */
export function badge(condition: Condition): Html {
  const marks: Record<Condition, Html> = {
    well: html`<path d="M5 8.3l2.1 2.1L11.2 6"/>`,
    waiting: html`<path d="M8 4.6V8l2.2 1.4"/>`,
    paused: html`<path d="M6.4 5.6v4.8M9.6 5.6v4.8"/>`,
    trouble: html`<path d="M8 4.4v4.4M8 11.2v.1"/>`,
    unknown: html`<path d="M6.2 6.4a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.8.6-.8 1.2M8 11.5v.1"/>`,
  };
  return html`<span class="badge is-${condition}"><svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="7"/>${marks[condition]}</svg>${CONDITION_WORDS[condition]}</span>`;
}
