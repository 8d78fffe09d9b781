import { S3Client } from '@aws-sdk/client-s3';
import { parseSentinelReport, type SentinelReport } from '../../lib/contract/sentinel-report';
import type { Manifest } from '../../lib/contract/manifest';
import { parseExpression, slotsBetween } from '../../lib/model/schedule';
import type { Authorizer } from '../cloud/authorizer';
import type { RoleKeyring } from '../cloud/role-keys';
import type { Endpoint } from '../endpoint';
import { type Brought, Deliveries, type Told } from './delivery';
import { type Board, evaluate, NEW_BOARD, type StateChange, stateOf } from './evaluate';
import { type CopyTraits, HEALTHY, type MasterCopy, storeCopy, storeVerdict } from './master-copy';
import { MutedActions } from './muted-actions';
import type { RealRuns } from './real-runs';
import { Sentinel } from './sentinel';
import { WarmWorker } from './warm-worker';
import type { WatchedProtection, World } from './world';

const MINUTE = 60;

export interface TimelineProps {
  readonly world: World;
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  readonly keys: RoleKeyring;
  readonly masters: ReadonlyMap<string, MasterCopy>;
  readonly runs: RealRuns;
  /** Actions that no role may do any more, or `ROLE-ARN ACTION` that one may not. */
  readonly denied: Set<string>;
  /** Whether messages are made and brought; else only states are followed. @default true */
  readonly tells?: boolean;
  readonly signal?: AbortSignal;
}

/** The state machine is started for a slot, with its workers and the database: what a fault has put in its way stops it or does not. */
export interface RealRun {
  readonly really: true;
  /** How far its workers' clocks are ahead of the store's. @default 0 */
  readonly skewSeconds?: number;
}

/** A run of the state machine, and what it had told when it was over. */
export interface DoneRun {
  readonly protection: string;
  readonly slot: number;
  readonly at: number;
  readonly proven: boolean;
  /** The error and its sentence, of one that failed. */
  readonly failure?: string;
  readonly told: readonly Brought[];
}

/** What is done otherwise than declared, until it is mended. */
export interface Behaviour {
  /** How the run of a slot goes; undefined leaves no copy. @default healthy */
  run: (slot: number, one: WatchedProtection) => CopyTraits | RealRun | undefined;
  /** What becomes of a line that the sentinel logs. @default it is measured */
  measured: (line: string) => string | undefined;
  /** Whether the platform runs the sentinel of a region at its slots. @default true */
  sentinelRuns: (region: string) => boolean;
  /** The same of the round of retirement. @default true */
  retireRuns: boolean;
  /** Regions that are lost: nothing runs there, and no alarm is evaluated. @default none */
  lost: ReadonlySet<string>;
}

export interface PassOptions {
  /** At most so long until a round of the sentinel really runs again where nothing has happened. @default 3600 */
  readonly spacingSeconds?: number;
  /** Between two evaluations of the alarms. @default 60, CloudWatch's own */
  readonly stepSeconds?: number;
  /** Ends early once it is true; asked after each evaluation. */
  readonly until?: () => boolean;
}

/** One course of time over a store: runs at their slots, rounds of retirement and of the sentinel, alarms evaluated every minute. */
export class Timeline {
  readonly behaviour: Behaviour = {
    run: () => HEALTHY, measured: (line) => line, sentinelRuns: () => true, retireRuns: true, lost: new Set(),
  };
  readonly changes: StateChange[] = [];
  readonly told: Told[] = [];
  readonly done: DoneRun[] = [];
  /** What workers failed with. */
  readonly failures: { readonly worker: string; readonly at: number; readonly message: string }[] = [];
  readonly deliveries: Deliveries;
  readonly client: S3Client;
  report: SentinelReport | undefined;
  rounds = { real: 0, quiet: 0 };
  /** Copies that were stored. */
  runs = 0;
  board: Board = NEW_BOARD;
  now: number;
  readonly #sentinels: readonly Sentinel[];
  readonly #retire: WarmWorker;
  readonly #muted: MutedActions;
  #later: { readonly at: number; readonly run: () => Promise<void> }[] = [];

