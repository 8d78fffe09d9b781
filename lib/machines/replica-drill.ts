import { type CfnElement, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { BackupReplicaStore } from '../backup-replica-store';
import type { Compute } from '../compute';
import type { DeclaredReplicaDrill } from '../contract/policy-metadata';
import type { DeclaredRun } from '../contract/run-request';
import { machineRole } from './machine-role';
import type { SourceConfig } from '../source';
import { encryptedBySelf, workerLogsOf } from '../store/place-logs';
import { CLOSING_SECONDS, longestStepSeconds, type Worker } from '../workers/worker';

export interface ReplicaDrillProps {
  readonly title: string;
  readonly compute: Compute;
  readonly source: SourceConfig;
  /** As in the first region. */
  readonly run: DeclaredRun;
  /** Stack of the protection, whose resources nothing here may ask for. */
  readonly home: Stack;
}

/**
 * A text that can stand for any name, address or port: what the first region's own resources are called there. A verification asks for
 * none of them, and a reference would make the replica wait for the stack that waits for it.
 */
const NOT_HERE = '1';

/**
 * Proves one run of a protection from a replica, in the replica's own region: worker, role, log and machine are there when the first
 * region is gone. A person starts it, with the slot: `{"slot":"<instant>"}`.
 */
export class ReplicaDrill extends Construct {
  public readonly machine: sfn.StateMachine;
  private readonly region: string;

  constructor(place: BackupReplicaStore, props: ReplicaDrillProps) {
    const { run, title, source } = props;
    const { environment, application, protection } = run;
    super(Stack.of(place), `${environment}-${application}-${protection}`);
    this.region = place.region;
    const log = workerLogsOf(place);
    const verify = props.compute._worker(this, 'Verify', {
      purpose: 'verify', engine: source.engine, image: source.scratchImage, imageTarget: source.imageTarget, title,
      prefix: `${environment}/${application}/${protection}/`,
      grant: (grantee: iam.IGrantable) => void place.grantVerify(grantee, { environment, application, protection }),
      logGroup: log, shared: place,
    });
    this.machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(this.definition(place, verify, props)),
      queryLanguage: sfn.QueryLanguage.JSON_PATH,
      comment: `Drill of ${title} from its replica`,
      timeout: Duration.seconds(longestStepSeconds(verify.timeoutSeconds + 660) + 600),
      role: machineRole(this, { title: `the drill of ${title} from its replica`, topics: [], statements: verify.machineStatements }),
      tracingEnabled: true,
      logs: { destination: this.machineLog(), level: sfn.LogLevel.ALL, includeExecutionData: true },
    });
    verify.connect(this.machine);
  }

  /** Where the machine is, for the metadata of another region's template. */
  public declare(): DeclaredReplicaDrill {
    const stack = Stack.of(this);
    const { logicalId } = this.machine.node.defaultChild as CfnElement;
    return { region: this.region, stackName: stack.stackName, stateMachine: stack.resolve(logicalId) as string };
  }

  private definition(place: BackupReplicaStore, verify: Worker, { run, home }: ReplicaDrillProps): sfn.IChainable {
    const { encryption, store, ...rest } = run;
    const request = {
      ...rest,
      ...withoutReferences(home.resolve({ config: run.config, assertions: run.assertions })) as object,
      store: { ...store, bucket: place.bucketName, region: place.region, keyArn: place.keyArn },
      // The identity is a secret of the first region: hashes are compared here, and nothing is opened.
      ...(encryption ? { encryption: { recipients: encryption.recipients } } : {}),
      limits: { timeoutSeconds: verify.timeoutSeconds - CLOSING_SECONDS },
      slot: sfn.JsonPath.stringAt('$.slot'),
      execution: sfn.JsonPath.stringAt('$$.Execution.Name'),
    };
    return new sfn.Pass(this, 'Request', { parameters: request, resultPath: '$.request' })
      .next(verify.step(this, 'Drill', '$.verify'))
      .next(new sfn.Succeed(this, encryption ? 'ChecksumsOnly' : 'Proven'));
  }

  private machineLog(): logs.LogGroup {
    return encryptedBySelf(new logs.LogGroup(this, 'MachineLogs', {
      // Under this prefix log delivery needs no room in the account's resource policy, which ends at 5,120 characters.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 200, separator: '-' })}`,
      retention: logs.RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }));
  }
}

/** Resolved values, without what only the first region's stack can fill in. */
function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && /^(Ref|Fn::.*)$/.test(entries[0][0])) return NOT_HERE;
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutReferences(one)]));
}
