import { ApiError, invalidArgument } from '../../errors';
import { receiveDocument } from '../document';
import type { S3Handler } from '../service';
import { lifecycleXml, parseLifecycle } from './document';
import type { SmallestTransition } from './rules';
import { assertLifecycle } from './validate';

const SMALLEST = 'x-amz-transition-default-minimum-object-size';
const SIZES: readonly string[] = ['all_storage_classes_128K', 'varies_by_storage_class'] satisfies SmallestTransition[];

const getLifecycle: S3Handler = async (call) => {
  const { lifecycle } = call.bucket().settings;
  if (!lifecycle) {
    throw new ApiError('NoSuchLifecycleConfiguration', 404, 'The lifecycle configuration does not exist', { BucketName: call.bucketName });
  }
  return { status: 200, headers: { [SMALLEST]: lifecycle.smallestTransition ?? SIZES[0] }, body: lifecycleXml(lifecycle.rules) };
};

const putLifecycle: S3Handler = async (call) => {
  const bucket = call.bucket();
  const rules = parseLifecycle(await receiveDocument(call));
  assertLifecycle(rules);
  const smallest = call.headers[SMALLEST] ?? SIZES[0];
  if (!SIZES.includes(smallest)) throw invalidArgument(SMALLEST, smallest, `It must be one of ${SIZES.join(', ')}`);
  bucket.settings.lifecycle = { rules, smallestTransition: smallest as SmallestTransition };
  call.state.saveBucket(bucket);
  return { status: 200, headers: { [SMALLEST]: smallest } };
};

const deleteLifecycle: S3Handler = async (call) => {
  const bucket = call.bucket();
  bucket.settings.lifecycle = undefined;
  call.state.saveBucket(bucket);
  return { status: 204 };
};

export const lifecycleHandlers: Record<string, S3Handler> = {
  GetBucketLifecycleConfiguration: getLifecycle, PutBucketLifecycleConfiguration: putLifecycle,
  DeleteBucketLifecycleConfiguration: deleteLifecycle,
};
