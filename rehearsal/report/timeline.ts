import { html, type Html } from './markup';
import type { ReportStep } from './model';
import { counted, duration } from './words';

const KIND_ORDER = { state: 0, attempt: 1, phase: 2 } as const;
const TICKS_AT_MOST = 6;
/** Percent of the track: what took no time is still to be seen. */
const NARROWEST = 0.6;

/** The steps on one axis of time, each with a bar; widths are percentages, so it fits a phone as well as a page. */
export function timeline(steps: readonly ReportStep[]): Html | undefined {
  if (steps.length === 0) return undefined;
  const begin = Math.min(...steps.map(startOf));
  const whole = Math.max(...steps.map((step) => startOf(step) + step.seconds)) - begin || 1;
  const ticks = ticksOf(whole);
  const sorted = [...steps].sort((a, b) => startOf(a) - startOf(b) || KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || b.seconds - a.seconds);
  const x = (seconds: number): string => (seconds / whole * 100).toFixed(2);
  const grid = ticks.map((tick) => html`<line x1="${x(tick)}%" x2="${x(tick)}%" y1="0" y2="100%" class="grid"/>`);
  const labels = ticks.map((tick) => html`<text x="${x(tick)}%" y="13" text-anchor="${tick === 0 ? 'start' : 'middle'}">${tickLabel(tick)}</text>`);
  return html`<figure class="timeline"><figcaption>What took the time</figcaption>
<ol>${sorted.map((step) => {
  const from = Math.min(startOf(step) - begin, whole * (1 - NARROWEST / 100));
  const width = Math.max(step.seconds / whole * 100, NARROWEST).toFixed(2);
  return html`
<li class="${step.kind} ${step.outcome}"><span class="name">${step.name}</span>
<svg height="16" aria-hidden="true">${grid}${step.outcome !== 'skipped' && html`<rect x="${x(from)}%" y="3" width="${width}%" height="10" rx="2"/>`}</svg>
<span class="took">${step.outcome === 'skipped' ? 'skipped' : duration(step.seconds)}</span>${noteOf(step)}</li>`;
})}
</ol>
<div class="axis"><svg height="18" aria-hidden="true">${labels}</svg></div>
</figure>`;
}

function noteOf({ outcome, detail, tries }: ReportStep): Html | undefined {
  const notes = [outcome === 'failed' ? 'failed' : '', tries > 1 ? counted(tries, 'try', 'tries') : '', detail ?? ''].filter(Boolean);
  return notes.length === 0 ? undefined : html`<small class="note">${notes.join(' · ')}</small>`;
}

function startOf({ startedAt }: ReportStep): number {
  return Date.parse(startedAt) / 1000;
}

/** Round steps of 1, 2 or 5 below a minute, of clock-like ones above it; the last tick leaves room for its label. */
function ticksOf(seconds: number): number[] {
  const rounds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const step = rounds.find((round) => seconds / round <= TICKS_AT_MOST) ?? seconds / TICKS_AT_MOST;
  const ticks: number[] = [];
  for (let index = 0; index * step <= seconds * 0.97; index++) ticks.push(index * step);
  return ticks;
}

function tickLabel(seconds: number): string {
  if (seconds === 0) return '0';
  return seconds < 60 ? `${Number(seconds.toFixed(1))} s` : duration(seconds);
}
