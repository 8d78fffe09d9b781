import { ApiError, invalidRequest } from '../errors';
import { childNode, childText, malformedXml, parseXml, toXml } from '../xml';
import { DEFAULT_ENCRYPTION } from './attributes';
import { receiveDocument } from './document';
import type { S3Call, S3Handler } from './service';
import { Bucket, type BucketSettings, type Encryption } from './state';
import { parseTagging, tagSet } from './tags';

const NAME = /^(?!xn--|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** @throws ApiError InvalidBucketName */
export function assertBucketName(name: string): void {
  if (!NAME.test(name) || name.includes('..')) throw new ApiError(
    'InvalidBucketName', 400, 'The specified bucket is not valid.', { BucketName: name },
  );
}

const createBucket: S3Handler = async (call) => {
  assertBucketName(call.bucketName);
  const body = await receiveDocument(call);
  const { region } = call.exchange.identity;
  const asked = body.length ? childText(parseXml(body, 'CreateBucketConfiguration'), 'LocationConstraint') : undefined;
  if ((asked ?? 'us-east-1') !== region) {
    throw new ApiError('IllegalLocationConstraintException', 400, `The ${asked ?? 'unspecified'} location constraint is incompatible for the `
      + 'region specific endpoint this request was sent to.');
  }
  if (call.state.buckets.has(call.bucketName)) {
    if (region !== 'us-east-1') throw new ApiError(
      'BucketAlreadyOwnedByYou', 409, 'Your previous request to create the named bucket succeeded and you already own it.',
    );
    return { status: 200, headers: { location: `/${call.bucketName}` } };
  }
  const objectLock = call.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true';
  const settings: BucketSettings = {
    name: call.bucketName, region, created: call.now(), versioning: objectLock ? 'Enabled' : '', objectLock, encryption: DEFAULT_ENCRYPTION,
    documents: {},
  };
  call.state.saveBucket(new Bucket(settings));
  return { status: 200, headers: { location: `/${call.bucketName}` } };
};

const deleteBucket: S3Handler = async (call) => {
  const bucket = call.bucket();
  const busy = [...call.state.uploads.values()].some((upload) => upload.bucket === call.bucketName);
  if (bucket.versions.size > 0 || busy) {
    throw new ApiError('BucketNotEmpty', 409, bucket.settings.versioning
      ? 'The bucket you tried to delete is not empty. You must delete all versions in the '
        + 'bucket.' : 'The bucket you tried to delete is not empty');
  }
  call.state.removeBucket(call.bucketName);
  return { status: 204 };
};

const headBucket: S3Handler = async (call) => {
  call.bucket();
  return { status: 200, headers: { 'x-amz-bucket-region': call.regionOf() } };
};

const listBuckets: S3Handler = async (call) => ({
  status: 200,
  body: toXml('ListAllMyBucketsResult', {
    Buckets: {
      Bucket: [...call.state.buckets.values()].sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1))
        .map(({ settings: { name, created } }) => ({ Name: name, CreationDate: new Date(created), BucketRegion: call.regionOf(name) })),
    },
    Owner: { ID: call.services.settings.account },
  }),
});

const getBucketLocation: S3Handler = async (call) => {
  call.bucket();
  const region = call.regionOf();
  const text = region === 'us-east-1' ? '' : region;
  return {
    status: 200,
    body: toXml('LocationConstraint', text),
  };
};

const getBucketVersioning: S3Handler = async (call) => ({
  status: 200, body: toXml('VersioningConfiguration', { Status: call.bucket().settings.versioning || undefined }),
});

