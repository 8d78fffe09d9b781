import type { Settings } from '../exchange';
import { text, type Input, type Operation } from './service';

/** An alarm of CloudWatch, as far as somebody may ask for it. */
export interface AlarmSeed {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  /** @default INSUFFICIENT_DATA, as of a new one */
  readonly state?: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
}

interface Kept extends AlarmSeed { readonly updated: number }

/** The metric alarms that exist, by ARN. What state they are in is the host's to say. */
export class AlarmBook {
  readonly #alarms = new Map<string, Kept>();

  constructor(private readonly settings: Pick<Settings, 'now'>) {}

  seed(seed: AlarmSeed): void {
    this.#alarms.set(seed.arn, { ...seed, updated: this.settings.now().getTime() });
  }

  in(region: string): Kept[] {
    return [...this.#alarms.values()].filter(({ arn }) => arn.split(':')[3] === region).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** What DescribeAlarms answers at once where it is not asked for another number (CloudWatch API Reference, "DescribeAlarms"). */
const PAGE = 50;

export function alarmOperations(book: AlarmBook): Record<string, Operation> {
  return {
    DescribeAlarms: {
      run: (input: Input, { exchange }) => {
        const prefix = text(input, 'AlarmNamePrefix') ?? '';
        const all = book.in(exchange.identity.region).filter(({ name }) => name.startsWith(prefix));
        const from = Number(text(input, 'NextToken') ?? 0);
        const size = Number(text(input, 'MaxRecords') ?? PAGE);
        return {
          MetricAlarms: all.slice(from, from + size).map(({ arn, name, description, state = 'INSUFFICIENT_DATA', updated }) => ({
            AlarmArn: arn, AlarmName: name, AlarmDescription: description, StateValue: state, StateUpdatedTimestamp: updated / 1000,
          })),
          CompositeAlarms: [],
          ...(all.length > from + size ? { NextToken: String(from + size) } : {}),
        };
      },
    },
  };
}
