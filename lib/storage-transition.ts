import type { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { requireDays } from './refusal';

/** S3 takes a transition up to a hundred years after an object's creation. */
const MAXIMUM_DAYS = 36_500;

/**
 * A colder storage class for parts of an age. Manifests, verdicts and declared policies are never moved: they are small, and read often.
 *
 * S3 moves no object under 128 KiB (S3 User Guide, "Constraints and considerations for transitions"), and bills a colder class for its
 * least days, however early a copy goes: 30 for Standard-IA, 90 for Glacier Instant and Flexible Retrieval, 180 for Deep Archive.
 */
export class StorageTransition {
  /** S3 Standard-Infrequent Access: read at once, a fee for each gigabyte read. At 30 days at the earliest. */
  public static standardInfrequentAccess(after: Duration): StorageTransition {
    return new StorageTransition('STANDARD_IA', s3.StorageClass.INFREQUENT_ACCESS, after, 30);
  }

  /** S3 Glacier Instant Retrieval: read at once, a higher fee for each gigabyte read. */
  public static glacierInstantRetrieval(after: Duration): StorageTransition {
    return new StorageTransition('GLACIER_IR', s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, after, 1);
  }

  /** S3 Glacier Flexible Retrieval: must be retrieved before it can be read, 3 to 5 hours by the standard tier. */
  public static glacierFlexibleRetrieval(after: Duration): StorageTransition {
    return new StorageTransition('GLACIER', s3.StorageClass.GLACIER, after, 1);
  }

  /** S3 Glacier Deep Archive: must be retrieved before it can be read, within 12 hours by the standard tier. */
  public static glacierDeepArchive(after: Duration): StorageTransition {
    return new StorageTransition('DEEP_ARCHIVE', s3.StorageClass.DEEP_ARCHIVE, after, 1);
  }

  private constructor(
    private readonly name: StorageClassName,
    private readonly storageClass: s3.StorageClass,
    private readonly after: Duration,
    private readonly minimumDays: number,
  ) {}

  /** @internal */
  public _bind(scope: IConstruct): BoundTransition {
    return { storageClass: this.name, afterDays: requireDays(scope, `transitions to ${this.name}`, this.after, this.minimumDays, MAXIMUM_DAYS), s3Class: this.storageClass };
  }
}

/** @internal */
export type StorageClassName = 'STANDARD_IA' | 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE';

/** @internal */
export interface BoundTransition {
  readonly storageClass: StorageClassName;
  readonly afterDays: number;
  readonly s3Class: s3.StorageClass;
}
