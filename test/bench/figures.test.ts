import fc from 'fast-check';
import { median, percentile } from '../../bench/figures';
import { loadEngines } from '../../bench/engines';
import type { Measured } from '../../bench/measured';
import { type BenchReport, type EngineReport, mediansOf, renderReport } from '../../bench/report';

test('the median is the middle, or lies between the two of the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a percentile lies within the values, grows with its share and leaves them alone', () => {
  const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(fc.property(fc.array(between(0, 1e9), { minLength: 1 }), between(0, 1), (values, share) => {
    const before = [...values];
    const found = percentile(values, share);
    expect(found).toBeGreaterThanOrEqual(Math.min(...values));
    expect(found).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-12));
    expect(percentile(values, 1)).toBeGreaterThanOrEqual(found);
    expect(values).toEqual(before);
  }));
});

const run = (seconds: number, more: object = {}): Measured & { restoreSeconds: number } => ({
  seconds, restoreSeconds: 0,
  cpuSeconds: { command: 1, store: seconds },
  memory: { tree: 50e6 * seconds, worker: 90e6, children: undefined },
  ...more,
});
const { postgres } = loadEngines();
const engine: EngineReport = {
  server: 'PostgreSQL 15.18', textName: postgres.textName, layout: postgres.report,
  dataset: { description: 'a few rows', tables: 3, rows: 10, textBytes: 1e6, diskBytes: 2e6, seconds: 1 },
  figures: {
    measured: {
      cron: [run(10, { storedBytes: 400e6 }), run(30, { storedBytes: 400e6 }), run(20, { storedBytes: 400e6 })],
      dump: [run(4, { storedBytes: 300e6 }), run(5, { storedBytes: 300e6 }), run(9, { storedBytes: 300e6 })],
      pg_restore: [run(8, { analyzeSeconds: 2 })],
      verify: [run(7, { restoreSeconds: 4 })],
    },
    skipped: { restic: 'no restic here' },
  },
  writer: { 'no dump': { transactions: 100, medianMilliseconds: 1, p95Milliseconds: 2, worstMilliseconds: 3 } },
};
const report: BenchReport = { machine: { cpus: 2, memoryBytes: 8e9, platform: 'linux x64', node: '24.0.0' }, runs: 3, engines: [engine] };

test('ratios are of medians, and missing where a side is missing', () => {
  expect(mediansOf(engine)).toEqual({
    seconds: { cron: 20, dump: 5, pg_restore: 8, analyzed: 10, verify: 7, restore: 4 },
    ratios: {
      cron: { cron: 1 }, dump: { cron: 0.25 }, pg_restore: { pg_restore: 1 }, analyzed: { analyzed: 1 },
      restore: { pg_restore: 0.5, analyzed: 0.4 }, verify: { pg_restore: 0.875, analyzed: 0.7 },
    },
  });
});

test('the table holds medians, ratios, stored bytes, the peak of all turns, and what was skipped', () => {
  const lines = renderReport(report).split('\n');
  const cells = (start: string): string[] | undefined => lines.find((line) => line.startsWith(start))?.slice(start.length).trim().split(/\s+/);
  expect(cells('dump worker, store in the loop')).toEqual(['5.00', '0.25', '–', '6.00', '300', '450', '90', '–']);
  expect(cells('pg_dump | gzip (the cron line)')).toEqual(['20.0', '1.00', '–', '21.0', '400', '1500', '90', '–']);
  expect(cells('  of which restore')).toEqual(['4.00', '0.50', '0.40', '–', '–', '–', '–']);
  expect(cells('verify worker, the whole drill')?.slice(0, 3)).toEqual(['7.00', '0.88', '0.70']);
  expect(cells('no dump')).toEqual(['100', '1.0', '2.0', '3.0']);
  expect(lines).toContain('skipped: restic: no restic here');
  expect(lines.some((line) => line.startsWith('pg_dump -Fc'))).toBe(false);
});

test('a synthesis is measured without any database, and its ratio is of medians', () => {
  const alone: BenchReport = {
    ...report, engines: [], synth: { one: [2, 4, 3], many: [7.5, 5, 6] },
  };
  const text = renderReport(alone);
  expect(text).toMatch(/^one policy +3\.00 +1\.00$/m);
  expect(text).toMatch(/^50 policies +6\.00 +2\.00$/m);
  expect(text).not.toContain('PostgreSQL');
});
