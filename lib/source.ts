import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { WorkerImage } from './worker-image';

/** Where a worker must stand to reach a source. */
export interface SourceNetwork {
  /** The VPC. */
  readonly vpc: ec2.IVpc;
  /**
   * Which of its subnets.
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Security groups of the dump worker.
   * @default - one of the protection's own
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /**
   * Make the endpoints that workers need in subnets without a way out.
   * @default false
   */
  readonly createEndpoints?: boolean;
}

/** A host in front of a source, which alone the dump worker goes to. */
export interface SourceGateway {
  /** Its port. */
  readonly port: number;
  /**
   * What must let the dump worker in at that port.
   * @default - nothing is opened
   */
  readonly opens?: ec2.IConnectable;
}

/** What a source says of itself at synth. */
export interface SourceConfig {
  /** Name of the engine; `bundles/<engine>` is the context of its worker image. */
  readonly engine: string;
  /**
   * Stage of the engine's Dockerfile that its workers run, where it has several.
   * @default - the last one
   */
  readonly imageTarget?: string;
  /**
   * Image of the verify worker, where the scratch server needs more than the engine's own has.
   * @default - the engine's own
   */
  readonly scratchImage?: WorkerImage;
  /** The engine's configuration in the contract's declared form: values known only at deployment may be tokens. */
  readonly config: { [key: string]: unknown };
  /**
   * What the dump worker may do to read the source: its secrets, its login.
   * @default - nothing
   */
  readonly statements?: iam.PolicyStatement[];
  /**
   * Network of the source.
   * @default - the public one
   */
  readonly network?: SourceNetwork;
  /**
   * What must let the dump worker in: its default port is opened to the worker.
   * @default - nothing is opened
   */
  readonly opens?: ec2.IConnectable;
  /**
   * What stands in front of the source.
   * @default - nothing: the dump worker goes to the source itself
   */
  readonly gateway?: SourceGateway;
  /**
   * Constructs whose data this is: `RequireBackup` takes them, and what is in them, for protected.
   * @default - none that is known
   */
  readonly protects?: IConstruct[];
}

/** What is protected: the synth-time half of an engine. */
export abstract class Source {
  /**
   * Says what the source is, and checks it.
   *
   * @param scope the protection; errors carry its path, and what the source makes is made there
   */
  public abstract bind(scope: Construct): SourceConfig;
}
