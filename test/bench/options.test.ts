import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Measurable, parseOptions as parse, UsageError } from '../../bench/options';

const ENGINES: Measurable = {
  first: { measurements: ['cron', 'custom', 'dump', 'pg_restore', 'verify', 'writer'], needs: { pg_restore: 'custom', verify: 'dump' } },
  second: { measurements: ['cron', 'zstd', 'dump', 'client', 'verify'], needs: { client: 'zstd', verify: 'dump' } },
};
const parseOptions = (args: string[]) => parse(args, ENGINES);

test('without options it is 1 GB, three turns, everything of every engine', () => {
  expect(parseOptions([])).toEqual({
    engines: ['first', 'second'],
    sizeBytes: 1e9, tables: 12, oneTable: false, smallTables: 0, runs: 3, only: ['cron', 'custom', 'dump', 'pg_restore', 'verify', 'writer', 'zstd', 'client', 'synth', 'sentinel'], memoryMegabytes: 3008,
    jsonFile: undefined, folder: undefined,
  });
});

test('takes sizes with their units and the modes', () => {
  expect(parseOptions(['--size', '1.5GB', '--tables', '3', '--runs', '5', '--json', 'x.json'])).toMatchObject({ sizeBytes: 1.5e9, tables: 3, runs: 5, jsonFile: 'x.json' });
  expect(parseOptions(['--one-table=4gb'])).toMatchObject({ sizeBytes: 4e9, oneTable: true });
  expect(parseOptions(['--small-tables', '5000'])).toMatchObject({ smallTables: 5000, oneTable: false });
  expect(parseOptions(['--help', '--runs', '0'])).toBeUndefined();
});

test('what restores brings along what is restored, in the order of the turns', () => {
  expect(parseOptions(['--only', 'verify, pg_restore'])?.only).toEqual(['custom', 'dump', 'pg_restore', 'verify']);
  expect(parseOptions(['--engine', 'second', '--only', 'client'])).toMatchObject({ engines: ['second'], only: ['zstd', 'client'] });
});

test('engines are named, or all', () => {
  expect(parseOptions(['--engine', 'second, first'])?.engines).toEqual(['first', 'second']);
  expect(parseOptions(['--engine', 'all'])?.engines).toEqual(['first', 'second']);
  expect(() => parseOptions(['--engine', 'third'])).toThrow('--engine third: give some of first, second, or all');
  expect(() => parseOptions(['--engine', 'second', '--only', 'custom'])).toThrow(/--only custom: give some of cron, zstd/);
});

test.each([
  [['--size', '12'], /--size 12: give 1MB to 1000GB/], [['--size', '1TB'], /--size 1TB/], [['--size', '10KB'], /--size 10KB/], [['--one-table', '-1GB'], /one-table/],
  [['--size', '1GB', '--small-tables', '3'], /exclude each other/], [['--tables', '3', '--one-table', '1GB'], /--tables belongs to --size/],
  [['--tables', '0'], /--tables 0: give an integer from 1 to 1000/], [['--runs', '1.5'], /--runs 1.5/], [['--runs', ''], /--runs/], [['--memory', '64'], /--memory 64/],
  [['--only', 'cron,nightly'], /--only nightly: give some of cron/], [['--frobnicate'], /--frobnicate/], [['1GB'], /1GB/], [['--size'], /size/],
])('%j is refused with its value', (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(message);
});

test('the command ends with 2 and its usage for an unknown option, with 0 for help', () => {
  const bench = (...args: string[]) => spawnSync(process.execPath, [resolve(__dirname, '../../scripts/bench.mjs'), ...args], { encoding: 'utf8' });
  const wrong = bench('--frobnicate');
  expect([wrong.status, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toMatch(/--frobnicate[^]*--one-table SIZE/);
  const nowhere = bench('--json', join(__dirname, 'no/such/folder/x.json'));
  expect([nowhere.status, nowhere.stderr]).toEqual([2, expect.stringMatching(/ENOENT.*no\/such\/folder/)]);
  const help = bench('--help');
  expect([help.status, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toMatch(/--small-tables N/);
  for (const engine of readdirSync(resolve(__dirname, '../../bench/engines'))) expect(help.stdout).toMatch(new RegExp(`^  ${engine} .*dump, .*verify`, 'm'));
});
