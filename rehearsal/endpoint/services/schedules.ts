import { ApiError } from '../errors';
import type { Settings } from '../exchange';
import type { RestService } from './rest';
import { text, type Input, type ServiceCall } from './service';

/** A schedule in EventBridge Scheduler's own words; instants are epoch seconds. */
export interface Schedule {
  readonly Arn: string;
  readonly Name: string;
  readonly GroupName: string;
  readonly State: 'ENABLED' | 'DISABLED';
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly Description?: string;
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly FlexibleTimeWindow: Readonly<Record<string, unknown>>;
  readonly Target: Readonly<Record<string, unknown>>;
  readonly ActionAfterCompletion: string;
  readonly KmsKeyArn?: string;
  readonly CreationDate: number;
  readonly LastModificationDate: number;
}

/** What says when and what; the rest has the service's own defaults. */
export type ScheduleSeed = Pick<Schedule, 'Arn' | 'ScheduleExpression' | 'Target'> & Partial<Schedule>;

type Changeable = Partial<Omit<Schedule, 'Arn' | 'Name' | 'GroupName' | 'CreationDate'>>;

/** Retries of a target that says nothing of them (EventBridge Scheduler API Reference, "RetryPolicy"). */
const RETRIES = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };
/** What an update may leave out. */
const OPTIONAL: readonly string[] = [
  'State', 'Description', 'ScheduleExpressionTimezone', 'StartDate', 'EndDate', 'KmsKeyArn', 'FlexibleTimeWindow', 'ActionAfterCompletion',
] satisfies (keyof Changeable)[];
/** What a start may lie back. */
const START_TOLERANCE_SECONDS = 300;

/** The schedules that exist, by ARN. */
export class ScheduleBook {
  readonly #schedules = new Map<string, Schedule>();

  constructor(private readonly settings: Pick<Settings, 'now'>) {}

  seed(seed: ScheduleSeed): void {
    const [, GroupName = 'default', Name = ''] = /schedule\/([^/]+)\/(.+)$/.exec(seed.Arn) ?? [];
    const now = this.#seconds();
    this.#schedules.set(seed.Arn, {
      Name, GroupName, State: 'ENABLED', ScheduleExpressionTimezone: 'UTC', FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'NONE',
      CreationDate: now, LastModificationDate: now, ...seed, Target: withRetries(seed.Target),
    });
  }

  get(arn: string): Schedule | undefined {
    return this.#schedules.get(arn);
  }

  list(): Schedule[] {
    return [...this.#schedules.values()].sort((a, b) => (a.Arn < b.Arn ? -1 : 1));
  }

  /** As by hand: the rest stays. @throws ApiError ResourceNotFoundException */
  change(arn: string, change: Changeable): void {
    this.#schedules.set(arn, { ...this.find(arn), LastModificationDate: this.#seconds(), ...change });
  }

  remove(arn: string): void {
    this.#schedules.delete(arn);
  }

  /** @throws ApiError ResourceNotFoundException */
  find(arn: string): Schedule {
    const found = this.#schedules.get(arn);
    if (!found) throw new ApiError('ResourceNotFoundException', 404, `Schedule ${arn.slice(arn.lastIndexOf('/') + 1)} does not exist.`);
    return found;
  }

  /** Puts an update in place of all that was there: what it leaves out falls back to the default (API Reference, "UpdateSchedule"). */
  update(arn: string, input: Input): void {
    const { Arn, CreationDate } = this.find(arn);
    this.#validate(input);
    const { ScheduleExpression, Target, ...optional } = input as Changeable;
    this.seed({
      Arn, CreationDate, LastModificationDate: this.#seconds(), ScheduleExpression: ScheduleExpression!, Target: Target!,
      ...Object.fromEntries(Object.entries(optional).filter(([name, value]) => OPTIONAL.includes(name) && value !== undefined)),
    });
  }

  #validate(input: Input): void {
    const invalid = (message: string): ApiError => new ApiError('ValidationException', 400, message);
    for (const name of ['FlexibleTimeWindow', 'ScheduleExpression', 'Target']) {
      if (input[name] === undefined) {
        const member = name.charAt(0).toLowerCase() + name.slice(1);
        throw invalid(`Value null at '${member}' failed to satisfy constraint: Member must not be null`);
      }
    }
    const { ScheduleExpression, StartDate, EndDate, Description = '', State = 'ENABLED' } = input as Changeable;
    if (!/^(rate|cron|at)\(.+\)$/.test(ScheduleExpression!)) throw invalid(`Invalid Schedule Expression ${ScheduleExpression}.`);
    if (!['ENABLED', 'DISABLED'].includes(State)) throw invalid(`Value '${State}' at 'state' must be one of ENABLED, DISABLED`);
    if (Description.length > 512) throw invalid('Value at \'description\' must have length less than or equal to 512');
    if (StartDate !== undefined && StartDate < this.#seconds() - START_TOLERANCE_SECONDS) {
      throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.');
    }
    if (EndDate !== undefined && EndDate <= Math.max(StartDate ?? 0, this.#seconds())) {
      throw invalid('The EndDate you specify must be in the future and later than the StartDate.');
    }
  }

  #seconds(): number {
    return Math.floor(this.settings.now().getTime() / 1000);
  }
}

