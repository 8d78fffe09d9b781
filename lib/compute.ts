import { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { PropRefused, requireDuration, requireInteger } from './refusal';
import { FargateWorker } from './workers/fargate-worker';
import { LambdaWorker } from './workers/lambda-worker';
import type { Worker, WorkerProps } from './workers/worker';

/** Properties of workers on Lambda. */
export interface LambdaComputeProps {
  /**
   * Memory of each worker, from 512 to 10240 MiB. A Lambda function has one CPU for each 1769 MiB.
   * @default Size.mebibytes(3008)
   */
  readonly memory?: Size;
  /**
   * Time of each worker, from 1 to 15 minutes (the limit of Lambda).
   * @default Duration.minutes(15)
   */
  readonly timeout?: Duration;
  /**
   * Processor; the image is built for it.
   * @default Architecture.X86_64
   */
  readonly architecture?: Architecture;
  /**
   * `/tmp` of the verify worker, where the scratch server lies, from 512 to 10240 MiB: a restored database and its indexes must fit.
   * The dump worker uses no disk.
   * @default Size.gibibytes(10)
   */
  readonly ephemeralStorage?: Size;
}

/** Properties of workers on Fargate. */
export interface FargateComputeProps {
  /**
   * CPU units of each worker: 256, 512, 1024, 2048, 4096, 8192 or 16384.
   * @default 2048
   */
  readonly cpu?: number;
  /**
   * Memory of each worker; Fargate has a range for each number of CPU units.
   * @default Size.gibibytes(8)
   */
  readonly memory?: Size;
  /**
   * Time of each worker, from 1 minute to 24 hours (uploads that are older are aborted by the store).
   * @default Duration.hours(6)
   */
  readonly timeout?: Duration;
  /**
   * Processor; the image is built for it.
   * @default Architecture.X86_64
   */
  readonly architecture?: Architecture;
  /**
   * Disk of the verify worker, where the scratch server lies, from 21 to 200 GiB.
   * @default Size.gibibytes(100)
   */
  readonly ephemeralStorage?: Size;
  /**
   * Cluster the tasks run in.
   * @default - one of the policy's own in the source's VPC
   */
  readonly cluster?: ecs.ICluster;
  /**
   * VPC of the tasks, where the source names none and no cluster is given.
   * @default - the source's
   */
  readonly vpc?: ec2.IVpc;
}

/** Where the workers of a protection run: one image, one request, two platforms. */
export abstract class Compute {
  /** On Lambda: nothing runs between runs, and a worker has at most 15 minutes and 10 GB. */
  public static lambda(props: LambdaComputeProps = {}): Compute {
    return new LambdaCompute(props);
  }

  /** On Fargate, for what does not fit in 15 minutes or 10 GB. */
  public static fargate(props: FargateComputeProps = {}): Compute {
    return new FargateCompute(props);
  }

  protected constructor() {}

  /** @internal */
  public abstract _worker(scope: Construct, id: string, props: WorkerProps): Worker;
}

class LambdaCompute extends Compute {
  constructor(private readonly props: LambdaComputeProps) {
    super();
  }

  public _worker(scope: Construct, id: string, worker: WorkerProps): Worker {
    const { memory = Size.mebibytes(3008), timeout = Duration.minutes(15), architecture = Architecture.X86_64 } = this.props;
    const { ephemeralStorage = Size.gibibytes(10) } = this.props;
    requireInteger(scope, 'compute.memory (MiB)', memory.toMebibytes(), 512, 10_240);
    requireInteger(scope, 'compute.ephemeralStorage (MiB)', ephemeralStorage.toMebibytes(), 512, 10_240);
    requireDuration(scope, 'compute.timeout', timeout, Duration.minutes(1), Duration.minutes(15));
    return new LambdaWorker(scope, id, { ...worker, memory, timeout, architecture, ephemeralStorage });
  }
}

/** Memory in GiB that Fargate has for each number of CPU units: from, to, step. */
const FARGATE_MEMORY: Record<number, readonly [number, number, number]> = {
  256: [0.5, 2, 0.5], 512: [1, 4, 1], 1024: [2, 8, 1], 2048: [4, 16, 1], 4096: [8, 30, 1], 8192: [16, 60, 4], 16_384: [32, 120, 8],
};

class FargateCompute extends Compute {
  constructor(private readonly props: FargateComputeProps) {
    super();
  }

  public _worker(scope: Construct, id: string, worker: WorkerProps): Worker {
    const { cpu = 2048, memory = Size.gibibytes(8), timeout = Duration.hours(6), architecture = Architecture.X86_64, cluster } = this.props;
    const { ephemeralStorage = Size.gibibytes(100) } = this.props;
    const range = FARGATE_MEMORY[cpu];
    if (!range) throw new PropRefused(scope, 'compute.cpu', String(cpu), Object.keys(FARGATE_MEMORY).join(', '));
    const gibibytes = memory.toMebibytes() / 1024;
    const [least, most, step] = range;
    if (gibibytes < least || gibibytes > most || (gibibytes - least) % step !== 0) {
      throw new PropRefused(scope, 'compute.memory', `${gibibytes} GiB`, `from ${least} to ${most} GiB in steps of ${step} with ${cpu} CPU units`);
    }
    requireInteger(scope, 'compute.ephemeralStorage (GiB)', ephemeralStorage.toMebibytes() / 1024, 21, 200);
    requireDuration(scope, 'compute.timeout', timeout, Duration.minutes(1), Duration.hours(24));
    const vpc = this.vpc(scope, worker);
    return new FargateWorker(scope, id, { ...worker, cpu, memory, timeout, architecture, ephemeralStorage, vpc, cluster });
  }

  private vpc(scope: Construct, worker: WorkerProps): ec2.IVpc {
    const { cluster, vpc } = this.props;
    const source = worker.network?.vpc;
    for (const [prop, other] of Object.entries({ 'compute.cluster': cluster?.vpc, 'compute.vpc': vpc })) {
      if (source && other && other !== source) {
        throw new PropRefused(scope, prop, `in ${other.node.path}`, `the source's VPC, ${source.node.path}: tasks stand where the source is`);
      }
    }
    const found = source ?? cluster?.vpc ?? vpc;
    if (!found) {
      throw new PropRefused(
        scope, 'compute', 'Compute.fargate() without a network', 'a source with a VPC, or Compute.fargate({ vpc }) or ({ cluster }): a task must stand in a VPC',
      );
    }
    return found;
  }
}
