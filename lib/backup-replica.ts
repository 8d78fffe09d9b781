import type { IStackSynthesizer } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { requireAccount, requireRegion } from './store/aws-regions';
import type { Compute } from './compute';
import { PropRefused } from './refusal';

/** How a replica in a region is made. */
export interface RegionReplicaOptions {
  /**
   * Whether S3 promises to replicate within 15 minutes (S3 Replication Time Control: 99.9 % of objects), at a fee for each gigabyte. Its
   * metrics and the event of a failure are there without it too; the event of a delay is not.
   * @default true
   */
  readonly replicationTimeControl?: boolean;

  /**
   * Where a copy is proven from the replica, in its own region: each protection of the store gets a worker and a state machine there,
   * which a person starts with a slot. On Fargate with a network of that region.
   * @default - none: a copy is restored from there by hand
   */
  readonly workers?: Compute;

  /**
   * Name of the stack that holds the replica.
   * @default - the name of the store's stack, of the store and of the region
   */
  readonly stackName?: string;

  /**
   * Synthesizer of that stack.
   * @default - as the store's stack, its bootstrap qualifier and roles
   */
  readonly synthesizer?: IStackSynthesizer;
}

/** A replica that is there already, in whatever account: made by a `BackupReplicaStore`, or as it makes them. */
export interface ExistingReplica {
  /** Name of its bucket: versioned, with Object Lock. */
  readonly bucketName: string;
  /** ARN of the key that encrypts there. The replication role is allowed to encrypt with it; its own policy must let it. */
  readonly keyArn: string;
  /** Region of bucket and key. */
  readonly region: string;
  /**
   * Account that owns it; it becomes the owner of every replica.
   * @default - the store's own
   */
  readonly account?: string;
  /**
   * As in `RegionReplicaOptions`.
   * @default true
   */
  readonly replicationTimeControl?: boolean;
}

/** A second place of every copy, which S3 itself keeps up to date. */
export class BackupReplica {
  /**
   * In another region of the store's account: bucket, key and lock of its own, in a stack that the store makes and that is deployed
   * before its own.
   */
  public static inRegion(region: string, options: RegionReplicaOptions = {}): BackupReplica {
    return new BackupReplica((scope) => ({
      region: requireRegion(scope, 'replicas', region), replicationTimeControl: options.replicationTimeControl ?? true, made: options,
    }));
  }

  /** One that exists, in this account or another. */
  public static existing(replica: ExistingReplica): BackupReplica {
    return new BackupReplica((scope) => {
      const { bucketName, keyArn } = replica;
      if (!/^arn:[^:]+:kms:[^:]+:[^:]+:key\/.+$/.test(keyArn)) throw new PropRefused(scope, 'replicas', `an existing one with key ${JSON.stringify(keyArn)}`, 'the ARN of a key: S3 takes it as it stands');
      return {
        region: requireRegion(scope, 'replicas', replica.region),
        account: replica.account === undefined ? undefined : requireAccount(scope, 'replicas', replica.account),
        replicationTimeControl: replica.replicationTimeControl ?? true,
        existing: { bucketName, keyArn },
      };
    });
  }

  private constructor(private readonly build: (scope: IConstruct) => BoundReplica) {}

  /** @internal */
  public _bind(scope: IConstruct): BoundReplica {
    return this.build(scope);
  }
}

/** @internal */
export interface BoundReplica {
  readonly region: string;
  readonly account?: string;
  readonly replicationTimeControl: boolean;
  readonly made?: RegionReplicaOptions;
  readonly existing?: { readonly bucketName: string; readonly keyArn: string };
}

/** What of a replica the proof looks at. @internal */
export interface ReplicaFacts {
  readonly region: string;
  readonly account?: string;
  readonly replicationTimeControl: boolean;
}
