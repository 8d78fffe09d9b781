import { Duration } from 'aws-cdk-lib';
import { BackupSchedule } from './backup-schedule';
import type { TierFacts } from './model/proof';
import { Retention } from './retention';

interface Tier {
  readonly rpo: Duration;
  readonly rto: Duration;
  readonly drillInterval: Duration;
  readonly secondRegion: boolean;
  readonly schedule: BackupSchedule;
  readonly retention: Retention;
}

/**
 * How much depends on the data: schedule, retention and objectives of a protection that does not name its own, and what the proof asks of
 * its store and its drills.
 */
export class Criticality {
  /**
   * Orders and payments: RPO 5 minutes, RTO 1 hour, runs every hour, the copies of 48 hours, 7 days, 5 weeks, 12 months and 8 years, a
   * restore a week at least, a second region. **No dump meets an RPO of 5 minutes**: the proof says so until `RPO_NEEDS_CONTINUOUS_COPY`
   * is acknowledged with the name of what does (point-in-time recovery of the database, say), or a longer `rpo` is declared.
   */
  public static readonly CRITICAL = new Criticality('critical', {
    rpo: Duration.minutes(5), rto: Duration.hours(1), drillInterval: Duration.days(7), secondRegion: true,
    schedule: BackupSchedule.every(Duration.hours(1)),
    retention: Retention.gfs({ hourly: 48, daily: 7, weekly: 5, monthly: 12, yearly: 8 }),
  });

  /**
   * What users make: RPO 1 hour, RTO 4 hours, runs every 30 minutes, the copies of 48 hours, 30 days and 12 months, a restore a month at
   * least, a second region.
   */
  public static readonly IMPORTANT = new Criticality('important', {
    rpo: Duration.hours(1), rto: Duration.hours(4), drillInterval: Duration.days(31), secondRegion: true,
    schedule: BackupSchedule.every(Duration.minutes(30)),
    retention: Retention.gfs({ hourly: 48, daily: 30, monthly: 12 }),
  });

  /**
   * What can be made again with some work: RPO and RTO 24 hours, runs every 12 hours, the copies of 30 days, a restore a quarter at
   * least.
   */
  public static readonly STANDARD = new Criticality('standard', {
    rpo: Duration.hours(24), rto: Duration.hours(24), drillInterval: Duration.days(92), secondRegion: false,
    schedule: BackupSchedule.every(Duration.hours(12)),
    retention: Retention.gfs({ daily: 30 }),
  });

  /**
   * What is kept because it must be: RPO 32 days, RTO 48 hours, a run a month, the copies of 12 months and 8 years, a restore a quarter
   * at least.
   */
  public static readonly ARCHIVE = new Criticality('archive', {
    rpo: Duration.days(32), rto: Duration.hours(48), drillInterval: Duration.days(92), secondRegion: false,
    schedule: BackupSchedule.monthly({ day: 1, at: '03:00' }),
    retention: Retention.gfs({ monthly: 12, yearly: 8 }),
  });

  /** Name in metadata, report and findings. */
  public readonly name: string;
  /** Recovery point objective. */
  public readonly rpo: Duration;
  /** Recovery time objective. */
  public readonly rto: Duration;
  /** A copy is restored and compared at least this often. */
  public readonly drillInterval: Duration;
  /** Whether copies must survive the loss of a region. */
  public readonly secondRegion: boolean;
  /** @internal */
  public readonly _schedule: BackupSchedule;
  /** @internal */
  public readonly _retention: Retention;

  private constructor(name: string, tier: Tier) {
    this.name = name;
    this.rpo = tier.rpo;
    this.rto = tier.rto;
    this.drillInterval = tier.drillInterval;
    this.secondRegion = tier.secondRegion;
    this._schedule = tier.schedule;
    this._retention = tier.retention;
  }

  /** @internal */
  public _facts(): TierFacts {
    return {
      name: this.name, rpoSeconds: this.rpo.toSeconds(), rtoSeconds: this.rto.toSeconds(),
      drillSeconds: this.drillInterval.toSeconds(), secondRegion: this.secondRegion,
    };
  }
}
