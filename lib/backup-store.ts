import { CrossStackReferences, type Duration, ReferenceStrength, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct, IConstruct } from 'constructs';
import { admitTeam } from './store/admit-team';
import { requireAccount } from './store/aws-regions';
import type { BoundLock } from './backup-lock';
import { BackupReplica, type BoundReplica, type ReplicaFacts } from './backup-replica';
import type { BackupReplicaStore, BackupReplicaStoreProps } from './backup-replica-store';
import type { BackupStoreAttributes } from './backup-store-attributes';
import { BackupStoreBase } from './store/backup-store-base';
import type { BackupStoreProps } from './backup-store-props';
import type { BackupStoreRemoval } from './backup-store-removal';
import type { BackupTeamProps } from './backup-team';
import type { Compute } from './compute';
import { ImportedBackupStore } from './store/imported-backup-store';
import { replicaTemplateFindings, storeFindings } from './model/proof';
import { type ExpectedStore, expectedStore, type ReplicaBucket } from './store/expected-store';
import { Proof } from './proof/proof';
import { PropRefused, requireName } from './refusal';
import { requirePlaces } from './store/replica-places';
import { replicaIn } from './store/replica-stack';
import { ReplicationTopic } from './store/replication-topic';
import { rolesUnder } from './store/role-paths';
import { sealedBucket } from './store/sealed-bucket';
import type { BoundTransition } from './storage-transition';
import { resourcesOf } from './template-metadata';
import { type Destination, StoreReplication } from './store/store-replication';
import { storeTerms } from './store/store-terms';

/** @internal */
export interface DrillPlace {
  readonly place: BackupReplicaStore;
  readonly compute: Compute;
}

/** Whose copies: the segments that every key of one policy has. */
export interface PolicyScope {
  /** Environment, such as `production`. */
  readonly environment: string;
  /** Application. */
  readonly application: string;
}

/** Whose copies: the segments of every key of one protection. */
export interface ProtectionScope extends PolicyScope {
  /** Id of the protection. */
  readonly protection: string;
}

/** Where copies lie. */
export interface IBackupStore extends IConstruct {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** ARN of the bucket. */
  readonly bucketArn: string;
  /** ARN of the key that encrypts every object. */
  readonly keyArn: string;
  /** Region of bucket and key. */
  readonly region: string;
  /** What becomes of the store when its stack goes. */
  readonly removal: BackupStoreRemoval;

