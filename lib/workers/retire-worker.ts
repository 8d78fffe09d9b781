import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeWildcards, acknowledgeWorker } from '../acknowledgements';
import type { BackupPolicy } from '../backup-policy';
import { BackupSchedule } from '../backup-schedule';
import { workerDirectory } from '../bundles';
import { CONTRACT_VERSION } from '../contract/common';
import { policyPrefix } from '../contract/object-keys';
import type { DeclaredRetire, RetiredProtection } from '../contract/retire-request';
import { expressionOf, timeZoneOf, type Schedule } from '../model/schedule';
import { requireInteger } from '../refusal';
import { RetireMachine } from '../machines/retire-machine';
import type { RetirementProps } from '../retirement';
import { RunSchedule } from '../machines/run-schedule';
import { CLOSING_SECONDS } from './worker';

/** Lambda's longest: a round makes four small requests a copy, which is some minutes for ten thousand of them. */
const TIMEOUT_SECONDS = 15 * 60;

const MEMORY_MEGABYTES = 1024;

/** The retire worker of a policy: one Lambda function, shared by the protections, its role, its state machine and its schedule. */
export class RetireWorker extends Construct {
  private readonly worker: lambda.Function;
  private readonly machine: RetireMachine;
  private readonly schedule: Schedule;

  constructor(
    private readonly policy: BackupPolicy,
    id: string,
    private readonly props: RetirementProps,
    private readonly protections: () => RetiredProtection[],
  ) {
    super(policy, id);
    if (props.releasesAtMost !== undefined) requireInteger(this, 'retirement.releasesAtMost', props.releasesAtMost, 1, 10_000);
    this.schedule = (props.schedule ?? BackupSchedule.daily({ at: '05:15' }))._bind(this);
    const title = `${policy.application} (${policy.environment})`;
    this.worker = this.createWorker(title);
    this.machine = new RetireMachine(this, 'Round', {
      title,
      request: () => this.request(),
      worker: this.worker,
      timeoutSeconds: TIMEOUT_SECONDS,
      topics: policy._topics.notify,
      logGroup: policy._shared.machineLogs,
    });
    new RunSchedule(this, 'Schedule', {
      title: `the retirement of ${title}`,
      expression: expressionOf(this.schedule),
      timeZone: timeZoneOf(this.schedule),
      machine: this.machine.machine,
      shared: policy._shared,
    });
  }

  /** @internal */
  public _declare() {
    return {
      schedule: { expression: expressionOf(this.schedule), timeZone: timeZoneOf(this.schedule) },
      request: this.request(),
      function: this.worker.functionArn,
      stateMachine: this.machine.machine.stateMachineArn,
    };
  }

  private createWorker(title: string): lambda.Function {
    const { policy } = this;
    const scope = { environment: policy.environment, application: policy.application };
    const rights = new iam.ManagedPolicy(this, 'Policy', { description: `What the retire worker of ${title} may do` });
    policy.store.grantRetire(rights, scope);
    policy._shared.workerLogs.grantWrite(rights);
    acknowledgeWildcards(rights, (resource) => (resource.endsWith(`${policyPrefix('runs', scope).slice('runs'.length)}*`)
      ? 'Keys are made at run time under the prefixes of this one policy; the role can neither delete nor overwrite, and tags with one tag alone.'
      : undefined));
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      path: policy.store.retireRolePath,
      description: `Role of the retire worker of ${title}`,
      managedPolicies: [rights],
    });
    const worker = new lambda.Function(this, 'Function', {
      description: `retire of ${title}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(workerDirectory(this, 'retire')),
      handler: 'index.retire',
      memorySize: MEMORY_MEGABYTES,
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      role: role.withoutPolicyUpdates(),
      logGroup: policy._shared.workerLogs,
      loggingFormat: lambda.LoggingFormat.JSON,
    });
    acknowledgeWorker(worker);
    return worker;
  }

  private request(): DeclaredRetire {
    const { application, environment, store } = this.policy;
    const { releasesAtMost } = this.props;
    return {
      version: CONTRACT_VERSION, environment, application,
      store: { bucket: store.bucketName, region: store.region, graceSeconds: store._graceSeconds },
      protections: this.protections().map((protection) => ({ ...protection, releasesAtMost: releasesAtMost ?? protection.releasesAtMost })),
      limits: { timeoutSeconds: TIMEOUT_SECONDS - CLOSING_SECONDS },
    };
  }
}