const putBucketVersioning: S3Handler = async (call) => {
  const bucket = call.bucket();
  const status = childText(parseXml(await receiveDocument(call), 'VersioningConfiguration'), 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  if (status === 'Suspended' && bucket.settings.objectLock) {
    throw new ApiError(
      'InvalidBucketState', 409, 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  }
  bucket.settings.versioning = status;
  call.state.saveBucket(bucket);
  return { status: 200 };
};

const getBucketEncryption: S3Handler = async (call) => {
  const { encryption, documents } = call.bucket().settings;
  return {
    status: 200,
    body: documents.encryption ?? toXml('ServerSideEncryptionConfiguration', {
      Rule: {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption.algorithm, KMSMasterKeyID: encryption.keyArn },
        BucketKeyEnabled: encryption.bucketKey ?? false,
      },
    }),
  };
};

const putBucketEncryption: S3Handler = async (call) => {
  const bucket = call.bucket();
  const body = await receiveDocument(call);
  const rule = childNode(parseXml(body, 'ServerSideEncryptionConfiguration'), 'Rule');
  const standard = childNode(rule, 'ApplyServerSideEncryptionByDefault');
  const algorithm = childText(standard, 'SSEAlgorithm') ?? 'AES256';
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') throw malformedXml();
  const keyId = childText(standard, 'KMSMasterKeyID');
  if (algorithm === 'AES256' && keyId) throw invalidRequest('a KMSMasterKeyID is not applicable if the default sse algorithm is not '
    + 'aws:kms or aws:kms:dsse');
  const encryption: Encryption = { algorithm };
  if (algorithm !== 'AES256') encryption.keyArn = call.services.keys.arnOf(keyId ?? 'alias/aws/s3');
  if (childText(rule, 'BucketKeyEnabled') === 'true') encryption.bucketKey = true;
  bucket.settings.blocksCustomerKeys = childText(childNode(rule, 'BlockedEncryptionTypes'), 'EncryptionType') === 'SSE-C';
  bucket.settings.encryption = encryption;
  bucket.settings.documents.encryption = body.toString('utf8');
  call.state.saveBucket(bucket);
  return { status: 200 };
};

const deleteBucketEncryption: S3Handler = async (call) => {
  const bucket = call.bucket();
  bucket.settings.encryption = DEFAULT_ENCRYPTION;
  delete bucket.settings.documents.encryption;
  call.state.saveBucket(bucket);
  return { status: 204 };
};

const getBucketTagging: S3Handler = async (call) => {
  const text = call.bucket().settings.documents.tagging;
  if (!text) throw new ApiError('NoSuchTagSet', 404, 'The TagSet does not exist', { BucketName: call.bucketName });
  return { status: 200, body: toXml('Tagging', { TagSet: tagSet(JSON.parse(text) as Record<string, string>) }) };
};

const putBucketTagging: S3Handler = async (call) => {
  const bucket = call.bucket();
  bucket.settings.documents.tagging = JSON.stringify(parseTagging(await receiveDocument(call), 50));
  call.state.saveBucket(bucket);
  return { status: 204 };
};

interface Document {
  /** In operation names. */
  name: string;
  /** Name of the root element; none for the policy, which is JSON. */
  root?: string;
  /** Answer to a Get before any Put. */
  missing: { code: string; message: string } | { body: string };
  putStatus?: number;
}

const none = (code: string, message: string): Document['missing'] => ({ code, message });
const empty = (root: string): Document['missing'] => ({ body: toXml(root, {}) });

/** Settings that are kept as they came and given back; the endpoint does not act on them. */
const DOCUMENTS: Record<string, Document> = {
  policy: { name: 'BucketPolicy', missing: none('NoSuchBucketPolicy', 'The bucket policy does not exist'), putStatus: 204 },
  cors: {
    name: 'BucketCors', root: 'CORSConfiguration', missing: none('NoSuchCORSConfiguration', 'The CORS configuration does not exist'),
  },
  publicAccessBlock: { name: 'PublicAccessBlock', root: 'PublicAccessBlockConfiguration',
    missing: none('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found') },
  ownershipControls: { name: 'BucketOwnershipControls', root: 'OwnershipControls',
    missing: none('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found') },
  logging: { name: 'BucketLogging', root: 'BucketLoggingStatus', missing: empty('BucketLoggingStatus') },
  notification: { name: 'BucketNotificationConfiguration', root: 'NotificationConfiguration', missing: empty('NotificationConfiguration') },
  requestPayment: { name: 'BucketRequestPayment', root: 'RequestPaymentConfiguration',
    missing: { body: toXml('RequestPaymentConfiguration', { Payer: 'BucketOwner' }) } },
};

function documentHandlers(slot: string, document: Document): Record<string, S3Handler> {
  const get: S3Handler = async (call) => {
    const text = call.bucket().settings.documents[slot];
    if (text !== undefined) return { status: 200, headers: document.root ? {} : { 'content-type': 'application/json' }, body: text };
    if ('body' in document.missing) return { status: 200, body: document.missing.body };
    throw new ApiError(document.missing.code, 404, document.missing.message, { BucketName: call.bucketName });
  };
  const put: S3Handler = async (call) => {
    const bucket = call.bucket();
    const body = await receiveDocument(call);
    if (document.root) parseXml(body, document.root);
    else assertPolicy(body);
    bucket.settings.documents[slot] = body.toString('utf8');
    call.state.saveBucket(bucket);
    return { status: document.putStatus ?? 200 };
  };
  const remove: S3Handler = async (call) => {
    const bucket = call.bucket();
    delete bucket.settings.documents[slot];
    call.state.saveBucket(bucket);
    return { status: 204 };
  };
  return { [`Get${document.name}`]: get, [`Put${document.name}`]: put, [`Delete${document.name}`]: remove };
}

function assertPolicy(body: Buffer): void {
  try {
    const policy = JSON.parse(body.toString('utf8')) as { Statement?: unknown };
    if (policy.Statement !== undefined) return;
  } catch {
    // Falls through to the same refusal as a document without statements.
  }
  throw new ApiError('MalformedPolicy', 400, 'This policy contains invalid Json');
}

export const bucketHandlers: Record<string, S3Handler> = {
  CreateBucket: createBucket, DeleteBucket: deleteBucket, HeadBucket: headBucket, ListBuckets: listBuckets,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning, PutBucketVersioning: putBucketVersioning, GetBucketEncryption: getBucketEncryption,
  PutBucketEncryption: putBucketEncryption, DeleteBucketEncryption: deleteBucketEncryption,
  ...Object.assign(
    {}, ...Object.entries(DOCUMENTS).map(([slot, document]) => documentHandlers(slot, document)),
  ) as Record<string, S3Handler>,
  GetBucketTagging: getBucketTagging, PutBucketTagging: putBucketTagging,
  DeleteBucketTagging: async (call: S3Call) => {
    const bucket = call.bucket();
    delete bucket.settings.documents.tagging;
    call.state.saveBucket(bucket);
    return { status: 204 };
  },
};
