import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { BenchEngine, EngineBench } from './engine';
import { loadEngines } from './engines';
import type { Measured } from './measured';
import { parseOptions, UsageError, usageOf, type BenchOptions } from './options';
import { mediansOf, renderReport, type BenchReport, type EngineReport } from './report';
import { measureSentinel } from './sentinel';
import { measureSynth } from './synth';
import { takeTurns } from './turns';
import { Workers } from './workers';
import { writeDuring, type WriterFigures } from './writer';

const WRITER_ALONE_MILLISECONDS = 8_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const engines = loadEngines();
  const usage = usageOf(engines);
  let options: BenchOptions | undefined;
  try {
    options = parseOptions(process.argv.slice(2), engines);
    if (options) prepareFolders(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (!options) {
    process.stdout.write(usage);
    return 0;
  }
  const folder = mkdtempSync(join(resolve(options.folder ?? tmpdir()), 'bench-'));
  // An exit ends servers first, workers see that nobody asks any more, and the folder goes last.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  try {
    const bundled = spawnSync(process.execPath, [join(__dirname, '../scripts/bundle.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (bundled.status !== 0) say('the workers could not be bundled');
    const report = await bench(options, engines, folder);
    process.stdout.write(`\n${renderReport(report)}`);
    if (options.jsonFile) await writeFile(options.jsonFile, `${JSON.stringify({ ...report, engines: report.engines.map((one) => ({ ...one, medians: mediansOf(one) })) }, null, 2)}\n`);
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Minutes of measuring are not for a place where nothing can be written. */
function prepareFolders({ folder, jsonFile }: BenchOptions): void {
  try {
    if (folder) mkdirSync(folder, { recursive: true });
    for (const path of [folder ?? tmpdir(), ...(jsonFile ? [dirname(resolve(jsonFile))] : [])]) accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function bench(options: BenchOptions, all: Readonly<Record<string, BenchEngine>>, folder: string): Promise<BenchReport> {
  const engines: EngineReport[] = [];
  for (const name of options.engines) {
    const engine = all[name];
    const only = engine.measurements.filter((one) => options.only.includes(one));
    if (only.length === 0) continue;
    const own = join(folder, name);
    await mkdir(own, { mode: 0o755 });
    engines.push(await benchEngine(engine, { ...options, only }, own));
  }
  return {
    machine: { cpus: availableParallelism(), memoryBytes: totalmem(), platform: `${process.platform} ${process.arch}`, node: process.versions.node },
    runs: options.runs, engines,
    ...options.only.includes('synth') ? { synth: await measureSynth(options.runs, folder, say) } : {},
    ...options.only.includes('sentinel') ? { sentinel: await measureSentinel(options.runs, folder, say) } : {},
  };
}

async function benchEngine(engine: BenchEngine, options: BenchOptions, folder: string): Promise<EngineReport> {
  const place = await engine.start({ options, folder, say });
  const { server, dataset, subject } = place;
  let workers: Workers | undefined;
  try {
    say(`${server}, ${dataset.description}: made in ${dataset.seconds.toFixed(1)} s`);
    const reason = Workers.missing(subject);
    if (!reason) workers = await Workers.start({ subject, folder, memoryMegabytes: options.memoryMegabytes });
    const { measures, skipped } = measuresOf(place, workers ?? { reason: reason ?? '' }, options.only);
    const measured = await takeTurns({ measures, runs: options.runs, onProgress: say });
    return {
      server, dataset, textName: engine.textName, layout: engine.report, figures: { measured, skipped },
      ...options.only.includes('writer') ? { writer: await measureWriter(place, workers) } : {},
    };
  } finally {
    await workers?.stop();
    await place.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function measuresOf(
  place: EngineBench, workers: Workers | { readonly reason: string }, only: readonly string[],
): { measures: Map<string, () => Promise<Measured>>; skipped: Record<string, string> } {
  const measures = new Map<string, () => Promise<Measured>>();
  const skipped: Record<string, string> = {};
  for (const name of only) {
    const ours = name === 'dump' || name === 'verify';
    if (name === 'writer') continue;
    if (ours && 'reason' in workers) skipped[name] = workers.reason;
    else if (ours) measures.set(name, () => (workers as Workers)[name]());
    else if (name in place.skipped) skipped[name] = place.skipped[name];
    else measures.set(name, place.measures[name]);
  }
  return { measures, skipped };
}

async function measureWriter({ writing, measures }: EngineBench, workers: Workers | undefined): Promise<Record<string, WriterFigures>> {
  say('a writer, without and with a dump …');
  return {
    'no dump': await writeDuring(writing, () => new Promise((done) => setTimeout(done, WRITER_ALONE_MILLISECONDS))),
    ...workers ? { 'dump worker': await writeDuring(writing, () => workers.dump()) } : {},
    'the cron line': await writeDuring(writing, () => measures.cron()),
  };
}

main().then((code) => {
  process.exitCode = code;
}, (error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
