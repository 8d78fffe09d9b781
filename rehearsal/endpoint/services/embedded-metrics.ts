import type { MetricDatum } from '../types';

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

/**
 * The metrics of a log line in embedded metric format; none for any other line (CloudWatch User Guide, "Specification: Embedded metric
 * format"). Of what is malformed CloudWatch says nothing either: it makes no metric.
 */
export function embeddedMetrics(line: string): Omit<MetricDatum, 'region'>[] {
  if (!line.includes('"_aws"')) return [];
  let root: Record<string, unknown>;
  try {
    root = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return [];
  }
  const { Timestamp, CloudWatchMetrics } = (root._aws ?? {}) as { Timestamp?: unknown; CloudWatchMetrics?: unknown };
  if (typeof Timestamp !== 'number' || !Array.isArray(CloudWatchMetrics)) return [];
  const at = new Date(Timestamp);
  return (CloudWatchMetrics as Directive[]).flatMap((directive) => datums(directive, root, at));
}

function datums({ Namespace, Dimensions, Metrics }: Directive, root: Record<string, unknown>, at: Date): Omit<MetricDatum, 'region'>[] {
  if (typeof Namespace !== 'string' || !Array.isArray(Dimensions) || !Array.isArray(Metrics)) return [];
  return (Dimensions as string[][]).flatMap((names) => {
    const dimensions = Object.fromEntries(names.map((name) => [name, root[name]]));
    // A dimension without a value in the line makes the whole set void.
    if (Object.values(dimensions).some((value) => typeof value !== 'string')) return [];
    return (Metrics as { Name?: string; Unit?: string }[]).flatMap(({ Name, Unit }) => {
      const value = Name === undefined ? undefined : root[Name];
      const values = (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === 'number' && Number.isFinite(one));
      if (Name === undefined || values.length === 0) return [];
      return [{
        at, namespace: Namespace, name: Name, unit: Unit, dimensions: dimensions as Record<string, string>,
        ...(values.length === 1 ? { value: values[0] } : { values }),
      }];
    });
  });
}
