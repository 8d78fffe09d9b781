import { Duration, Stack } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SnsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledgeRegulations, acknowledgeWildcards } from '../acknowledgements';
import { workerDirectory } from '../bundles';
import { NOTIFY_CONFIG_VARIABLE } from '../contract/notify-config';
import { readSecret } from '../secret-access';
import type { IntakeTopics } from './intake-topics';

/** Two minutes: a channel that does not answer is given up before. */
const TIMEOUT = Duration.seconds(120);
const MEMORY_MEGABYTES = 256;
/** What nobody could be told within the hour goes out raw. */
const MAXIMUM_AGE = Duration.hours(1);
const RETRIES = 2;

export interface NotifyWorkerProps {
  readonly title: string;
  readonly intake: IntakeTopics;
  /** Where the raw message goes when the worker fails. */
  readonly fallback: sns.ITopic;
  /** The fallback among them, where it has subscribers that the worker tells. */
  readonly topics: readonly sns.ITopic[];
  readonly secrets: readonly secretsmanager.ISecret[];
  readonly buses: readonly events.IEventBus[];
  readonly logGroup: logs.ILogGroup;
  /** The worker's configuration as JSON, with what deployment fills in. */
  readonly config: string;
}

/** The function that makes messages of alarms, with a role that publishes, reads its recipients' secrets and metrics, and nothing else. */
export class NotifyWorker extends Construct {
  public readonly function: lambda.Function;

  constructor(scope: Construct, id: string, private readonly props: NotifyWorkerProps) {
    super(scope, id);
    const { title, intake, fallback, logGroup, config } = props;
    const rights = new iam.ManagedPolicy(this, 'Policy', { description: `What the notify worker of ${title} may do`, statements: this.statements() });
    logGroup.grantWrite(rights);
    acknowledgeWildcards(rights, (resource) => {
      if (resource === '*') return 'CloudWatch has no resource-level permissions for reading metrics.';
      return resource.endsWith('-??????') ? 'A secret that is known by its name alone has six characters more in its ARN.' : undefined;
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), description: `Role of the notify worker of ${title}`, managedPolicies: [rights],
    });
    this.function = new lambda.Function(this, 'Function', {
      description: `notify of ${title}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(workerDirectory(this, 'notify')),
      handler: 'index.notify',
      memorySize: MEMORY_MEGABYTES,
      timeout: TIMEOUT,
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      environment: { [NOTIFY_CONFIG_VARIABLE]: config },
      onFailure: new SnsDestination(fallback),
      retryAttempts: RETRIES,
      maxEventAge: MAXIMUM_AGE,
    });
    for (const topic of [intake.page, intake.notify]) topic.addSubscription(new LambdaSubscription(this.function));
    acknowledgeRegulations(this.function, 'LambdaConcurrency', 'It is called when something is wrong; a limit would make messages wait, and be taken from the account\'s own.');
    acknowledgeRegulations(this.function, 'LambdaDLQ', 'What it could not tell goes to the policy\'s topic, where somebody reads it, and into no queue.');
    acknowledgeRegulations(this.function, 'LambdaInsideVPC', 'It speaks to services outside: it takes no connection, and its role is all it may do.');
  }

  private statements(): iam.PolicyStatement[] {
    const { fallback, intake, topics, secrets, buses } = this.props;
    const { region, urlSuffix } = Stack.of(this);
    // On the intake topics it says to itself what one channel alone is to try again.
    const told = unique([fallback, intake.page, intake.notify, ...topics], ({ topicArn }) => topicArn);
    const keys = unique(told.flatMap(({ masterKey }) => (masterKey ? [masterKey] : [])), ({ keyArn }) => keyArn);
    return [
      new iam.PolicyStatement({ actions: ['sns:Publish'], resources: told.map(({ topicArn }) => topicArn) }),
      ...keys.length === 0 ? [] : [new iam.PolicyStatement({
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: keys.map(({ keyArn }) => keyArn),
        conditions: { StringEquals: { 'kms:ViaService': `sns.${region}.${urlSuffix}` } },
      })],
      ...buses.length === 0 ? [] : [
        new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: unique(buses, ({ eventBusArn }) => eventBusArn).map(({ eventBusArn }) => eventBusArn) }),
      ],
      ...unique(secrets, ({ secretArn }) => secretArn).flatMap((secret) => readSecret(this, secret)),
      new iam.PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] }),
    ];
  }
}

function unique<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}
