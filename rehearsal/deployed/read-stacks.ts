import { CloudFormationClient, CloudFormationServiceException, DescribeStacksCommand, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { type Assembly, type DeployedStack, Resolver, type Stack, StackNotReadError } from '../assembly';

/** What is deployed cannot be named: no such stack, or these credentials may not read it. */
export class NotDeployedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NotDeployedError';
  }
}

/** Region that the environment chooses. */
export function regionIn({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined {
  return AWS_REGION ?? AWS_DEFAULT_REGION;
}

export interface DeployedProps {
  /** Of stacks that leave it to the deployment; undefined where nobody said. */
  readonly region: string | undefined;
}

/**
 * The names that a deployment gave: CloudFormation is asked for each stack that a value hangs on, once, and for no other.
 */
export class Deployed {
  readonly #read = new Map<Stack, DeployedStack>();
  readonly #resolver: Resolver;

  constructor(assembly: Assembly, private readonly props: DeployedProps) {
    this.#resolver = new Resolver(assembly, {
      region: props.region,
      deployed: (stack) => {
        const known = this.#read.get(stack);
        if (!known) throw new StackNotReadError(stack);
        return known;
      },
    });
  }

  /**
   * A declared value with what deployment filled in.
   *
   * @throws NotDeployedError, AssemblyError for what is not deployed as it is declared
   */
  async resolve(stack: Stack, value: unknown, path: string): Promise<unknown> {
    for (;;) {
      try {
        return this.#resolver.resolve(stack, value, path);
      } catch (error) {
        if (!(error instanceof StackNotReadError)) throw error;
        await this.#readStack(error.unread);
      }
    }
  }

  /** The same where only text can be meant: an ARN, a name. */
  async text(stack: Stack, value: unknown, path: string): Promise<string> {
    const found = await this.resolve(stack, value, path);
    if (typeof found !== 'string' || found === '') throw new NotDeployedError(`${stack.displayName}: ${path} is no text: synthesize the app with this release of cdk-backup-policy.`);
    return found;
  }

  regionOf(stack: Stack): string {
    const region = stack.region ?? this.props.region;
    if (!region) throw new NotDeployedError(`${stack.displayName} leaves its region to the deployment: give it with --region.`);
    return region;
  }

  async #readStack(stack: Stack): Promise<void> {
    const region = this.regionOf(stack);
    const { parent } = stack;
    if (parent && !this.#read.has(parent.stack)) await this.#readStack(parent.stack);
    // A nested stack's own name is made by CloudFormation; its ARN is what the parent knows it by.
    const StackName = parent ? this.#read.get(parent.stack)!.physicalIds.get(parent.logicalId) ?? stack.name : stack.name;
    const client = new CloudFormationClient({ region });
    try {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
      const [found] = Stacks;
      const physicalIds = new Map<string, string>();
      for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
        for (const { LogicalResourceId, PhysicalResourceId } of StackResourceSummaries) {
          if (LogicalResourceId && PhysicalResourceId) physicalIds.set(LogicalResourceId, PhysicalResourceId);
        }
      }
      this.#read.set(stack, {
        account: found?.StackId?.split(':')[4] ?? '',
        physicalIds,
        parameters: Object.fromEntries((found?.Parameters ?? []).flatMap(({ ParameterKey, ParameterValue, ResolvedValue }) => {
          const value = ResolvedValue ?? ParameterValue;
          return ParameterKey && value !== undefined ? [[ParameterKey, value]] : [];
        })),
      });
    } catch (error) {
      throw new NotDeployedError(explained(error, stack, region), { cause: error });
    } finally {
      client.destroy();
    }
  }
}

function explained(error: unknown, stack: Stack, region: string): string {
  const { name, message } = error as Error;
  if (error instanceof CloudFormationServiceException && name === 'ValidationError') {
    return `The stack ${stack.name} is not deployed in ${region} with these credentials: deploy it, or choose account and region (AWS_PROFILE, --region).`;
  }
  return `CloudFormation in ${region} did not say what the stack ${stack.name} is made of: ${name}: ${message}`;
}
