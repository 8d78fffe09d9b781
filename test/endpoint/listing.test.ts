import {
  ListMultipartUploadsCommand, ListObjectsCommand, ListObjectsV2Command, ListObjectVersionsCommand, CreateMultipartUploadCommand,
  PutObjectCommand,
  DeleteObjectCommand, paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { compareKeys, listPage, SortedKeys } from '../../rehearsal/endpoint/s3/listing';
import { refusal, start, type Started } from './support';

const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', 'é', '😀', '\uffee', ' '), minLength: 1, maxLength: 6 });
const keySet = fc.uniqueArray(key, { maxLength: 30 });

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The same listing, without any cleverness: every name rolled up, then sorted. */
function naive(keys: string[], prefix: string, delimiter: string, after: string): string[] {
  const names = keys.filter((one) => one.startsWith(prefix)).map((one) => {
    const cut = delimiter ? one.indexOf(delimiter, prefix.length) : -1;
    return cut < 0 ? one : one.slice(0, cut + delimiter.length);
  });
  return [...new Set(names)].filter((name) => !after || byBytes(name, after) > 0).sort(byBytes);
}

function sorted(keys: string[]): SortedKeys {
  const list = new SortedKeys();
  for (const one of keys) list.add(one);
  return list;
}

const nameOf = (entry: { key: string } | { prefix: string }): string => ('prefix' in entry ? entry.prefix : entry.key);

test('keys are ordered by their UTF-8 bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
    expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(byBytes(a, b)));
  }));
});

test('sorted keys stay sorted and forget what is deleted', () => {
  fc.assert(fc.property(keySet, fc.array(fc.nat(29)), (keys, gone) => {
    const list = sorted(keys);
    const left = new Set(keys);
    for (const i of gone) {
      if (i >= keys.length) continue;
      list.delete(keys[i]);
      left.delete(keys[i]);
    }
    expect(list.list).toEqual([...left].sort(byBytes));
  }));
});

test('pages put together are the whole listing, at any page size', () => {
  const cases = [
    keySet, fc.constantFrom('', 'a', 'a/', 'é'), fc.constantFrom('', '/', '-', 'b/'), fc.integer({ min: 1, max: 7 }),
    fc.oneof(fc.constant(''), key),
  ] as const;
  fc.assert(fc.property(...cases, (keys, prefix, delimiter, maximum, start) => {
    const list = sorted(keys);
    const seen: string[] = [];
    let after = start;
    for (let page = 0; page < 60; page += 1) {
      const { entries, truncated, last } = listPage(list, { prefix, delimiter, after, maximum }, (one) => [one]);
      expect(entries.length).toBeLessThanOrEqual(maximum);
      seen.push(...entries.map(nameOf));
      if (!truncated) break;
      after = last!;
    }
    expect(seen).toEqual(naive(keys, prefix, delimiter, start));
  }), { numRuns: 500 });
});

