import { ApiError } from '../errors';
import type { Settings } from '../exchange';
import { text, type Input, type Service, type ServiceCall } from './service';

/** A stack as deployment left it. */
export interface StackSeed {
  readonly name: string;
  /** @default the endpoint's */
  readonly region?: string;
  /** Physical ids by logical id. */
  readonly resources: Readonly<Record<string, string>>;
  /** @default none */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The stacks that exist, by region and name. */
export class StackBook {
  readonly #stacks = new Map<string, StackSeed>();

  constructor(private readonly settings: Pick<Settings, 'region'>) {}

  seed(seed: StackSeed): void {
    this.#stacks.set(`${seed.region ?? this.settings.region}/${seed.name}`, seed);
  }

  /** @throws ApiError ValidationError */
  find(region: string, nameOrArn: string): StackSeed {
    const name = /^arn:[^:]*:cloudformation:[^:]*:\d*:stack\/([^/]+)\//.exec(nameOrArn)?.[1] ?? nameOrArn;
    const found = this.#stacks.get(`${region}/${name}`);
    if (!found) throw new ApiError('ValidationError', 400, `Stack with id ${nameOrArn} does not exist`);
    return found;
  }
}

/** Resources of one answer (CloudFormation API Reference, "ListStackResources"). */
const PAGE = 100;

/** CloudFormation, as far as it says what a stack is made of. */
export function cloudFormationService(book: StackBook): Service {
  const find = (input: Input, { exchange }: ServiceCall): StackSeed => book.find(exchange.identity.region, text(input, 'StackName') ?? '');
  const arnOf = ({ name }: StackSeed, { exchange, settings }: ServiceCall): string =>
    `arn:aws:cloudformation:${exchange.identity.region}:${settings.account}:stack/${name}/local`;
  return {
    name: 'cloudformation', namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    operations: {
      DescribeStacks: {
        run: (input, call) => {
          const found = find(input, call);
          const Parameters = Object.entries(found.parameters ?? {})
            .map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
          const stack = {
            StackId: arnOf(found, call), StackName: found.name, StackStatus: 'CREATE_COMPLETE', Parameters: { member: Parameters },
            CreationTime: call.settings.now().toISOString(),
          };
          return { Stacks: { member: [stack] } };
        },
      },
      ListStackResources: {
        run: (input, call) => {
          const all = Object.entries(find(input, call).resources);
          const from = Number(text(input, 'NextToken') ?? 0);
          const page = all.slice(from, from + PAGE).map(([LogicalResourceId, PhysicalResourceId]) => ({
            LogicalResourceId, PhysicalResourceId, ResourceStatus: 'CREATE_COMPLETE', LastUpdatedTimestamp: call.settings.now().toISOString(),
          }));
          return { StackResourceSummaries: { member: page }, ...(all.length > from + PAGE ? { NextToken: String(from + PAGE) } : {}) };
        },
      },
    },
  };
}
