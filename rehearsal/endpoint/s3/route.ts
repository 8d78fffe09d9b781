import { ApiError } from '../errors';

/** What a path and a Host header point at. */
export interface Address { bucket?: string; key?: string }

/**
 * Bucket and key of a request: path-style, or virtual-host where the Host is `<bucket>.localhost`, `<bucket>.127.0.0.1` or
 * `<bucket>.s3.<region>.amazonaws.com`.
 * @throws ApiError InvalidURI for a path that is not valid percent-encoded UTF-8
 */
export function addressOf(rawPath: string, host: string | undefined): Address {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const virtual = /^(.+)\.(localhost|127\.0\.0\.1|s3[.-][a-z0-9.-]*amazonaws\.com|s3\.amazonaws\.com)$/.exec(name);
  const path = rawPath.slice(1);
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      throw new ApiError('InvalidURI', 400, 'Could not parse the specified URI.', { URI: rawPath });
    }
  };
  if (virtual && !virtual[1].startsWith('s3.') && virtual[1] !== 's3') return { bucket: virtual[1], key: path ? decode(path) : undefined };
  const slash = path.indexOf('/');
  if (path === '') return {};
  if (slash < 0) return { bucket: decode(path) };
  const key = path.slice(slash + 1);
  return { bucket: decode(path.slice(0, slash)), key: key ? decode(key) : undefined };
}

/** Sub-resources of buckets by their query parameter, as the operations' names spell them. */
const BUCKET_SUBRESOURCES: Record<string, string> = {
  'versioning': 'BucketVersioning', 'location': 'BucketLocation', 'lifecycle': 'BucketLifecycleConfiguration',
  'replication': 'BucketReplication',
  'encryption': 'BucketEncryption', 'object-lock': 'ObjectLockConfiguration', 'tagging': 'BucketTagging', 'policy': 'BucketPolicy',
  'policyStatus': 'BucketPolicyStatus', 'acl': 'BucketAcl', 'cors': 'BucketCors', 'website': 'BucketWebsite', 'logging': 'BucketLogging',
  'notification': 'BucketNotificationConfiguration', 'publicAccessBlock': 'PublicAccessBlock',
  'ownershipControls': 'BucketOwnershipControls',
  'requestPayment': 'BucketRequestPayment', 'accelerate': 'BucketAccelerateConfiguration', 'analytics': 'BucketAnalyticsConfiguration',
  'inventory': 'BucketInventoryConfiguration', 'metrics': 'BucketMetricsConfiguration',
  'intelligent-tiering': 'BucketIntelligentTieringConfiguration',
  'metadataConfiguration': 'BucketMetadataConfiguration', 'metadataTable': 'BucketMetadataTableConfiguration', 'session': 'Session',
  'abac': 'BucketAbac',
};

const OBJECT_SUBRESOURCES: Record<string, string> = {
  'tagging': 'ObjectTagging', 'retention': 'ObjectRetention', 'legal-hold': 'ObjectLegalHold', 'acl': 'ObjectAcl',
  'torrent': 'ObjectTorrent',
  'encryption': 'ObjectEncryption', 'annotation': 'ObjectAnnotation',
};

const VERBS: Record<string, string> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete', POST: 'Post', HEAD: 'Head' };

/** The operation's name as the SDK has it; of a request that is none of S3's, a name that says what was sent. */
export function operationOf(
  method: string, address: Address, query: ReadonlyMap<string, string>, headers: Record<string, string | undefined>,
): string {
  const verb = VERBS[method] ?? method;
  if (address.bucket === undefined) return method === 'GET' ? 'ListBuckets' : `${verb}Service`;
  return address.key === undefined ? bucketOperation(method, verb, query) : objectOperation(method, verb, query, headers);
}

function bucketOperation(method: string, verb: string, query: ReadonlyMap<string, string>): string {
  if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
  if (method === 'GET' && query.has('versions')) return 'ListObjectVersions';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  for (const [parameter, name] of Object.entries(BUCKET_SUBRESOURCES)) if (query.has(parameter)) return `${verb}${name}`;
  switch (method) {
    case 'GET': return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'PUT': return 'CreateBucket';
    case 'HEAD': return 'HeadBucket';
    case 'DELETE': return 'DeleteBucket';
    case 'POST': return 'PostObject';
    default: return `${verb}Bucket`;
  }
}

function objectOperation(
  method: string, verb: string, query: ReadonlyMap<string, string>, headers: Record<string, string | undefined>,
): string {
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploadId')) {
    const inUpload: Record<string, string> = {
      GET: 'ListParts', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload', PUT: copies ? 'UploadPartCopy' : 'UploadPart',
    };
    return inUpload[method] ?? `${verb}Upload`;
  }
  if (method === 'POST') {
    if (query.has('uploads')) return 'CreateMultipartUpload';
    if (query.has('restore')) return 'RestoreObject';
    return query.has('select') ? 'SelectObjectContent' : 'PostObject';
  }
  if (method === 'GET' && query.has('attributes')) return 'GetObjectAttributes';
  if (query.has('renameObject')) return 'RenameObject';
  for (const [parameter, name] of Object.entries(OBJECT_SUBRESOURCES)) if (query.has(parameter)) return `${verb}${name}`;
  if (method === 'PUT') return copies ? 'CopyObject' : 'PutObject';
  return `${verb}Object`;
}

/** IAM actions whose name is not the operation's. With a version id, the object actions of the second list apply. */
const ACTIONS: Record<string, string> = {
  ListBuckets: 'ListAllMyBuckets', HeadBucket: 'ListBucket', ListObjects: 'ListBucket', ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads', ListParts: 'ListMultipartUploadParts', HeadObject: 'GetObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject', UploadPart: 'PutObject', UploadPartCopy: 'PutObject', CompleteMultipartUpload: 'PutObject',
  DeleteObjects: 'DeleteObject',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration', PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  DeleteBucketLifecycleConfiguration: 'PutLifecycleConfiguration', DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  GetBucketReplication: 'GetReplicationConfiguration', PutBucketReplication: 'PutReplicationConfiguration',
  DeleteBucketReplication: 'PutReplicationConfiguration', GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration', GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration', DeleteBucketTagging: 'PutBucketTagging',
  DeleteBucketCors: 'PutBucketCORS',
  GetBucketCors: 'GetBucketCORS', PutBucketCors: 'PutBucketCORS', GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock', DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeleteBucketOwnershipControls: 'PutBucketOwnershipControls', GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification', GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  PutBucketAccelerateConfiguration: 'PutAccelerateConfiguration',
};

const VERSION_ACTIONS: Record<string, string> = {
  GetObject: 'GetObjectVersion', DeleteObject: 'DeleteObjectVersion', GetObjectTagging: 'GetObjectVersionTagging',
  PutObjectTagging: 'PutObjectVersionTagging', DeleteObjectTagging: 'DeleteObjectVersionTagging',
  GetObjectAttributes: 'GetObjectVersionAttributes',
};

export function actionOf(operation: string, hasVersion: boolean): string {
  const action = ACTIONS[operation] ?? operation;
  return `s3:${hasVersion ? VERSION_ACTIONS[action] ?? action : action}`;
}

export function resourceOf(address: Address): string {
  if (address.bucket === undefined) return '*';
  return `arn:aws:s3:::${address.bucket}${address.key === undefined ? '' : `/${address.key}`}`;
}
