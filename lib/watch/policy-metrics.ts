import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricKey } from '../contract/metrics';
import { metricOf } from './metric';

/**
 * The metrics of a whole policy, for alarms and dashboards of a team's own.
 *
 * @internal
 */
export abstract class PolicyMetrics extends Construct {
  /** Of its metrics, in the order of `POLICY_METRIC_DIMENSIONS`. @internal */
  protected abstract readonly _dimensionsMap: Record<string, string>;
  /** Metrics that somebody has asked for: a gauge that nobody reads is not paid for. @internal */
  public readonly _read = new Set<MetricKey>();

  /** 1 for each round of the sentinel: its absence is the sentinel's silence. */
  public metricSentinelRounds(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('sentinelRounds', props);
  }

  /** Slots that could not start. */
  public metricDeadLetters(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('deadLetters', props);
  }

  /** What of the store's lock, versioning and bucket policy is not as declared. */
  public metricLockDrift(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('lockDrift', props);
  }

  /** What of the store's lifecycle rules is not as declared. */
  public metricLifecycleDrift(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('lifecycleDrift', props);
  }

  /** What of the store's replication is not as declared. */
  public metricReplicationDrift(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('replicationDrift', props);
  }

  /** What is wrong with the store's keys: disabled, about to be deleted, no longer rotated, or a policy that is not as declared. */
  public metricKeyTrouble(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('keyTrouble', props);
  }

  /** Recipients that have not confirmed, or are gone. */
  public metricUnconfirmedRecipients(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('unconfirmedRecipients', props);
  }

  /** Seconds since the store was last audited. */
  public metricAuditAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('auditAge', props);
  }

  /** Copies marked for release that retention keeps, and releases beyond a round's limit. */
  public metricReleasedTooMany(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('releasedTooMany', props);
  }

  /** @internal */
  public _metric(key: MetricKey, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this._read.add(key);
    return metricOf(key, this._dimensionsMap, props);
  }
}
