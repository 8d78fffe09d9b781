import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Policies of the larger app. */
export const MANY_POLICIES = 50;

/** Processor seconds of each turn: on a busy machine the wall clock measures the others. */
export interface SynthFigures {
  readonly one: readonly number[];
  readonly many: readonly number[];
}

/** Synthesizes an app of one policy and one of many, in turn. */
export async function measureSynth(runs: number, folder: string, onProgress: (line: string) => void): Promise<SynthFigures> {
  const figures = { one: [] as number[], many: [] as number[] };
  for (let turn = 1; turn <= runs; turn++) {
    for (const [name, policies] of [['one', 1], ['many', MANY_POLICIES]] as const) {
      const seconds = await synthesize(policies, join(folder, 'assembly'));
      figures[name].push(seconds);
      onProgress(`turn ${turn} of ${runs}: synth of ${policies} ${policies === 1 ? 'policy' : 'policies'} ${seconds.toFixed(2)} processor s`);
    }
  }
  return figures;
}

async function synthesize(policies: number, outdir: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath, ['--require', require.resolve('tsx/cjs'), join(__dirname, 'synth-process.ts'), String(policies), outdir],
    );
    return Number(stdout.trim().split('\n').at(-1));
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
