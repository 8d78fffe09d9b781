import type { Measured } from './measured';
import type { VerifyMeasured } from './workers';

/** Every turn's figures of each measurement, and why some have none. */
export interface Figures {
  readonly measured: Readonly<Record<string, readonly Measured[]>>;
  readonly skipped: Readonly<Record<string, string>>;
}

export interface TurnsProps {
  /** In the order of a turn. */
  readonly measures: ReadonlyMap<string, () => Promise<Measured>>;
  readonly runs: number;
  readonly onProgress: (line: string) => void;
}

/** Measures each in turn, so that what the machine does meanwhile falls on all alike. */
export async function takeTurns({ measures, runs, onProgress }: TurnsProps): Promise<Figures['measured']> {
  const measured: Record<string, Measured[]> = {};
  for (let turn = 1; turn <= runs; turn++) {
    for (const [name, measure] of measures) {
      const figures = await measure();
      (measured[name] ??= []).push(figures);
      const cpu = Object.entries(figures.cpuSeconds).filter(([, spent]) => spent >= 0.1).map(([who, spent]) => `${who} ${spent.toFixed(1)}`);
      onProgress(`turn ${turn} of ${runs}: ${name} ${figures.seconds.toFixed(2)} s${detail(figures)}, cpu ${cpu.join(', ')}`);
    }
  }
  return measured;
}

function detail(figures: Measured): string {
  const { restoreSeconds, scratchSeconds, censusSeconds } = figures as Partial<VerifyMeasured>;
  if (restoreSeconds === undefined || scratchSeconds === undefined || censusSeconds === undefined) return '';
  return ` (scratch ${scratchSeconds.toFixed(2)}, restore ${restoreSeconds.toFixed(2)}, census ${censusSeconds.toFixed(2)})`;
}
