import type { Duration } from 'aws-cdk-lib';
import { ObjectLockMode, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { requireDays } from './refusal';

/** How long nobody can delete a copy: S3 Object Lock's default retention, which every object gets when it is written. */
export class BackupLock {
  /**
   * S3 takes a default retention up to a hundred years.
   *
   * @internal
   */
  public static readonly _MAXIMUM_DAYS = 36_500;

  /**
   * A copy can be deleted early only by a principal with `s3:BypassGovernanceRetention`, which no role of this library has.
   *
   * @param duration whole days, from 1 to 36500
   */
  public static governance(duration: Duration): BackupLock {
    return new BackupLock(ObjectLockMode.GOVERNANCE, duration);
  }

  /**
   * A copy cannot be deleted by anybody, the account's root user and AWS included, until the time is over. It cannot be undone:
   * whatever is written is paid for as long as this says.
   *
   * @param duration whole days, from 1 to 36500
   */
  public static compliance(duration: Duration): BackupLock {
    return new BackupLock(ObjectLockMode.COMPLIANCE, duration);
  }

  /** Object Lock is on, and no copy is locked by default: an administrator can delete every one of them. For test environments. */
  public static none(): BackupLock {
    return new BackupLock();
  }

  private constructor(private readonly mode?: ObjectLockMode, private readonly duration?: Duration) {}

  /** @internal */
  public _bind(scope: IConstruct): BoundLock | undefined {
    if (!this.mode || !this.duration) return undefined;
    const governance = this.mode === ObjectLockMode.GOVERNANCE;
    const days = requireDays(scope, 'lock', this.duration, 1, BackupLock._MAXIMUM_DAYS);
    return {
      mode: governance ? 'GOVERNANCE' : 'COMPLIANCE',
      retentionSeconds: days * 86_400,
      retention: governance ? ObjectLockRetention.governance(this.duration) : ObjectLockRetention.compliance(this.duration),
    };
  }
}

/** @internal */
export interface BoundLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly retentionSeconds: number;
  readonly retention: ObjectLockRetention;
}
