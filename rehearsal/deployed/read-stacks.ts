import { CloudFormationClient, CloudFormationServiceException, DescribeStacksCommand, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AccountNotReadError, type Assembly, type DeployedStack, Resolver, type Stack, StackNotReadError } from '../assembly';

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
 * The names that a deployment gave: CloudFormation is asked for each stack that a value hangs on, once, and for no other; STS for the
 * account, where the app leaves it open.
 */
export class Deployed {
  readonly #read = new Map<Stack, DeployedStack>();
  #account: string | undefined;
  readonly #resolver: Resolver;

  constructor(assembly: Assembly, private readonly props: DeployedProps) {
    this.#resolver = new Resolver(assembly, {
      region: props.region,
      deployed: {
        stack: (stack) => {
          const known = this.#read.get(stack);
          if (!known) throw new StackNotReadError(stack);
          return known;
        },
        account: () => {
          if (this.#account === undefined) throw new AccountNotReadError();
          return this.#account;
        },
      },
    });
  }

  /**
   * A declared value with what deployment filled in.
   *
   * @param region where the account is asked for, so that it is known though another region is lost
   * @throws NotDeployedError, AssemblyError for what is not deployed as it is declared
   */
  async resolve(stack: Stack, value: unknown, path: string, region = this.regionOf(stack)): Promise<unknown> {
    for (;;) {
      try {
        return this.#resolver.resolve(stack, value, path);
      } catch (error) {
        if (error instanceof StackNotReadError) await this.#readStack(error.unread);
        else if (error instanceof AccountNotReadError) this.#account = await accountOf(region);
        else throw error;
      }
    }
  }

  /** The same where only text can be meant: an ARN, a name. */
  async text(stack: Stack, value: unknown, path: string, region?: string): Promise<string> {
    const found = await this.resolve(stack, value, path, region);
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

async function accountOf(region: string): Promise<string> {
  const client = new STSClient({ region });
  try {
    const { Account } = await client.send(new GetCallerIdentityCommand({}));
    return Account ?? '';
  } catch (error) {
    const { name, message } = error as Error;
    throw new NotDeployedError(`STS in ${region} did not say whose account it is: ${name}: ${message}`, { cause: error });
  } finally {
    client.destroy();
  }
}

function explained(error: unknown, stack: Stack, region: string): string {
  const { name, message } = error as Error;
  if (error instanceof CloudFormationServiceException && name === 'ValidationError') {
    return `The stack ${stack.name} is not deployed in ${region} with these credentials: deploy it, or choose account and region (AWS_PROFILE, --region).`;
  }
  return `CloudFormation in ${region} did not say what the stack ${stack.name} is made of: ${name}: ${message}`;
}
