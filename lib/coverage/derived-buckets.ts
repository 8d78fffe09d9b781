import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { referencesOf } from './references';

/** Properties that name a bucket for logs, reports, artifacts or replicas: what is in it comes from elsewhere. */
const DERIVED: Readonly<Record<string, RegExp>> = {
  'AWS::S3::Bucket': /\/loggingconfiguration\/|\/replicationconfiguration\/|\/inventoryconfigurations\/|\/analyticsconfigurations\//,
  'AWS::CloudFront::Distribution': /\/logging\//,
  'AWS::CloudTrail::Trail': /\/s3bucketname$/,
  'AWS::Config::DeliveryChannel': /\/s3bucketname$/,
  'AWS::EC2::FlowLog': /\/logdestination$/,
  'AWS::ElasticLoadBalancing::LoadBalancer': /\/accessloggingpolicy\//,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': /\/loadbalancerattributes\//,
  'AWS::CodePipeline::Pipeline': /\/artifactstores?\//,
  'AWS::WAFv2::LoggingConfiguration': /\/logdestinationconfigs/,
  'AWS::Route53Resolver::ResolverQueryLoggingConfig': /\/destinationarn$/,
};

const known = new WeakMap<IConstruct, Set<CfnResource>>();

/** Whether a bucket holds no data of its own; asked only when the app is whole, which is looked through once. */
export function isDerivedBucket(bucket: CfnResource): boolean {
  const { root } = bucket.node;
  const derived = known.get(root) ?? derivedBuckets(root);
  known.set(root, derived);
  return derived.has(bucket);
}

function derivedBuckets(root: IConstruct): Set<CfnResource> {
  const derived = new Set<CfnResource>();
  for (const resource of root.node.findAll()) {
    if (!CfnResource.isCfnResource(resource) || !Object.hasOwn(DERIVED, resource.cfnResourceType)) continue;
    for (const { path, target } of referencesOf(resource)) {
      if (target.cfnResourceType === 'AWS::S3::Bucket' && target !== resource && DERIVED[resource.cfnResourceType].test(path)) derived.add(target);
    }
  }
  return derived;
}