  constructor(readonly props: TimelineProps) {
    const { world: { sentinels, retire, region }, endpoint, keys } = props;
    this.now = Math.ceil(endpoint.now().getTime() / 1000 / MINUTE) * MINUTE;
    this.#sentinels = sentinels.map((one) => new Sentinel(one, endpoint.url, keys.of(one.target.roleArn)));
    this.#retire = new WarmWorker({
      target: retire, endpointUrl: endpoint.url, region, credentials: keys.of(retire.roleArn),
      onLine: (line) => void endpoint.metrics.recordLine(line),
    });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.client = new S3Client({ endpoint: endpoint.url, region, credentials, forcePathStyle: true });
    this.deliveries = new Deliveries(props);
    this.#muted = new MutedActions(props.world.mutes);
  }

  get denied(): Set<string> {
    return this.props.denied;
  }

  /** Says that something was changed by hand: the sentinel's next round really looks. */
  stir(): void {
    for (const sentinel of this.#sentinels) sentinel.stirred = true;
  }

  states(): string[] {
    return this.props.world.alarms.filter((alarm) => stateOf(this.board, alarm) === 'ALARM').map(({ path }) => path);
  }

  /** Whether quiet hours keep something back. */
  get keepsQuiet(): boolean {
    return this.#muted.waiting > 0;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sentinels.map((one) => one.stop()), this.#retire.stop(), this.deliveries.stop()]);
    this.client.destroy();
  }

  /** Lets time pass, minute by minute. */
  async pass(seconds: number, { spacingSeconds = 3600, stepSeconds = MINUTE, until = () => false }: PassOptions = {}): Promise<void> {
    const { world } = this.props;
    const end = this.now + seconds;
    const at = (schedule: { expression: string; timeZone: string }): Set<number> =>
      new Set(slotsBetween(parseExpression(schedule.expression, schedule.timeZone), this.now + 1, end));
    const runs = world.protections.map((one) => ({ one, slots: at(one.schedule) }));
    const looks = this.#sentinels.map((one) => ({ one, slots: at(one.of.schedule) }));
    const retires = at(world.policy.declared.retirement.schedule);
    while (this.now < end) {
      this.props.signal?.throwIfAborted();
      this.now += MINUTE;
      for (const due of this.#take()) {
        await this.#clock();
        await due();
        this.stir();
      }
      for (const { one, slots } of runs) if (slots.has(this.now)) this.#startRun(one, this.now);
      if (retires.has(this.now) && this.behaviour.retireRuns && !this.#isLost(world.region)) await this.#retireNow();
      for (const { one, slots } of looks) if (slots.has(this.now)) await this.#look(one, spacingSeconds);
      if (this.now % stepSeconds !== 0) continue;
      await this.#evaluate();
      if (until()) return;
    }
  }

  #take(): (() => Promise<void>)[] {
    const due = this.#later.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.#later = this.#later.filter(({ at }) => at > this.now);
    return due.map(({ run }) => run);
  }

  /** The store's clock follows: it is only ever set where something is stored or read. */
  async #clock(): Promise<void> {
    const { endpoint } = this.props;
    const now = new Date(this.now * 1000);
    if (now > endpoint.now()) await endpoint.advanceTo(now);
    await endpoint.replicated();
  }

  /** As EventBridge Scheduler would: a paused or disabled schedule starts nothing, a machine that is gone is a dead letter in the end. */
  #startRun(one: WatchedProtection, slot: number): void {
    const { endpoint, masters } = this.props;
    const schedule = endpoint.schedules.get(one.scheduleArn);
    if (this.#isLost(this.props.world.region)) return;
    if (!schedule || schedule.State !== 'ENABLED' || (schedule.StartDate ?? 0) > slot) return;
    if (!endpoint.machines.has(one.machineArn)) {
      const { Arn } = (schedule.Target.DeadLetterConfig ?? {}) as { Arn?: string };
      if (Arn !== undefined) this.#after(slot, 10 * MINUTE, async () => void endpoint.queues.send(Arn, String(schedule.Target.Input ?? '{}')));
      return;
    }
    const traits = this.behaviour.run(slot, one);
    const master = masters.get(one.id.protection)!;
    if (!traits) return;
    if ('really' in traits) {
      this.#after(slot, MINUTE, () => this.#runReally(one, slot, traits));
      return;
    }
    this.#after(slot, traits.runSeconds, async () => {
      const target = { client: this.client, bucket: one.bucket };
      const instant = new Date(slot * 1000).toISOString().replace('.000Z', 'Z');
      this.runs++;
      const copy: Manifest = await storeCopy(master, instant, endpoint.now(), traits, target);
      if (traits.verifySeconds === undefined) return;
      this.#after(this.now, traits.verifySeconds, () => storeVerdict(master, copy, endpoint.now(), traits, target));
    });
  }

  async #runReally({ id: { protection } }: WatchedProtection, slot: number, { skewSeconds = 0 }: RealRun): Promise<void> {
    const { endpoint, runs } = this.props;
    const before = endpoint.messages.length;
    this.runs++;
    const { execution: { outcome, error } } = await runs.run(protection, slot, skewSeconds);
    const told: Brought[] = [];
    for (const message of endpoint.messages.slice(before)) told.push(await this.deliveries.bring(message));
    const proven = outcome === 'succeeded';
    const failure = proven ? {} : { failure: error ? `${error.name}: ${error.cause}` : outcome };
    this.done.push({ protection, slot, at: this.now, proven, ...failure, told });
  }

  #after(from: number, seconds: number, run: () => Promise<void>): void {
    this.#later.push({ at: from + seconds, run });
  }

  async #retireNow(): Promise<void> {
    await this.#clock();
    const instant = new Date(this.now * 1000).toISOString();
    const request = { ...this.props.world.retireRequest, slot: instant, execution: 'rehearsed', whole: true, rehearsedAt: instant };
    await this.#attempt('retire', () => this.#retire.invoke(request));
    this.stir();
  }

  #isLost(region: string): boolean {
    return this.behaviour.lost.has(region);
  }

  async #look(sentinel: Sentinel, spacingSeconds: number): Promise<void> {
    const { region } = sentinel.of;
    if (!this.behaviour.sentinelRuns(region) || this.#isLost(region)) return;
    let lines = sentinel.quiet(this.now, spacingSeconds);
    if (lines) {
      this.rounds.quiet++;
    } else {
      await this.#clock();
      this.rounds.real++;
      let report: unknown;
      ({ lines, report } = await sentinel.look(this.now, (work) => this.#attempt(`sentinel of ${region}`, work)));
      if (report !== undefined && sentinel === this.#sentinels[0]) this.report = parseSentinelReport(report);
    }
    for (const line of lines) {
      const measured = this.behaviour.measured(line);
      if (measured !== undefined) this.props.endpoint.metrics.recordLine(measured, region);
    }
  }

  async #attempt(worker: string, work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch (error) {
      this.failures.push({ worker, at: this.now, message: (error as Error).message });
      return undefined;
    }
  }

  async #evaluate(): Promise<void> {
    const { world: { alarms }, endpoint, tells = true } = this.props;
    const heard = alarms.filter(({ region }) => !this.#isLost(region));
    const { board, changes, actions } = evaluate(heard, this.board, endpoint.metrics, this.now);
    this.board = board;
    this.changes.push(...changes);
    if (!tells) return;
    const now = this.#muted.pass(changes, actions, ({ alarm }) => stateOf(board, alarm), this.now);
    for (const action of now) this.told.push(...await this.deliveries.tell(action));
  }
}
