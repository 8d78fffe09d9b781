import type { ConditionContext } from '../types';
import { ApiError, notImplemented } from '../errors';
import type { Exchange, Gate, Permission, Prepared, Reply, Settings } from '../exchange';
import type { KeyRing } from '../services/kms';
import { type BlobFolder } from './blobs';
import { bodyConditions, tagConditions } from './body-conditions';
import { actionOf, addressOf, operationOf, resourceOf } from './route';
import type { Replicator } from './replication/replicator';
import { type S3State, type Bucket, type Encryption, type ObjectVersion, regionOf } from './state';

export type S3Handler = (call: S3Call) => Promise<Reply>;

export interface S3Parts { settings: Settings; gate: Gate; state: S3State; blobs: BlobFolder; keys: KeyRing }

export interface S3Services extends S3Parts { replicator: Replicator }

/** Operations that make an object appear; the others of s3:PutObject are exempt from policies that demand If-None-Match. */
const CREATES_OBJECT = new Set(['PutObject', 'CopyObject', 'CompleteMultipartUpload']);
/** Headers whose condition key is their own name. */
const HEADER_KEYS = [
  'x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-server-side-encryption-customer-algorithm', 'x-amz-acl',
  'x-amz-storage-class', 'x-amz-copy-source', 'x-amz-metadata-directive',
];
const BEGINS_OBJECT = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload']);

/** One S3 request, with what its handler needs around it. */
export class S3Call {
  readonly bucketName: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Record<string, string | undefined>;
  /** The body, once it was read. */
  document: Buffer | undefined;

  constructor(readonly services: S3Services, readonly exchange: Exchange, readonly operation: string, bucket = '', key = '') {
    this.bucketName = bucket;
    this.key = key;
    this.query = exchange.query;
    this.headers = exchange.headers;
  }

  get state(): S3State {
    return this.services.state;
  }

  get blobs(): BlobFolder {
    return this.services.blobs;
  }

  now(): number {
    return this.services.settings.now().getTime();
  }

  /** @throws ApiError NoSuchBucket */
  bucket(name = this.bucketName): Bucket {
    const bucket = this.state.buckets.get(name);
    if (!bucket) throw new ApiError('NoSuchBucket', 404, 'The specified bucket does not exist', { BucketName: name });
    return bucket;
  }

  /** Region of a bucket; of one that is not there, the request's. */
  regionOf(name = this.bucketName): string {
    const bucket = this.state.buckets.get(name);
    return bucket ? regionOf(bucket, this.services.settings) : this.exchange.identity.region;
  }

  permission(action: string, resource: string, context: ConditionContext = {}): Permission {
    return { service: 's3', operation: this.operation, action, resource, context: { ...requestContext(this), ...context } };
  }

  async demand(action: string, resource: string, context: ConditionContext = {}): Promise<void> {
    await this.services.gate.demand(this.exchange, this.permission(action, resource, context));
  }

  /**
   * S3 calls KMS in the caller's name: who may not use the key may not use the object.
   * @throws ApiError AccessDenied, KMS.NotFoundException …
   */
  async demandKey(action: 'GenerateDataKey' | 'Decrypt', encryption: Encryption, bucket = this.bucketName, key = this.key): Promise<void> {
    if (encryption.algorithm === 'AES256' || !encryption.keyArn) return;
    const { settings, gate, keys } = this.services;
    const arn = keys.arnOf(encryption.keyArn);
    const encrypted = encryption.bucketKey ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
    await gate.demand(this.exchange, {
      service: 'kms', operation: action, action: `kms:${action}`, resource: arn, via: 's3',
      context: {
        'kms:ViaService': `s3.${this.regionOf(bucket)}.amazonaws.com`, 'kms:CallerAccount': settings.account, 'aws:ViaAWSService': 'false',
        'kms:EncryptionContext:aws:s3:arn': encrypted, 'kms:EncryptionContextKeys': ['aws:s3:arn'],
      },
    });
    keys.usable(arn, 'KMS.');
  }

  /**
   * The version a request names, or the current one.
   * @throws ApiError NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker; AccessDenied instead of the first for who may not list
   */
  async version(bucket: Bucket, key = this.key, versionId = this.query.get('versionId')): Promise<ObjectVersion> {
    const versions = bucket.versions.get(key) ?? [];
    if (versionId !== undefined) {
      const found = versions.find((version) => version.versionId === versionId);
      if (!found) throw new ApiError('NoSuchVersion', 404, 'The specified version does not exist.', { Key: key, VersionId: versionId });
      if (found.deleteMarker) {
        throw new ApiError('MethodNotAllowed', 405, 'The specified method is not allowed against this '
          + 'resource.', { ResourceType: 'DeleteMarker' },
        {
          'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId, 'allow': 'DELETE',
          'last-modified': new Date(found.lastModified).toUTCString(),
        });
      }
      return found;
    }
    const newest = versions[0];
    if (newest && !newest.deleteMarker) return newest;
    // Whether a key exists is what listing tells: without that permission S3 answers 403 for what is not there.
    await this.demand('s3:ListBucket', `arn:aws:s3:::${bucket.settings.name}`);
    const marker: Record<string, string> = newest ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': newest.versionId } : {};
    throw new ApiError('NoSuchKey', 404, 'The specified key does not exist.', { Key: key }, marker);
  }
}

