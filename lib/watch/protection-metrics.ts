import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricKey } from '../contract/metrics';
import { metricOf } from './metric';

/**
 * The metrics of a protection, for alarms and dashboards of a team's own.
 *
 * @internal
 */
export abstract class ProtectionMetrics extends Construct {
  /** Of its metrics, in the order of `METRIC_DIMENSIONS`. @internal */
  protected abstract readonly _dimensionsMap: Record<string, string>;
  /** Metrics that somebody has asked for: a gauge that nobody reads is not paid for. @internal */
  public readonly _read = new Set<MetricKey>();

  /** Seconds since the recovery point of the newest proven copy. */
  public metricRecoveryPointAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('recoveryPointAge', props);
  }

  /** Seconds since the oldest slot whose copy is due and not there; 0 when none is. */
  public metricOverdue(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('overdueSeconds', props);
  }

  /** Runs since the newest proven copy that left none. */
  public metricFailedRuns(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('failedRuns', props);
  }

  /** Percent of the runs of 30 days that left a proven copy. */
  public metricSuccessRate(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('successRate', props);
  }

  /** Copies newer than the newest proven one whose verdict says that they are not. */
  public metricUnprovenCopies(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('unprovenCopies', props);
  }

  /** Seconds since the oldest copy without a verdict was written; 0 when each has one. */
  public metricUnverifiedAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('unverifiedAge', props);
  }

  /** Proven copies in the store that are not on their way out. */
  public metricProvenCopies(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('provenCopies', props);
  }

  /** Proven copies that should be there and are not. */
  public metricMissingProvenCopies(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('missingProvenCopies', props);
  }

  /** Percent by which the newest copy's size differs from the mean of those before it. */
  public metricSizeDeviation(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('sizeDeviation', props);
  }

  /** Percent by which the newest copy's rows differ from the mean of those before it. */
  public metricRowsDeviation(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('rowsDeviation', props);
  }

  /** Seconds from the slot of the newest copy to its manifest. */
  public metricRunTime(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('runSeconds', props);
  }

  /** Percent of the recovery time objective that the newest drill took. */
  public metricRestoreOfRto(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('restoreOfRto', props);
  }

  /** Seconds since a copy was last restored. */
  public metricDrillAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('drillAge', props);
  }

  /** Bytes of the protection's copies. */
  public metricStoredBytes(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('storedBytes', props);
  }

  /** Percent of the declared ceiling that the copies take. */
  public metricStoreFill(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('storeFill', props);
  }

  /** Days until the declared ceiling, at the growth of the last 30 days. */
  public metricDaysToCeiling(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('daysToCeiling', props);
  }

  /** Seconds since the oldest manifest that a replica lacks. */
  public metricReplicaLag(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('replicaLag', props);
  }

  /** Objects that S3 could not replicate. */
  public metricReplicaFailures(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('replicaFailures', props);
  }

  /** Manifests and verdicts that cannot be read. */
  public metricUnreadable(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('unreadable', props);
  }

  /** Seconds between the clock of the newest run's worker and the store's. */
  public metricClockSkew(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('clockSkew', props);
  }

  /** Seconds since the stored bytes of that copy were read that was read longest ago. */
  public metricLastReadAge(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('lastReadAge', props);
  }

  /** 1 while schedule or state machine are not as declared. */
  public metricScheduleDrift(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('scheduleDrift', props);
  }

  /** Seconds until the declared pause ends; 0 without one. */
  public metricPaused(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('pausedSeconds', props);
  }

  /** Seconds a dump took; one value a run. */
  public metricDumpTime(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('dumpSeconds', props);
  }

  /** Bytes of a copy in the store; one value a run. */
  public metricCopySize(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('sizeBytes', props);
  }

  /** Rows of a copy; one value a run. */
  public metricRows(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('rows', props);
  }

  /** Seconds a restore took; one value a run. */
  public metricRestoreTime(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('restoreSeconds', props);
  }

  /** Seconds a whole verification took; one value a run. */
  public metricDrillTime(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('drillSeconds', props);
  }

  /** Copies that were proven; one value a run. */
  public metricProven(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('proven', props);
  }

  /** Copies that were not; one value a run. */
  public metricNotProven(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metric('notProven', props);
  }

  /** @internal */
  public _metric(key: MetricKey, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this._read.add(key);
    return metricOf(key, this._dimensionsMap, props);
  }
}
