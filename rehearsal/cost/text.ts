import { byAmount, copiesInWords, dollars, quantity, sumOf, unitPrice } from '../report/cost-words';
import type { ReportCost, ReportCostLine } from '../report/cost-model';
import { counted, visible } from '../report/words';

export interface NamedCost {
  readonly application: string;
  readonly environment: string;
  /** Construct path. */
  readonly path: string;
  readonly region: string | undefined;
  readonly cost: ReportCost;
}

/** A policy's month as an aligned table; no name in it can move the cursor. */
export function costText({ application, environment, path, region, cost }: NamedCost): string {
  const { shown, small } = byAmount(cost);
  const rows = [
    ['what', 'of', 'quantity', '', 'price', 'a month'],
    ...shown.map(cells),
    ...(small.length > 0 ? [[`${counted(small.length, 'line')} under a cent`, '', '', '', '', dollars(sumOf(small))]] : []),
    ['total', '', '', '', '', dollars(cost.totalUsd)],
    ...cost.rates.map(({ protection, each, usd }) => [`for each ${each}`, protection, '', '', '', dollars(usd)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const aligned = rows.map((row) => row.map((cell, column) => (RIGHT.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd());
  return [
    `${application} ${environment}  ${path}, ${region ?? 'region not known'}`,
    ...cost.copies.map((one) => `  ${one.protection}: ${copiesInWords(one)}`),
    '',
    ...aligned.map((line) => `  ${line}`),
    '',
    ...cost.assumptions.map((one) => `  assumed      ${one}`),
    ...cost.notCounted.map((one) => `  not counted  ${one}`),
    `  prices       of ${cost.pricesAsOf}: ${cost.pricesSource}`,
  ].map((line) => visible(line)).join('\n');
}

const RIGHT: ReadonlySet<number> = new Set([2, 4, 5]);

function cells(line: ReportCostLine): string[] {
  return [line.what, line.protection ?? '', quantity(line.quantity), line.unit, unitPrice(line.unitPrice), dollars(line.usd)];
}
