import type { ReportCost, ReportCostLine } from './cost-model';

/** Less is shown together. */
const SHOWN_USD = 0.005;

/** `$12.34`; `under a cent`. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < SHOWN_USD) return 'under a cent';
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** A price of one unit, with all the digits it has: `$0.0000166667`. */
export function unitPrice(usd: number): string {
  return `$${usd.toFixed(10).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')}`;
}

/** Three digits: `0.0521`, `20.8`, `1,318`. */
export function quantity(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** The dearest first; those that are under a cent by themselves apart. */
export function byAmount({ lines }: Pick<ReportCost, 'lines'>): { readonly shown: ReportCostLine[]; readonly small: ReportCostLine[] } {
  const ordered = [...lines].sort((a, b) => b.usd - a.usd);
  return { shown: ordered.filter(({ usd }) => usd >= SHOWN_USD), small: ordered.filter(({ usd }) => usd < SHOWN_USD) };
}

export function sumOf(lines: readonly ReportCostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** `20.8 copies kept, 9 released and not yet gone, 30.4 runs a month`. */
export function copiesInWords({ kept, released, runsAMonth }: ReportCost['copies'][number]): string {
  return `${quantity(kept)} copies kept, ${quantity(released)} released and not yet gone, ${quantity(runsAMonth)} runs a month`;
}

/** What a month costs, with what comes on top: `$12.34 a month, and $0.98 for each GB of a copy of database`. */
export function costInWords({ totalUsd, rates }: ReportCost): string {
  const more = rates.map(({ protection, each, usd }) => `${dollars(usd)} for each ${each} of ${protection}`);
  return [`${dollars(totalUsd)} a month`, ...more].join(', and ');
}
