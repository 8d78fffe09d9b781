import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS, POLICY_METRIC_DIMENSIONS } from '../../lib/contract/metrics';
import type { PolicyId, ProtectionId } from '../../lib/contract/object-keys';

/**
 * One line in CloudWatch's embedded metric format, which Lambda's and Fargate's logs turn into metrics without a call or a grant
 * (CloudWatch User Guide, "Specification: Embedded metric format"). Of a protection, or of a policy: each has dimensions of its own.
 */
export function writeMetrics(
  id: PolicyId | ProtectionId,
  values: Partial<Record<keyof typeof METRICS, number>>,
  now: Date,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): void {
  const names = Object.keys(values) as (keyof typeof METRICS)[];
  if (names.length === 0) return;
  write(
    JSON.stringify({
      _aws: {
        Timestamp: now.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: METRIC_NAMESPACE,
            Dimensions: ['protection' in id ? METRIC_DIMENSIONS : POLICY_METRIC_DIMENSIONS],
            Metrics: names.map((name) => ({ Name: METRICS[name].name, Unit: METRICS[name].unit })),
          },
        ],
      },
      Environment: id.environment,
      Application: id.application,
      ...'protection' in id ? { Protection: id.protection } : {},
      ...Object.fromEntries(names.map((name) => [METRICS[name].name, values[name]])),
    }),
  );
}
