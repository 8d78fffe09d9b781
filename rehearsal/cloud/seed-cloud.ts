import { AssemblyError } from '../assembly/assembly-error';
import type { LocalResource, Resolver } from '../assembly/resolver';
import type { Stack } from '../assembly/template';
import type { Endpoint, Subscription } from '../endpoint';
import { destinationKey } from './destinations';
import { bucketsOf, machineOf, topicsOf } from './local-cloud';

type Seeded = Pick<Endpoint, 'seedKey' | 's3' | 'topics' | 'queues' | 'schedules' | 'machines' | 'stacks' | 'alarms'>;
type Properties = Readonly<Record<string, unknown>>;

/** Puts what deployment would make of an assembly into the endpoint; what names a value that nobody can know is left out. */
export function seedCloud(resolver: Resolver, endpoint: Seeded): void {
  each('AWS::KMS::Key', (key) => endpoint.seedKey(key.identity.attributes.Arn, {
    rotationDays: rotationDays(resolver, key), policy: textOf(knownProperty(resolver, key, 'KeyPolicy')),
  }));
  const policies = bucketPolicies(resolver);
  for (const { versioned, lock, keyArn, path: _path, ...bucket } of bucketsOf(resolver)) {
    endpoint.s3.createBucket({
      ...bucket, policy: policies.get(bucket.name), versioning: versioned, objectLock: lock !== undefined,
      defaultRetention: lock?.retention, kmsKeyArn: keyArn,
    });
  }
  const subscriptions = subscriptionsOf(resolver);
  for (const { arn, keyArn } of topicsOf(resolver)) {
    const own = subscriptions.filter(({ topic }) => topic === arn);
    endpoint.topics.seed({ arn, keyArn, subscriptions: own.map(({ topic: _topic, ...one }) => one) });
  }
  each('AWS::SQS::Queue', (queue) => {
    const { Arn: arn } = queue.identity.attributes;
    const retention = resolver.property(queue, 'MessageRetentionPeriod');
    const retentionSeconds = retention === undefined ? undefined : Number(retention);
    endpoint.queues.seed({ arn, keyArn: destinationKey(resolver, arn).keyArn, retentionSeconds });
  });
  each('AWS::StepFunctions::StateMachine', ({ identity: { ref } }) => endpoint.machines.seed(machineOf(resolver, ref)));
  each('AWS::Scheduler::Schedule', (schedule) => endpoint.schedules.seed(scheduleOf(resolver, schedule)));
  each('AWS::CloudWatch::Alarm', (alarm) => {
    const { ref: name, attributes: { Arn: arn } } = alarm.identity;
    endpoint.alarms.seed({ arn, name, description: String(resolver.property(alarm, 'AlarmDescription') ?? '') });
  });
  for (const stack of resolver.assembly.stacks) {
    endpoint.stacks.seed({ name: stack.name, region: stack.region, resources: Object.fromEntries(physicalIds(resolver, stack)) });
  }

  function each(type: string, seed: (resource: LocalResource) => unknown): void {
    for (const resource of resolver.resourcesOf(type)) {
      try {
        seed(resource);
      } catch (error) {
        if (!(error instanceof AssemblyError)) throw error;
      }
    }
  }
}

/** By the bucket's name, as text. */
function bucketPolicies(resolver: Resolver): Map<string, string> {
  return new Map(resolver.resourcesOf('AWS::S3::BucketPolicy').flatMap((policy): [string, string][] => {
    const text = textOf(knownProperty(resolver, policy, 'PolicyDocument'));
    return text === undefined ? [] : [[String(resolver.property(policy, 'Bucket')), text]];
  }));
}

function textOf(document: unknown): string | undefined {
  return document === undefined ? undefined : JSON.stringify(document);
}

function physicalIds(resolver: Resolver, stack: Stack): [logicalId: string, physicalId: string][] {
  const types = new Set(Object.values(stack.template.Resources ?? {}).map(({ Type }) => Type));
  const all = [...types].flatMap((type) => resolver.resourcesOf(type).filter((one) => one.stack === stack));
  return all.map(({ logicalId, identity }) => [logicalId, identity.ref]);
}

/** Days between the rotations of a key that says nothing of them (CloudFormation, "AWS::KMS::Key RotationPeriodInDays"). */
const ROTATION_DAYS = 365;

function rotationDays(resolver: Resolver, key: LocalResource): number | undefined {
  if (resolver.property(key, 'EnableKeyRotation') !== true) return undefined;
  return Number(resolver.property(key, 'RotationPeriodInDays') ?? ROTATION_DAYS);
}

/** Subscriptions of their own and those of a topic; each as if its recipient had said yes. */
function subscriptionsOf(resolver: Resolver): (Subscription & { topic: string })[] {
  const made = (topic: string, id: string, properties: Properties): Subscription & { topic: string } => ({
    topic, arn: `${topic}:${id}`, confirmed: true, protocol: String(properties.Protocol), endpoint: String(properties.Endpoint),
    filterPolicy: properties.FilterPolicy as Properties | undefined, filterPolicyScope: properties.FilterPolicyScope as string | undefined,
  });
  const own = resolver.resourcesOf('AWS::SNS::Subscription').flatMap((resource) => {
    const names = ['TopicArn', 'Protocol', 'Endpoint', 'FilterPolicy', 'FilterPolicyScope'];
    const properties = Object.fromEntries(names.map((name) => [name, knownProperty(resolver, resource, name)]));
    return typeof properties.TopicArn === 'string' ? [made(properties.TopicArn, resource.logicalId, properties)] : [];
  });
  const inline = resolver.resourcesOf('AWS::SNS::Topic').flatMap((topic) => {
    const list = (knownProperty(resolver, topic, 'Subscription') ?? []) as Properties[];
    return list.map((properties, index) => made(topic.identity.ref, `inline-${index + 1}`, properties));
  });
  return [...own, ...inline];
}

function knownProperty(resolver: Resolver, resource: LocalResource, name: string): unknown {
  try {
    return resolver.property(resource, name);
  } catch (error) {
    if (error instanceof AssemblyError) return undefined;
    throw error;
  }
}

function scheduleOf(resolver: Resolver, schedule: LocalResource): Parameters<Endpoint['schedules']['seed']>[0] {
  const { GroupName, Name: _name, StartDate, EndDate, ...properties } = resolver.properties(schedule);
  const { ScheduleExpression, Target } = properties as { ScheduleExpression: string; Target: Properties };
  const group = typeof GroupName === 'string' ? GroupName : 'default';
  const seconds = (instant: unknown): number | undefined => (instant === undefined ? undefined : Date.parse(String(instant)) / 1000);
  return {
    ...properties, ScheduleExpression, Target, StartDate: seconds(StartDate), EndDate: seconds(EndDate),
    Arn: schedule.identity.attributes.Arn.replace('schedule/default/', `schedule/${group}/`),
  };
}
