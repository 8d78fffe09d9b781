import type { MemoryPeaks } from './memory-sampler';

export interface Measured {
  readonly seconds: number;
  readonly storedBytes?: number;
  readonly memory: MemoryPeaks;
  /** Processor seconds by who spent them; see `watchCpu`. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** A command that did not do what is measured; its figure would be a lie. */
export class MeasurementError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'MeasurementError';
  }
}
