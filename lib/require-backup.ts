import { CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { BackupStoreBase } from './store/backup-store-base';
import { BackupPolicy } from './backup-policy';
import { isDerivedBucket } from './coverage/derived-buckets';
import { coverageFindings, exemptFindings } from './model/proof';
import { Proof } from './proof/proof';
import { Protection } from './protection';
import { PropRefused } from './refusal';
import { statefulKind } from './coverage/stateful-resources';

/** Properties of RequireBackup. */
export interface RequireBackupProps {
  /**
   * Say what is unprotected as a warning, which ends no synthesis: for the time until everything is protected or exempt.
   * @default false
   */
  readonly warnOnly?: boolean;
}

const exemptions = new WeakMap<IConstruct, string>();

/** Constructs that have been looked at, by whichever aspect: a resource is told once. */
const visited = new WeakSet<IConstruct>();

/**
 * Finds resources that hold data and that no policy of the application protects, as `UNPROTECTED_RESOURCE` at the resource.
 *
 * `Aspects.of(stack).add(new RequireBackup())`; a `Stage` needs its own, for the CDK's aspects end there.
 *
 * It knows RDS, Aurora, DocumentDB, Neptune, DynamoDB, Keyspaces, Timestream, EFS, FSx, EBS, Redshift, MemoryDB, OpenSearch, ElastiCache
 * with snapshots, and S3 buckets but for stores of backups and those that logs, artifacts, reports or replicas go to.
 */
export class RequireBackup implements IAspect {
  /**
   * Says that nothing in a construct needs a policy. The reason stands in the validation report; an exemption that covers no unprotected
   * resource is a finding itself.
   *
   * @param construct a resource, or what it is in
   * @param reason for whoever reads the report, such as `AWS Backup's plan "tables" copies it` or `a cache: the source is the catalogue`
   */
  public static exempt(construct: IConstruct, reason: string): void {
    if (reason.trim() === '') throw new PropRefused(construct, 'RequireBackup.exempt', 'without a reason', 'a reason that whoever reads the report understands');
    if (exemptions.has(construct)) throw new PropRefused(construct, 'RequireBackup.exempt', 'said twice', 'one exemption a construct');
    exemptions.set(construct, reason.trim());
  }

  private readonly severity: 'error' | 'warning';

  constructor(props: RequireBackupProps = {}) {
    this.severity = props.warnOnly ? 'warning' : 'error';
  }

  public visit(node: IConstruct): void {
    if (visited.has(node)) return;
    visited.add(node);
    const reason = exemptions.get(node);
    if (reason !== undefined) {
      const proof = new Proof(node, () => exemptFindings(unprotectedBelow(node)));
      proof.acknowledge('UNPROTECTED_RESOURCE', reason);
    }
    if (!CfnResource.isCfnResource(node) || exemptionOf(node)) return;
    // Protections may come by a later aspect: who protects what is asked when the app is whole.
    if (statefulKind(node) !== undefined) new Proof(node, () => coverageOf(node, this.severity));
  }
}

function exemptionOf(resource: IConstruct): IConstruct | undefined {
  return resource.node.scopes.findLast((scope) => exemptions.has(scope));
}

function coverageOf(resource: CfnResource, severity: 'error' | 'warning') {
  const kind = statefulKind(resource);
  if (kind === undefined || isOurs(resource) || isDerivedBucket(resource)) return [];
  return coverageFindings(kind, protectionsOf(resource), severity);
}

function unprotectedBelow(construct: IConstruct): string[] {
  return construct.node.findAll()
    .filter((one): one is CfnResource => CfnResource.isCfnResource(one) && exemptionOf(one) === construct && coverageOf(one, 'warning').length > 0)
    .map(({ node }) => node.path);
}

function isOurs(resource: CfnResource): boolean {
  return resource.node.scopes.some((scope) => scope instanceof BackupStoreBase || scope instanceof BackupPolicy);
}

/** How many protections of the application have it as their source. */
function protectionsOf(resource: CfnResource): number {
  const scopes = new Set<IConstruct>(resource.node.scopes);
  return resource.node.root.node.findAll()
    .filter((one): one is Protection => one instanceof Protection && one._protects.some((construct) => scopes.has(construct))).length;
}