function requestContext(call: S3Call): ConditionContext {
  const { headers, query, operation, exchange } = call;
  const context: ConditionContext = {
    's3:authType': exchange.identity.presigned ? 'REST-QUERY-STRING' : 'REST-HEADER',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:ResourceAccount': call.services.settings.account,
    's3:TlsVersion': '1.3',
    's3:x-amz-content-sha256': exchange.identity.payloadHash,
  };
  const copy = (name: string, value: string | undefined): void => {
    if (value !== undefined) context[name] = value;
  };
  for (const header of HEADER_KEYS) copy(`s3:${header}`, headers[header]);
  copy('s3:object-lock-mode', headers['x-amz-object-lock-mode']);
  copy('s3:object-lock-retain-until-date', headers['x-amz-object-lock-retain-until-date']);
  copy('s3:object-lock-legal-hold', headers['x-amz-object-lock-legal-hold']);
  copy('s3:VersionId', query.get('versionId'));
  if (operation.startsWith('List')) {
    copy('s3:prefix', query.get('prefix'));
    copy('s3:delimiter', query.get('delimiter'));
    copy('s3:max-keys', query.get('max-keys'));
  }
  if (actionOf(operation, false) === 's3:PutObject') {
    copy('s3:if-none-match', headers['if-none-match']);
    copy('s3:if-match', headers['if-match']);
    context['s3:ObjectCreationOperation'] = String(CREATES_OBJECT.has(operation));
  }
  const tagging = headers['x-amz-tagging'];
  if (tagging && BEGINS_OBJECT.has(operation)) Object.assign(context, tagConditions([...new URLSearchParams(tagging)]));
  for (const [name, value] of Object.entries(existingTags(call))) context[`s3:ExistingObjectTag/${name}`] = value;
  return context;
}

/** Reading and tagging may depend on tags, writing and deleting never (S3 User Guide, "Tagging and access control policies"). */
function existingTags({ operation, bucketName, key, query, state }: S3Call): Record<string, string> {
  if (!/^(Get|Head)Object$|^GetObjectAcl$|ObjectTagging$/.test(operation)) return {};
  const versions = state.buckets.get(bucketName)?.versions.get(key) ?? [];
  const versionId = query.get('versionId');
  return (versionId === undefined ? versions[0] : versions.find((one) => one.versionId === versionId))?.tags ?? {};
}

/** Understands S3 requests; the handlers do them. */
export class S3Service {
  constructor(private readonly services: S3Services, private readonly handlers: Record<string, S3Handler>) {}

  async prepare(exchange: Exchange): Promise<Prepared> {
    const address = addressOf(exchange.rawPath, exchange.headers.host);
    const operation = operationOf(exchange.method, address, exchange.query, exchange.headers);
    const handler = this.handlers[operation];
    const call = new S3Call(this.services, exchange, operation, address.bucket, address.key);
    const action = actionOf(operation, exchange.query.has('versionId'));
    const permission = call.permission(action, resourceOf(address), await bodyConditions(call));
    return {
      permission: { ...permission, unasked: !handler || operation === 'DeleteObjects' },
      run: async () => {
        if (!handler) throw notImplemented('s3', operation);
        if (address.key !== undefined && Buffer.byteLength(address.key) > 1024) {
          throw new ApiError(
            'KeyTooLongError', 400, 'Your key is too long', { Size: String(Buffer.byteLength(address.key)), MaxSizeAllowed: '1024' },
          );
        }
        assertRegion(call);
        assertNoCustomerKey(call);
        const owner = exchange.headers['x-amz-expected-bucket-owner'];
        if (owner !== undefined && owner !== this.services.settings.account) throw new ApiError('AccessDenied', 403, 'Access Denied');
        return handler(call);
      },
    };
  }
}

/** Requests go to their bucket's region (API Reference, "Error responses"); where a bucket lies is told anywhere. @throws ApiError */
function assertRegion(call: S3Call): void {
  const asked = call.exchange.identity.region;
  const region = call.regionOf();
  if (region === asked || call.operation === 'GetBucketLocation' || call.operation === 'CreateBucket') return;
  const Endpoint = `${call.bucketName}.s3.${region}.amazonaws.com`;
  throw new ApiError('PermanentRedirect', 301, 'The bucket you are attempting to access must be addressed using the specified endpoint. '
    + 'Please send all future requests to this endpoint.', { Bucket: call.bucketName, Endpoint }, { 'x-amz-bucket-region': region });
}

/**
 * A bucket can refuse objects whose key only their writer has (S3 User Guide, "Blocking or unblocking SSE-C"); this endpoint has none.
 * @throws ApiError
 */
function assertNoCustomerKey(call: S3Call): void {
  if (!call.headers['x-amz-server-side-encryption-customer-algorithm']) return;
  if (call.state.buckets.get(call.bucketName)?.settings.blocksCustomerKeys) {
    throw new ApiError('AccessDenied', 403, 'Access Denied because the bucket blocks server-side encryption with customer-provided keys.');
  }
  throw notImplemented('s3', call.operation, 'SSE-C');
}
