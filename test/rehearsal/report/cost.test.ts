import { XMLValidator } from 'fast-xml-parser';
import { estimateCost } from '../../../lib/model/cost';
import type { StoredCopies } from '../../../lib/model/cost-copies';
import { BILLED_GB } from '../../../lib/model/cost-facts';
import { reportCost, type ReportCost } from '../../../rehearsal/report/cost-model';
import { byAmount, copiesInWords, costInWords, dollars, quantity, sumOf, unitPrice } from '../../../rehearsal/report/cost-words';
import { reportHtml } from '../../../rehearsal/report/html';
import { parseReport, type RehearsalReport } from '../../../rehearsal/report/model';
import { reportText } from '../../../rehearsal/report/text';
import { sampleReport } from './sample';

const none = { STANDARD: 0, STANDARD_IA: 0, ONEZONE_IA: 0, GLACIER_IR: 0, GLACIER: 0, DEEP_ARCHIVE: 0 };
const stored: StoredCopies = {
  runsAMonth: 30.4375, kept: 20.8, released: 9, byClass: { ...none, STANDARD: 29.8 }, goneButPaid: none, moves: none, endless: false,
};

function cost(copyBytes?: number): ReportCost {
  const size = { platform: 'lambda', memoryMebibytes: 3008, ephemeralMebibytes: 10_240, architecture: 'x86_64' } as const;
  return reportCost(estimateCost({
    region: 'eu-west-3', replicas: [{ region: 'eu-west-1', timeControl: true, keys: 1 }], keys: 2, alarms: 3, compositeAlarms: 0, dashboards: 1, gauges: 0, secrets: 0, endpoints: 0, notSeen: [],
    protections: [{
      id: 'database', stored, copyBytes, copyBytesBy: copyBytes === undefined ? undefined : 'the rehearsal of 2026-11-20', copyObjects: 18, transitions: 12, runMetrics: 7,
      dump: { size, seconds: 4.8 }, verify: { size },
    }],
  }));
}

function report(given: ReportCost): RehearsalReport {
  const sample = sampleReport();
  return { ...sample, policies: sample.policies.map((policy) => ({ ...policy, cost: given })) };
}

test('a report with a cost reads back as it was; one without is a report still', () => {
  for (const one of [report(cost(12e9)), report(cost()), sampleReport()]) expect(parseReport(JSON.parse(JSON.stringify(one)))).toEqual(one);
});

test('the text says the month, what comes on top and what is assumed', () => {
  const text = reportText(report(cost()));
  expect(text).toMatch(/cost: \$\d+\.\d\d a month, and \$\d+\.\d\d for each GB of a copy of database, and \$\d+\.\d\d for each minute of a verification of database \(prices of 2026-/);
  expect(text.split('\n')).toContain('    assumed: the size of a copy of database is not known: its storage is given for each GB');
  expect(reportText(report(cost(12e9)))).toContain('by the rehearsal of 2026-11-20');
  expect(reportText(sampleReport())).not.toContain('cost:');
});

test('the page has every line above a cent, its price and region, and the assumptions', () => {
  const page = reportHtml(report(cost(100 * BILLED_GB)));
  expect(XMLValidator.validate(page, { allowBooleanAttributes: true, unpairedTags: ['meta'] })).toBe(true);
  for (const text of ['Cost of the policy', '20.8 copies kept, 9 released and not yet gone', 'storage, STANDARD, eu-west-1', '$0.024', 'dashboard-month', '$3.00', 'messages: only failures send them', 'rotated twice']) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/https?:/);
  expect(reportHtml(sampleReport())).not.toContain('Cost of the policy');
});

test('no name in it is more than text', () => {
  const hostile = '"><img src=x onerror=alert(1)>\u001b[31m\u202e';
  const lines = cost().lines.map((line) => ({ ...line, what: hostile, unit: hostile, region: hostile }));
  const spoiled = { ...cost(), assumptions: [hostile], notCounted: [hostile], lines };
  const page = reportHtml(report(spoiled));
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/[\u001b\u202e]/);
  expect(reportText(report(spoiled))).not.toMatch(/[\u001b\u202e]/);
});

test.each<[keyof ReportCost, unknown]>([
  ['totalUsd', NaN], ['totalUsd', -1], ['pricesAsOf', 'yesterday'], ['lines', [{ ...cost().lines[0], source: 'http://prices.example.org/' }]],
  ['lines', [{ ...cost().lines[0], source: 'https://aws.amazon.com.example.org/' }]],
])('%s %j is no cost of a report', (field, value) => {
  expect(() => parseReport(report({ ...cost(), [field]: value } as ReportCost))).toThrow('policies.0.cost');
});

test('the words are right at their borders', () => {
  expect([0, 0.004, 0.005, 1.005, 1234.5].map(dollars)).toEqual(['$0.00', 'under a cent', '$0.01', '$1.01', '$1,234.50']);
  expect([0.0000166667, 0.023, 3, 1e-7, 10].map(unitPrice)).toEqual(['$0.0000166667', '$0.023', '$3', '$0.0000001', '$10']);
  expect([0.05213, 20.84, 99.96, 1318.4].map(quantity)).toEqual(['0.0521', '20.8', '100', '1,318']);
  expect(copiesInWords(cost().copies[0])).toBe('20.8 copies kept, 9 released and not yet gone, 30.4 runs a month');
  expect(costInWords({ ...cost(), totalUsd: 12.3, rates: [] })).toBe('$12.30 a month');
});

test('lines are ordered by what they cost, and none is lost', () => {
  const given = cost(5e9);
  const { shown, small } = byAmount(given);
  expect(shown.map(({ usd }) => usd)).toEqual([...shown.map(({ usd }) => usd)].sort((a, b) => b - a));
  expect(shown.length + small.length).toBe(given.lines.length);
  expect(sumOf([...shown, ...small])).toBeCloseTo(given.totalUsd, 10);
});