describe('with the SDK', () => {
  let at: Started;
  const odd = [
    'a/1', 'a/2', 'a b/x', 'a+b/x', 'plain', 'pct%20', 'é/1', '漢', '😀', '\uffee', 'x//y', "q'(!)*&<>\"", 'ctrl\u0001', 'new\nline',
  ];
  beforeAll(async () => {
    at = await start();
    for (const Key of odd) await at.s3.send(new PutObjectCommand({ Bucket: 'plain', Key, Body: Key }));
  });
  afterAll(() => at.stop());

  test('every key comes back as it was written, page by page', async () => {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2(
      { client: at.s3, pageSize: 3 }, { Bucket: 'plain' },
    )) keys.push(...page.Contents!.map(({ Key }) => Key!));
    expect(keys).toEqual([...odd].sort(byBytes));
  });

  test('encoding-type url', async () => {
    const page = await at.s3.send(new ListObjectsV2Command({ Bucket: 'plain', EncodingType: 'url' }));
    expect(page.EncodingType).toBe('url');
    expect(page.Contents!.map(({ Key }) => decodeURIComponent(Key!))).toEqual([...odd].sort(byBytes));
    expect(page.Contents!.map(({ Key }) => Key)).toContain('a%20b/x');
  });

  test('delimiter, prefix, start-after, and the first version of the call', async () => {
    const page = await at.s3.send(new ListObjectsV2Command({ Bucket: 'plain', Delimiter: '/', Prefix: 'a' }));
    expect(page.CommonPrefixes!.map(({ Prefix }) => Prefix)).toEqual(['a b/', 'a+b/', 'a/']);
    expect(page.KeyCount).toBe(3);
    const later = await at.s3.send(new ListObjectsV2Command({ Bucket: 'plain', StartAfter: 'a/1', MaxKeys: 1 }));
    expect(later).toMatchObject({ Contents: [{ Key: 'a/2' }], IsTruncated: true });
    const first = await at.s3.send(new ListObjectsCommand({ Bucket: 'plain', Delimiter: '/', MaxKeys: 2 }));
    expect(first).toMatchObject({ NextMarker: 'a+b/', IsTruncated: true });
    const second = await at.s3.send(new ListObjectsCommand({ Bucket: 'plain', Delimiter: '/', MaxKeys: 2, Marker: first.NextMarker }));
    expect(second.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
    expect(await refusal(at.s3.send(new ListObjectsV2Command({
      Bucket: 'plain', ContinuationToken: 'rubbish',
    })))).toMatchObject({ name: 'InvalidArgument', status: 400 });
    expect((await at.s3.send(new ListObjectsV2Command({ Bucket: 'plain', MaxKeys: 0 }))).IsTruncated).toBe(false);
  });

  test('versions, two a page, in their order', async () => {
    const ids: string[] = [];
    for (const Key of ['k1', 'k1', 'k1', 'k2', 'k2']) {
      ids.push((await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key, Body: 'x' }))).VersionId!);
    }
    const marker = (await at.s3.send(new DeleteObjectCommand({ Bucket: 'store', Key: 'k2' }))).VersionId!;
    const seen: string[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    for (let page = 0; page < 9; page += 1) {
      const answer = await at.s3.send(new ListObjectVersionsCommand({ Bucket: 'store', MaxKeys: 2, KeyMarker, VersionIdMarker }));
      // The SDK hands markers and versions over apart; a marker here is the newest of its key.
      const both = [...answer.DeleteMarkers ?? [], ...answer.Versions ?? []].sort((a, b) => byBytes(a.Key!, b.Key!));
      seen.push(...both.map(({ VersionId }) => VersionId!));
      if (!answer.IsTruncated) break;
      ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = answer);
    }
    expect(seen).toEqual([ids[2], ids[1], ids[0], marker, ids[4], ids[3]]);
    expect((await at.s3.send(new ListObjectsV2Command({ Bucket: 'store' }))).Contents!.map(({ Key }) => Key)).toEqual(['k1']);
  });

  test('uploads in progress', async () => {
    const ids = [];
    for (const Key of ['up/1', 'up/1', 'up/2']) {
      ids.push((await at.s3.send(new CreateMultipartUploadCommand({ Bucket: 'store', Key }))).UploadId);
    }
    const one = await at.s3.send(new ListMultipartUploadsCommand({ Bucket: 'store', Prefix: 'up/', MaxUploads: 1 }));
    expect(one).toMatchObject({ Uploads: [{ Key: 'up/1', UploadId: ids[0] }], IsTruncated: true });
    const rest = await at.s3.send(new ListMultipartUploadsCommand({
      Bucket: 'store', KeyMarker: one.NextKeyMarker, UploadIdMarker: one.NextUploadIdMarker,
    }));
    expect(rest.Uploads!.map(({ UploadId }) => UploadId)).toEqual([ids[1], ids[2]]);
  });
});
