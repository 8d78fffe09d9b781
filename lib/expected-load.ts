import { type Duration, type Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { readFileSync } from 'fs';
import { ContractError, NewerContractError } from './contract/common';
import type { DeclaredLoad } from './contract/declared-finding';
import { parseRehearsalFigures, type RehearsalFigures } from './contract/rehearsal-figures';
import { PropRefused } from './refusal';

/** What is known of a source's size and of the time its copies take. At least one of them. */
export interface ExpectedLoadProps {
  /**
   * The data itself, neither compressed nor with its indexes.
   * @default - not known
   */
  readonly size?: Size;
  /**
   * What a copy takes in the store.
   * @default - not known
   */
  readonly copySize?: Size;
  /**
   * Time of a dump.
   * @default - by `dumpPerSecond`, or not known
   */
  readonly dump?: Duration;
  /**
   * Time of a restore, until the data is back.
   * @default - by `restorePerSecond`, or not known
   */
  readonly restore?: Duration;
  /**
   * Time of a whole verification: the restore, the comparison, the assertions.
   * @default - no less than the restore
   */
  readonly verification?: Duration;
  /**
   * Data that a dump reads a second. Only with `size`.
   * @default - not known
   */
  readonly dumpPerSecond?: Size;
  /**
   * Data that a restore brings back a second. Only with `size`.
   * @default - not known
   */
  readonly restorePerSecond?: Size;
}

/** Options of a load that a rehearsal measured. */
export interface MeasuredLoadOptions {
  /**
   * The data in production, where the rehearsal had another size: measured times are scaled by it.
   * @default - the rehearsal's
   */
  readonly size?: Size;
}

/** How large a source is and how long its copies take, with the word of whoever says so: the proof guesses nothing. */
export class ExpectedLoad {
  /** As somebody declares it. */
  public static of(props: ExpectedLoadProps): ExpectedLoad {
    return new ExpectedLoad((scope) => declared(scope, props));
  }

  /**
   * As a rehearsal measured it, on the machine and with the data it had. The file is read at synth.
   *
   * @param file `report.json`, such as `report/report.json`
   * @param protection id of the protection in that report; its policy's application is the one of the policy that this is declared in
   */
  public static fromReport(file: string, protection: string, options: MeasuredLoadOptions = {}): ExpectedLoad {
    return new ExpectedLoad((scope, application) => measured(scope, application, { file, protection, size: options.size }));
  }

  private constructor(private readonly build: (scope: IConstruct, application: string) => DeclaredLoad) {}

  /** @internal */
  public _bind(scope: IConstruct, application: string): DeclaredLoad {
    return this.build(scope, application);
  }
}

function declared(scope: IConstruct, props: ExpectedLoadProps): DeclaredLoad {
  const { size, copySize, dump, restore, verification, dumpPerSecond, restorePerSecond } = props;
  if (Object.values(props).every((value) => value === undefined)) throw new PropRefused(scope, 'expected', 'empty', 'at least a size or a time');
  const sizeBytes = size && bytes(scope, 'expected.size', size);
  const seconds = (what: 'dump' | 'restore', time: Duration | undefined, rate: Size | undefined): number | undefined => {
    if (rate === undefined) return time && positive(scope, `expected.${what}`, time.toMilliseconds() / 1000);
    if (time !== undefined) throw new PropRefused(scope, `expected.${what}PerSecond`, `given with expected.${what}`, 'one of the two');
    if (sizeBytes === undefined) throw new PropRefused(scope, `expected.${what}PerSecond`, 'given without expected.size', 'together with it');
    return sizeBytes / bytes(scope, `expected.${what}PerSecond`, rate);
  };
  return defined({
    source: 'declared',
    sizeBytes,
    copyBytes: copySize && bytes(scope, 'expected.copySize', copySize),
    dumpSeconds: seconds('dump', dump, dumpPerSecond),
    restoreSeconds: seconds('restore', restore, restorePerSecond),
    verifySeconds: verification && positive(scope, 'expected.verification', verification.toMilliseconds() / 1000),
  });
}

interface Measured extends MeasuredLoadOptions {
  readonly file: string;
  readonly protection: string;
}

function measured(scope: IConstruct, application: string, { file, protection, size }: Measured): DeclaredLoad {
  const report = figures(scope, file);
  const runs = report.policies.filter((policy) => policy.application === application).flatMap(({ protections }) => protections);
  const run = runs.find(({ id }) => id === protection);
  if (!run) {
    const there = report.policies.flatMap((policy) => policy.protections.map(({ id }) => `${policy.application}/${id}`)).join(', ') || 'nothing';
    throw new PropRefused(scope, 'expected', `${application}/${protection} of ${file}`, `a protection of that report, which has ${there}`);
  }
  if (!run.verdict || run.outcome === 'failed' || run.outcome === 'not-proven') {
    throw new PropRefused(scope, 'expected', `${application}/${protection} of ${file}, which ended as ${run.outcome}`, 'a rehearsal that was proven: nothing else says how long a restore takes');
  }
  const target = size && bytes(scope, 'expected.size', size);
  if (target !== undefined && !run.rawSizeBytes) throw new PropRefused(scope, 'expected.size', 'given', 'with a report that says how large the rehearsed data was');
  const factor = target === undefined ? 1 : target / (run.rawSizeBytes ?? 1);
  const scaled = (value: number | undefined): number | undefined => value && value * factor;
  return defined({
    source: `measured by the rehearsal of ${report.finishedAt.slice(0, 10)}${target === undefined ? '' : ` with ${gibibytes(run.rawSizeBytes ?? 0)}, scaled to ${gibibytes(target)}`}`,
    sizeBytes: scaled(run.rawSizeBytes),
    copyBytes: scaled(run.sizeBytes),
    dumpSeconds: scaled(run.seconds.dump),
    restoreSeconds: scaled(run.verdict.seconds.scratch + run.verdict.seconds.restore),
    verifySeconds: scaled(run.seconds.verify),
  });
}

function figures(scope: IConstruct, file: string): RehearsalFigures {
  try {
    return parseRehearsalFigures(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const told = error instanceof ContractError || error instanceof NewerContractError ? error.message : `it cannot be read (${(error as Error).message})`;
    throw new PropRefused(scope, 'expected', file, `the report.json of a rehearsal (backup-policy rehearse --report FOLDER); ${told}`);
  }
}

function bytes(scope: IConstruct, prop: string, size: Size): number {
  return positive(scope, prop, size.toBytes({ rounding: SizeRoundingBehavior.NONE }));
}

function positive(scope: IConstruct, prop: string, value: number): number {
  if (!(value > 0)) throw new PropRefused(scope, prop, String(value), 'more than 0');
  return value;
}

function gibibytes(value: number): string {
  return `${(value / 2 ** 30).toPrecision(3)} GiB`;
}

/** Without the fields that are not known. */
function defined(load: DeclaredLoad): DeclaredLoad {
  return Object.fromEntries(Object.entries(load).filter(([, value]) => value !== undefined)) as DeclaredLoad;
}