function withRetries(target: Schedule['Target']): Schedule['Target'] {
  return { ...target, RetryPolicy: { ...RETRIES, ...target.RetryPolicy as object | undefined } };
}

/** EventBridge Scheduler, whose groups are prefixes of names. */
export function schedulerService(book: ScheduleBook): RestService {
  const arnOf = (input: Input, { exchange, settings }: ServiceCall): string => {
    const group = text(input, 'groupName') ?? text(input, 'GroupName') ?? 'default';
    return `arn:aws:scheduler:${exchange.identity.region}:${settings.account}:schedule/${group}/${text(input, 'Name') ?? ''}`;
  };
  const path = /^\/schedules\/(?<Name>[^/]+)$/;
  return {
    name: 'scheduler',
    operations: {
      GetSchedule: { method: 'GET', path, resource: arnOf, run: (input, call) => book.find(arnOf(input, call)) },
      UpdateSchedule: {
        method: 'PUT', path, resource: arnOf,
        run: async (input, call) => {
          const arn = arnOf(input, call);
          const { RoleArn } = (input.Target ?? {}) as { RoleArn?: string };
          if (RoleArn !== undefined) {
            await call.gate.demand(call.exchange, {
              service: 'iam', operation: 'PassRole', action: 'iam:PassRole', resource: RoleArn, via: 'scheduler',
              context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
            });
          }
          book.update(arn, input);
          return { ScheduleArn: arn };
        },
      },
      ListSchedules: { method: 'GET', path: /^\/schedules$/, run: (input, call) => list(book, input, call) },
    },
  };
}

const LONGEST_PAGE = 100;

function list(book: ScheduleBook, input: Input, { exchange }: ServiceCall): object {
  const { NamePrefix = '', ScheduleGroup, State } = input as Record<string, string | undefined>;
  const size = Number(input.MaxResults ?? LONGEST_PAGE);
  if (!(size >= 1 && size <= LONGEST_PAGE)) throw new ApiError('ValidationException', 400, 'MaxResults must be from 1 to 100');
  const all = book.list().filter(({ Arn, Name, GroupName, State: state }) => Arn.split(':')[3] === exchange.identity.region
    && Name.startsWith(NamePrefix) && (ScheduleGroup ?? GroupName) === GroupName && (State ?? state) === state);
  const from = Number(input.NextToken ?? 0);
  const page = all.slice(from, from + size);
  return {
    Schedules: page.map(({ Arn, Name, GroupName, State: state, CreationDate, LastModificationDate, Target }) => (
      { Arn, Name, GroupName, State: state, CreationDate, LastModificationDate, Target: { Arn: Target.Arn } })),
    ...(from + size < all.length ? { NextToken: String(from + size) } : {}),
  };
}