  /** Lets a dump worker write parts and manifests of one protection, and read nothing. */
  grantDump(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant;

  /** Lets a verify worker read parts and manifests of one protection, and write its verdicts. */
  grantVerify(grantee: iam.IGrantable, scope: ProtectionScope): iam.Grant;

  /**
   * Lets a retire worker read what a policy's copies are (manifests, verdicts, declared policies, tags and locks), store what was
   * declared, and tag versions with `retire` and nothing else. The bucket lets only roles under `retireRolePath` tag.
   */
  grantRetire(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant;

  /**
   * Lets a worker lengthen the lock of a policy's copies. S3 shortens none without `s3:BypassGovernanceRetention`, which this does not
   * give.
   *
   * @param maximum the longest lock that may be asked for, counted from the request
   */
  grantExtendLock(grantee: iam.IGrantable, scope: PolicyScope, maximum: Duration): iam.Grant;

  /**
   * Lets a sentinel read what a policy's copies are (manifests, verdicts, declared policies, audits; of parts only names and sizes) and how
   * bucket and key are configured.
   */
  grantSentinel(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant;

  /** IAM path that the role of every retire worker of this store must have: the bucket policy knows it by it. */
  readonly retireRolePath: string;

  /** @internal */
  readonly _lock?: BoundLock;

  /** @internal */
  readonly _graceSeconds: number;

  /** @internal */
  readonly _replicas: readonly ReplicaFacts[];

  /** @internal */
  readonly _transitions: readonly BoundTransition[];

  /** Those of the store's own account, which a sentinel can look at. @internal */
  readonly _replicaBuckets?: readonly ReplicaBucket[];

  /** The replicas that the store made, where a sentinel watches too. @internal */
  readonly _places?: readonly BackupReplicaStore[];

  /** What is in force there by its declaration, as far as it is known here. @internal */
  _expected(): ExpectedStore;

  /** Lets a worker write what was declared, and for replicas what is paused, once. @internal */
  _grantRecords(grantee: iam.IGrantable, scope: PolicyScope): iam.Grant;

  /** Where copies are proven when the first region is gone. @internal */
  readonly _drills?: readonly DrillPlace[];

  /** Applications that may lie here; any when undefined. @internal */
  readonly _applications?: readonly string[];
}

/**
 * An encrypted, versioned, locked bucket with a key of its own. Whatever is in it was written once: the bucket refuses a write that
 * does not say `If-None-Match`, so that no key, stolen or not, can put anything over a copy.
 */
export class BackupStore extends BackupStoreBase {
  /** A store that is declared elsewhere, in this account or in another one: its owner lets the team in by `allowTeam()`. */
  public static fromAttributes(scope: Construct, id: string, attributes: BackupStoreAttributes): IBackupStore {
    return new ImportedBackupStore(scope, id, attributes);
  }

  public readonly bucketName: string;
  public readonly bucketArn: string;
  public readonly keyArn: string;
  public readonly region: string;
  public readonly removal: BackupStoreRemoval;
  public readonly retireRolePath: string;
  /** The key that encrypts every object. */
  public readonly key: kms.IKey;
  /** The bucket. */
  public readonly bucket: s3.Bucket;
  /** The replicas that the store made, one for each of its regions: each is a store of its own, to verify and to restore from. */
  public readonly replicaStores: BackupReplicaStore[];
  /** Where S3 says what it could not replicate; undefined without a replica. */
  public readonly replicationTopic?: sns.ITopic;
  /** @internal */
  public readonly _lock?: BoundLock;
  /** @internal */
  public readonly _graceSeconds: number;
  /** @internal */
  public readonly _replicas: readonly ReplicaFacts[];
  /** @internal */
  public readonly _transitions: readonly BoundTransition[];
  /** @internal */
  public readonly _admitRetire: (account: string) => void;
  /** @internal */
  public readonly _drills: DrillPlace[] = [];
  /** @internal */
  public readonly _replicaBuckets: ReplicaBucket[] = [];
  private destinations: readonly Destination[] = [];
  private readonly teams = new Set<string>();
  private readonly proof: Proof;

  constructor(scope: Construct, id: string, props: BackupStoreProps = {}) {
    super(scope, id);
    const terms = storeTerms(this, props);
    this.removal = terms.removal;
    this._lock = terms.lock;
    if (this.removal.testEnvironment !== undefined && this._lock?.mode === 'COMPLIANCE') {
      throw new PropRefused(this, 'lock', 'compliance', 'governance or none in a store that goes with its test environment: nobody could remove its copies');
    }
    this._graceSeconds = terms.graceSeconds;
    this.retireRolePath = terms.retireRolePath;
    if (props.key && props.keyRotationPeriod) throw new PropRefused(this, 'keyRotationPeriod', 'given with a key', 'one of the two: a key that the team brings is turned by the team');
    this._transitions = terms.transitions;
    this.region = Stack.of(this).region;
    const inRegions = (props.replicaRegions ?? []).map((region) => BackupReplica.inRegion(region));
    const replicas = [...inRegions, ...props.replicas ?? []].map((replica) => replica._bind(this));
    requirePlaces(this, replicas);
    this._replicas = replicas.map(({ region, account, replicationTimeControl }) => ({ region, account, replicationTimeControl }));

    const { bucket, key, admitRetire } = sealedBucket(this, {
      key: props.key, keyRotationDays: terms.keyRotationDays, lock: this._lock, removal: this.removal, retireRolePath: this.retireRolePath,
      transitions: this._transitions,
    });
    this._admitRetire = admitRetire;
    this.bucket = bucket;
    this.key = key;
    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.bucketArn;
    this.keyArn = key.keyArn;
    this.replicaStores = [];
    this.replicationTopic = this.replicate(replicas, terms.rolePath, props);
    const lock = this._lock && { mode: this._lock.mode, seconds: this._lock.retentionSeconds };
    this.proof = new Proof(this, () => [
      ...storeFindings({ lock }),
      ...this._drills.flatMap(({ place }) => replicaTemplateFindings(Stack.of(place).stackName, resourcesOf(place))),
    ]);
  }

  /** @internal */
  public get _places(): readonly BackupReplicaStore[] {
    return this.replicaStores;
  }

  /** @internal */
  public _expected(): ExpectedStore {
    const replication = this.destinations.map((one) => ({ bucket: one.bucketName, timeControl: one.replicationTimeControl }));
    return expectedStore({ bucket: this.bucket, key: this.key, region: this.region, lock: this._lock, replication });
  }

  /**
   * Says that a finding of the store itself is known and meant.
   *
   * @param code such as `COMPLIANCE_LOCK`
   * @param reason for whoever reads the report
   */
  public acknowledge(code: string, reason: string): void {
    this.proof.acknowledge(code, reason);
  }

  /**
   * Lets a team of another account keep copies here, under the names of its applications and nothing else. The team declares the store by
   * `BackupStore.fromAttributes()`; class, grace and lock stay the store's. The replicas that the store made let it read.
   *
   * A bucket's policy ends at 20 KB, a key's at 32 KB: some ten teams.
   */
  public allowTeam(props: BackupTeamProps): void {
    const account = requireAccount(this, 'the team\'s account', props.account);
    if (account === Stack.of(this).account) {
      throw new PropRefused(this, 'the team\'s account', `${account}, the store's own`, 'another account: here each role has what its own policies grant');
    }
    if (props.applications.length === 0) throw new PropRefused(this, 'the team\'s applications', 'an empty list', 'at least one');
    if (this.teams.has(account)) throw new PropRefused(this, 'the team\'s account', `${account} twice`, 'each once, with all its applications');
    if (!(this.key instanceof kms.Key)) {
      throw new PropRefused(this, 'the team\'s account', `${account}, in a store with a key that is not its own`, 'a store with a key of its own: the policy of another one cannot be written here');
    }
    this.teams.add(account);
    const names = {
      applications: props.applications.map((application) => requireName(this, 'the team\'s application', application)),
      environments: (props.environments ?? ['production']).map((environment) => requireName(this, 'the team\'s environment', environment)),
    };
    for (const place of [this, ...this.replicaStores]) {
      const retireRoles = rolesUnder(place, account, this.retireRolePath);
      admitTeam(place.bucket, place.key, { account, ...names, retireRoles, lock: place._lock, viaService: `s3.${place.region}.${place.stack.urlSuffix}` });
      place._admitRetire(account);
    }
  }

  private replicate(replicas: BoundReplica[], rolePath: string, props: BackupStoreProps): sns.ITopic | undefined {
    if (replicas.length === 0) {
      if (props.replicationRecipients?.length) throw new PropRefused(this, 'replicationRecipients', 'given without a replica', 'them with replicaRegions: there is nothing to tell');
      return undefined;
    }
    const { lock, gracePeriod, keyRotationPeriod, transitions } = props;
    const same = { lock, gracePeriod, keyRotationPeriod, transitions, removal: this.removal, rolePath };
    const destinations = replicas.map((replica) => this.destination(replica, same));
    this.destinations = destinations;
    const { topic } = new ReplicationTopic(this, 'ReplicationEvents', this.bucket);
    for (const recipient of props.replicationRecipients ?? []) {
      const { subscription, channel, shown } = recipient._bind(this, 'replicationRecipients');
      // S3 speaks to this topic itself: there is no worker that could bring it to another channel.
      if (!subscription) throw new PropRefused(this, 'replicationRecipients', `a recipient by ${channel} (${shown})`, 'addresses and numbers: subscribe to replicationTopic what is not one');
      topic.addSubscription(subscription());
    }
    new StoreReplication(this, 'Replication', { bucket: this.bucket, keyArn: this.keyArn, rolePath, destinations, topic });
    return topic;
  }

  private destination(replica: BoundReplica, same: BackupReplicaStoreProps): Destination {
    const { region, account, replicationTimeControl, made, existing } = replica;
    const { account: own, partition } = Stack.of(this);
    const foreign = account === own ? undefined : account;
    if (existing) {
      const { bucketName, keyArn } = existing;
      // The bucket of another account shows itself to nobody here.
      if (foreign === undefined) this._replicaBuckets.push({ bucketName, region });
      return { region, account: foreign, replicationTimeControl, ...destinationOf(partition, bucketName), keyArn };
    }
    const { store, bucketName } = replicaIn(this, region, made ?? {}, same);
    this.replicaStores.push(store);
    this._replicaBuckets.push({ bucketName, region });
    if (made?.workers) this._drills.push({ place: store, compute: made.workers });
    // A strong reference to another region is made of custom resources; the bucket has a name that both stacks can say.
    CrossStackReferences.of(store.key).produce(ReferenceStrength.WEAK);
    const keyArn = Stack.consumeReference(store.keyArn, ReferenceStrength.WEAK);
    return { region, replicationTimeControl, ...destinationOf(partition, bucketName), keyArn };
  }
}

function destinationOf(partition: string, bucketName: string): Pick<Destination, 'bucketName' | 'bucketArn'> {
  return { bucketName, bucketArn: `arn:${partition}:s3:::${bucketName}` };
}
