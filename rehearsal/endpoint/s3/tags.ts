import { ApiError } from '../errors';
import { childNode, childNodes, childText, parseXml, toXml, type XmlValue } from '../xml';
import { receiveDocument } from './document';
import type { S3Call, S3Handler } from './service';
import type { ObjectVersion } from './state';

type Tags = Record<string, string>;

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function invalidTag(message: string): ApiError {
  return new ApiError('InvalidTag', 400, message);
}

/** @throws ApiError InvalidTag, BadRequest beyond `limit` tags */
function checkTags(pairs: [string, string][], limit: number): Tags {
  if (pairs.length > limit) throw new ApiError('BadRequest', 400, `Object tags cannot be greater than ${limit}`);
  const tags: Tags = {};
  for (const [key, value] of pairs) {
    if (key.length < 1 || key.length > 128 || !ALLOWED.test(key)) throw invalidTag('The TagKey you have provided is invalid');
    if (value.length > 256 || !ALLOWED.test(value)) throw invalidTag('The TagValue you have provided is invalid');
    if (key.startsWith('aws:')) throw invalidTag('System tags cannot be added/updated by requester');
    if (key in tags) throw invalidTag('Cannot provide multiple Tags with the same key');
    tags[key] = value;
  }
  return tags;
}

/** The x-amz-tagging header: a query string. */
export function parseTagHeader(header: string | undefined): Tags {
  return header ? checkTags([...new URLSearchParams(header)], 10) : {};
}

export function parseTagging(body: Buffer, limit: number): Tags {
  const set = childNode(parseXml(body, 'Tagging'), 'TagSet');
  const tags = set ? childNodes(set, 'Tag') : [];
  return checkTags(tags.map((tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? '']), limit);
}

export function tagSet(tags: Tags): XmlValue {
  return { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

async function change(call: S3Call, tags: Tags, version: ObjectVersion): Promise<Record<string, string | undefined>> {
  const bucket = call.bucket();
  version.tags = tags;
  call.services.replicator.noteChange(bucket, call.key, version);
  call.state.saveVersions(bucket, call.key, bucket.versions.get(call.key)!);
  return { 'x-amz-version-id': bucket.settings.versioning ? version.versionId : undefined };
}

const getObjectTagging: S3Handler = async (call) => {
  const bucket = call.bucket();
  const version = await call.version(bucket);
  const headers = { 'x-amz-version-id': bucket.settings.versioning ? version.versionId : undefined };
  return { status: 200, headers, body: toXml('Tagging', { TagSet: tagSet(version.tags) }) };
};

const putObjectTagging: S3Handler = async (call) => {
  const tags = parseTagging(await receiveDocument(call), 10);
  return { status: 200, headers: await change(call, tags, await call.version(call.bucket())) };
};

const deleteObjectTagging: S3Handler = async (call) => ({
  status: 204, headers: await change(call, {}, await call.version(call.bucket())),
});

export const tagHandlers: Record<string, S3Handler> = {
  GetObjectTagging: getObjectTagging, PutObjectTagging: putObjectTagging, DeleteObjectTagging: deleteObjectTagging,
};
