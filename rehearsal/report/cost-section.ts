import { byAmount, copiesInWords, costInWords, dollars, quantity, sumOf, unitPrice } from './cost-words';
import type { ReportCost, ReportCostLine } from './cost-model';
import { html, type Html } from './markup';
import { fold, table } from './table';
import { counted } from './words';

/** What the policy would cost a month, with every line, assumption and page it comes from. */
export function costSection(cost: ReportCost): Html {
  const { shown, small } = byAmount(cost);
  const rows = table([
    { title: 'What', style: 'name', value: ({ what }) => what },
    { title: 'Of', style: 'name', value: ({ protection }) => protection ?? '' },
    { title: 'Quantity', style: 'number', value: (line) => quantity(line.quantity) },
    { title: 'Unit', style: 'text', value: ({ unit }) => unit },
    { title: 'Price', style: 'number', value: (line) => unitPrice(line.unitPrice) },
    { title: 'Prices of', style: 'mono', value: ({ region }) => region },
    { title: 'A month', style: 'number', value: ({ usd }) => dollars(usd) },
  ], shown);
  const rest = small.length > 0 && html`<p>And ${counted(small.length, 'line')} under a cent, ${dollars(sumOf(small))} in all.</p>`;
  return html`
<article class="card">
<div class="head"><h3>Cost of the policy <small>${costInWords(cost)}</small></h3></div>
<ul class="notes">${cost.copies.map((one) => html`<li>${one.protection}<small>${copiesInWords(one)}</small></li>`)}</ul>
${fold('Lines', `${dollars(cost.totalUsd)} a month`, html`${rows}${rest}`)}
${cost.rates.map((rate) => fold(`For each ${rate.each} of ${rate.protection}`, `${dollars(rate.usd)} a month`, rateTable(rate.lines)))}
${fold('Assumed', counted(cost.assumptions.length, 'thing'), notes(cost.assumptions))}
${fold('Not counted', counted(cost.notCounted.length, 'thing'), notes(cost.notCounted))}
<p><small>Prices of ${cost.pricesAsOf}: ${cost.pricesSource}.</small></p>
</article>`;
}

function rateTable(lines: readonly ReportCostLine[]): Html {
  return table([
    { title: 'What', style: 'name', value: ({ what }) => what },
    { title: 'Quantity', style: 'number', value: (line) => quantity(line.quantity) },
    { title: 'Unit', style: 'text', value: ({ unit }) => unit },
    { title: 'A month', style: 'number', value: ({ usd }) => dollars(usd) },
  ], lines.filter(({ usd }) => usd >= 0.00005));
}

function notes(all: readonly string[]): Html {
  return html`<ul class="notes">${all.map((one) => html`<li>${one}</li>`)}</ul>`;
}
