import { ApiError, invalidArgument, invalidRequest } from '../errors';
import { childNode, childText, malformedXml, parseXml, toXml } from '../xml';
import { DAY } from '../clock';
import { remainingDays } from './body-conditions';
import { receiveDocument } from './document';
import type { S3Call, S3Handler } from './service';
import type { Bucket, ObjectAttributes, ObjectVersion, Retention } from './state';

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const HOLD = 'x-amz-object-lock-legal-hold';
export const BYPASS = 'x-amz-bypass-governance-retention';

function assertMode(mode: string | undefined): asserts mode is Retention['mode'] {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalidArgument(MODE, mode ?? '', 'Unknown wormMode directive.');
}

function instant(text: string | undefined, now: number): number {
  const until = Date.parse(text ?? '');
  if (Number.isNaN(until)) throw invalidArgument(UNTIL, text ?? '', 'The retain until date must be provided in ISO 8601 format');
  if (until <= now) throw invalidArgument(UNTIL, text ?? '', 'The retain until date must be in the future!');
  return until;
}

/** The lock a write asks for, or the bucket's default. @throws ApiError InvalidRequest, InvalidArgument */
export function lockOf(call: S3Call, bucket: Bucket): Pick<ObjectAttributes, 'retention' | 'legalHold'> {
  const { headers } = call;
  const asked = headers[MODE] !== undefined || headers[UNTIL] !== undefined || headers[HOLD] !== undefined;
  if (!bucket.settings.objectLock) {
    if (asked) throw invalidRequest('Bucket is missing Object Lock Configuration');
    return {};
  }
  const hold = headers[HOLD];
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') throw invalidArgument(HOLD, hold, 'Legal Hold must be either of ON or OFF');
  const legalHold = hold === undefined ? undefined : hold === 'ON';
  if (headers[MODE] !== undefined || headers[UNTIL] !== undefined) {
    if (headers[MODE] === undefined || headers[UNTIL] === undefined) {
      throw invalidArgument(MODE, '', 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
    }
    assertMode(headers[MODE]);
    return { retention: { mode: headers[MODE], until: instant(headers[UNTIL], call.now()) }, legalHold };
  }
  const retention = standardRetention(bucket, call.now());
  return retention ? { retention, legalHold } : { legalHold };
}

/** The bucket's default lock of what is written at an instant; undefined without one. */
export function standardRetention({ settings: { objectLock, defaultRetention: rule } }: Bucket, written: number): Retention | undefined {
  if (!objectLock || !rule) return undefined;
  const until = new Date(written);
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  return { mode: rule.mode, until: until.getTime() + (rule.days ?? 0) * DAY };
}

/** Further permissions that a write with lock headers needs. */
export async function demandLockPermissions(call: S3Call, resource: string): Promise<void> {
  const { headers } = call;
  if (headers[MODE] !== undefined || headers[UNTIL] !== undefined) {
    await call.demand('s3:PutObjectRetention', resource, remainingDays(headers[UNTIL] ?? '', call.now()));
  }
  if (headers[HOLD] !== undefined) await call.demand('s3:PutObjectLegalHold', resource);
}

export function lockHeaders(version: Pick<ObjectAttributes, 'retention' | 'legalHold'>): Record<string, string | undefined> {
  return {
    [MODE]: version.retention?.mode,
    [UNTIL]: version.retention && new Date(version.retention.until).toISOString(),
    [HOLD]: version.legalHold === undefined ? undefined : version.legalHold ? 'ON' : 'OFF',
  };
}

/** @throws ApiError AccessDenied for a version that is held; governance gives way to who may bypass it and says so */
export async function assertDeletable(call: S3Call, version: ObjectVersion, resource: string): Promise<void> {
  const held = new ApiError('AccessDenied', 403, 'Access Denied because object protected by object lock.');
  if (version.legalHold) throw held;
  if (!version.retention || version.retention.until <= call.now()) return;
  if (version.retention.mode === 'COMPLIANCE' || call.headers[BYPASS]?.toLowerCase() !== 'true') throw held;
  await call.demand('s3:BypassGovernanceRetention', resource);
}

function lockedBucket(call: S3Call): Bucket {
  const bucket = call.bucket();
  if (!bucket.settings.objectLock) throw invalidRequest('Bucket is missing Object Lock Configuration');
  return bucket;
}

const getObjectRetention: S3Handler = async (call) => {
  const version = await call.version(lockedBucket(call));
  if (!version.retention) throw new ApiError(
    'NoSuchObjectLockConfiguration', 404, 'The specified object does not have a ObjectLock configuration',
  );
  const { mode, until } = version.retention;
  return { status: 200, body: toXml('Retention', { Mode: mode, RetainUntilDate: new Date(until) }) };
};

const putObjectRetention: S3Handler = async (call) => {
  const bucket = lockedBucket(call);
  const node = parseXml(await receiveDocument(call), 'Retention');
  const version = await call.version(bucket);
  const mode = childText(node, 'Mode');
  const old = version.retention && version.retention.until > call.now() ? version.retention : undefined;
  let next: Retention | undefined;
  if (mode !== undefined) {
    assertMode(mode);
    next = { mode, until: instant(childText(node, 'RetainUntilDate'), call.now()) };
  }
  const weaker = old && (!next || next.until < old.until || (old.mode === 'COMPLIANCE' && next.mode === 'GOVERNANCE'));
  // Turning GOVERNANCE into COMPLIANCE is a change of mode too, and asks for the bypass.
  const changesMode = old && next && old.mode !== next.mode;
  if (old && (weaker || changesMode)) {
    if (old.mode === 'COMPLIANCE' || call.headers[BYPASS]?.toLowerCase() !== 'true') {
      throw new ApiError('AccessDenied', 403, 'Access Denied because object protected by object lock.');
    }
    await call.demand('s3:BypassGovernanceRetention', `arn:aws:s3:::${call.bucketName}/${call.key}`);
  }
  version.retention = next;
  call.services.replicator.noteChange(bucket, call.key, version);
  call.state.saveVersions(bucket, call.key, bucket.versions.get(call.key)!);
  return { status: 200 };
};

const getObjectLegalHold: S3Handler = async (call) => {
  const version = await call.version(lockedBucket(call));
  if (version.legalHold === undefined) {
    throw new ApiError('NoSuchObjectLockConfiguration', 404, 'The specified object does not have a ObjectLock configuration');
  }
  return { status: 200, body: toXml('LegalHold', { Status: version.legalHold ? 'ON' : 'OFF' }) };
};

const putObjectLegalHold: S3Handler = async (call) => {
  const bucket = lockedBucket(call);
  const status = childText(parseXml(await receiveDocument(call), 'LegalHold'), 'Status');
  if (status !== 'ON' && status !== 'OFF') throw malformedXml();
  const version = await call.version(bucket);
  version.legalHold = status === 'ON';
  call.services.replicator.noteChange(bucket, call.key, version);
  call.state.saveVersions(bucket, call.key, bucket.versions.get(call.key)!);
  return { status: 200 };
};

const getObjectLockConfiguration: S3Handler = async (call) => {
  const { objectLock, defaultRetention } = call.bucket().settings;
  if (!objectLock) {
    throw new ApiError(
      'ObjectLockConfigurationNotFoundError', 404, 'Object Lock configuration does not exist for this bucket',
      { BucketName: call.bucketName },
    );
  }
  const rule = defaultRetention && { DefaultRetention: {
    Mode: defaultRetention.mode, Days: defaultRetention.days, Years: defaultRetention.years,
  } };
  return { status: 200, body: toXml('ObjectLockConfiguration', { ObjectLockEnabled: 'Enabled', Rule: rule }) };
};

const putObjectLockConfiguration: S3Handler = async (call) => {
  const bucket = call.bucket();
  const node = parseXml(await receiveDocument(call), 'ObjectLockConfiguration');
  if (childText(node, 'ObjectLockEnabled') !== 'Enabled') throw malformedXml();
  if (bucket.settings.versioning !== 'Enabled') {
    throw new ApiError('InvalidBucketState', 409, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  }
  const rule = childNode(childNode(node, 'Rule'), 'DefaultRetention');
  bucket.settings.objectLock = true;
  bucket.settings.defaultRetention = undefined;
  if (rule) {
    const mode = childText(rule, 'Mode');
    if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw malformedXml();
    const [days, years] = [childText(rule, 'Days'), childText(rule, 'Years')];
    if ((days === undefined) === (years === undefined)) throw malformedXml();
    const amount = Number(days ?? years);
    if (!Number.isInteger(amount) || amount < 1) throw invalidArgument(
      days ? 'Days' : 'Years', String(days ?? years), 'Default retention period must be a positive integer value.',
    );
    bucket.settings.defaultRetention = { mode, ...(days ? { days: amount } : { years: amount }) };
  }
  call.state.saveBucket(bucket);
  return { status: 200 };
};

export const lockHandlers: Record<string, S3Handler> = {
  GetObjectRetention: getObjectRetention, PutObjectRetention: putObjectRetention, GetObjectLegalHold: getObjectLegalHold,
  PutObjectLegalHold: putObjectLegalHold, GetObjectLockConfiguration: getObjectLockConfiguration,
  PutObjectLockConfiguration: putObjectLockConfiguration,
};
