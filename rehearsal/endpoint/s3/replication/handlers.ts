import { ApiError } from '../../errors';
import { receiveDocument } from '../document';
import type { S3Handler } from '../service';
import { parseReplication, replicationXml } from './document';
import { assertReplication } from './validate';

const getReplication: S3Handler = async (call) => {
  const { replication } = call.bucket().settings;
  if (!replication) {
    throw new ApiError(
      'ReplicationConfigurationNotFoundError', 404, 'The replication configuration was not found', { BucketName: call.bucketName },
    );
  }
  return { status: 200, body: replicationXml(replication) };
};

/** Who sets a role must be allowed to pass it to S3 (API Reference, "PutBucketReplication", Permissions). */
const putReplication: S3Handler = async (call) => {
  const bucket = call.bucket();
  const replication = parseReplication(await receiveDocument(call));
  assertReplication(bucket, replication, (name) => call.state.buckets.get(name));
  await call.services.gate.demand(call.exchange, {
    service: 'iam', operation: 'PassRole', action: 'iam:PassRole', resource: replication.role, via: 's3',
    context: { 'iam:PassedToService': 's3.amazonaws.com' },
  });
  bucket.settings.replication = replication;
  call.state.saveBucket(bucket);
  return { status: 200 };
};

const deleteReplication: S3Handler = async (call) => {
  const bucket = call.bucket();
  bucket.settings.replication = undefined;
  call.state.saveBucket(bucket);
  return { status: 204 };
};

export const replicationHandlers: Record<string, S3Handler> = {
  GetBucketReplication: getReplication, PutBucketReplication: putReplication, DeleteBucketReplication: deleteReplication,
};
