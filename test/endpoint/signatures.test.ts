import { get, request } from 'node:http';
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { KMSClient, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { KEYS, refusal, start, type Started } from './support';

let at: Started;
let clock = 0;
beforeAll(async () => {
  at = await start({
    signingClock: () => new Date(Date.now() + clock),
    credentials: { test: { secretAccessKey: 'test' }, temporary: { secretAccessKey: 'secret', sessionToken: 'token' } },
  });
});
afterAll(() => at.stop());
afterEach(() => {
  clock = 0;
});

const as = (credentials: object): S3Client => new S3Client({ ...at.client, credentials: { ...KEYS, ...credentials } });
const list = (credentials: object) => refusal(as(credentials).send(new ListBucketsCommand({})));

function fetchText(
  url: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: options.method ?? 'GET', headers: options.headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += String(chunk); });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    call.on('error', reject);
    call.end(options.body);
  });
}

test('header signatures: wrong secret, unknown key, wrong token', async () => {
  expect(await list({ secretAccessKey: 'wrong' })).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
  expect(await list({ accessKeyId: 'nobody' })).toMatchObject({ name: 'InvalidAccessKeyId', status: 403 });
  expect(await list({ accessKeyId: 'temporary', secretAccessKey: 'secret' })).toMatchObject({ name: 'InvalidToken', status: 400 });
  expect(await list({
    accessKeyId: 'temporary', secretAccessKey: 'secret', sessionToken: 'other',
  })).toMatchObject({ name: 'InvalidToken', status: 400 });
  const answer = await as({ accessKeyId: 'temporary', secretAccessKey: 'secret', sessionToken: 'token' }).send(new ListBucketsCommand({}));
  expect(answer.Buckets!.map(({ Name }) => Name)).toEqual(['plain', 'store']);
});

test('each protocol says it in its own way', async () => {
  const wrong = { ...at.client, credentials: { ...KEYS, secretAccessKey: 'wrong' } };
  expect(await refusal(new KMSClient(wrong).send(new DescribeKeyCommand({ KeyId: 'x' }))))
    .toMatchObject({ name: 'InvalidSignatureException' });
  const publish = new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', Message: 'm' });
  expect(await refusal(new SNSClient(wrong).send(publish))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
});

test('no signature, and a clock that is too far off', async () => {
  expect(await fetchText(`${at.endpoint.url}/store`)).toMatchObject({
    status: 403, text: expect.stringContaining('AccessDenied') as string,
  });
  clock = 16 * 60_000;
  const asked = Date.now();
  const { date, body } = await new Promise<{ date: string; body: string }>((resolve) => get(`${at.endpoint.url}/`, (response) => {
    let text = '';
    response.on('data', (chunk) => { text += String(chunk); });
    response.on('end', () => resolve({ date: response.headers.date!, body: text }));
  }));
  expect(body).toContain('AccessDenied');
  // The header is in whole seconds.
  expect(Date.parse(date)).toBeGreaterThan(asked + clock - 1000);
  expect(Date.parse(date)).toBeLessThanOrEqual(Date.now() + clock);
  expect(await list({})).toMatchObject({ name: 'RequestTimeTooSkewed', status: 403 });
  clock = -16 * 60_000;
  expect(await list({})).toMatchObject({ name: 'RequestTimeTooSkewed', status: 403 });
  clock = 14 * 60_000;
  await as({}).send(new ListBucketsCommand({}));
});

test('presigned: read and write, then damaged, expired, too long', async () => {
  const key = 'pre signed/é+1';
  const plain = new S3Client({ ...at.client, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const putUrl = await getSignedUrl(
    plain, new PutObjectCommand({ Bucket: 'store', Key: key, Metadata: { from: 'url' } }), { expiresIn: 60 },
  );
  expect(await fetchText(
    putUrl, { method: 'PUT', body: 'through a URL', headers: { 'content-length': '13' } },
  )).toMatchObject({ status: 200 });
  expect(at.endpoint.s3.versions('store', key)[0].headers['x-amz-meta-from']).toBe('url');
  // With its defaults the presigner signs the sum of an empty body, which S3 then holds against the one that comes.
  const withSum = await getSignedUrl(at.s3, new PutObjectCommand({ Bucket: 'store', Key: key }), { expiresIn: 60 });
  expect(await fetchText(withSum, { method: 'PUT', body: 'x', headers: { 'content-length': '1' } })).toMatchObject({
    status: 400, text: expect.stringContaining('BadDigest') as string,
  });
  const getUrl = await getSignedUrl(
    at.s3, new GetObjectCommand({ Bucket: 'store', Key: key, ResponseContentType: 'text/x' }), { expiresIn: 60 },
  );
  expect(await fetchText(getUrl)).toEqual({ status: 200, text: 'through a URL' });
  expect(await fetchText(getUrl.replace('text%2Fx', 'text%2Fy'))).toMatchObject({
    status: 403, text: expect.stringContaining('SignatureDoesNotMatch') as string,
  });
  expect(await fetchText(getUrl, { method: 'DELETE' })).toMatchObject({ status: 403 });
  expect(await fetchText(getUrl, { headers: { 'x-amz-meta-sneaked': 'in' } })).toMatchObject({
    status: 403, text: expect.stringContaining('not signed') as string,
  });
  expect((await fetchText(getUrl.replace('X-Amz-Expires=60', 'X-Amz-Expires=700000'))).text).toContain('AuthorizationQueryParametersError');
  clock = 61_000;
  expect(await fetchText(getUrl)).toMatchObject({ status: 403, text: expect.stringContaining('Request has expired') as string });
});

test('a body that is not what was signed is refused', async () => {
  const s3 = as({});
  // Behind the signature: the body changes, its hash in the header does not.
  s3.middlewareStack.add((next) => async (args) => {
    (args.request as { body: unknown }).body = 'jello';
    return next(args);
  }, { step: 'finalizeRequest', priority: 'low', name: 'damage' });
  expect(await refusal(s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'tampered', Body: 'hello' }))))
    .toMatchObject({ name: 'XAmzContentSHA256Mismatch', status: 400 });
  expect(at.endpoint.s3.versions('store', 'tampered')).toEqual([]);
});

test('the bucket may be in the host name', async () => {
  const url = await getSignedUrl(
    new S3Client({ ...at.client, endpoint: `http://localhost:${at.endpoint.port}` }), new GetObjectCommand({ Bucket: 'store', Key: 'v h' }),
  );
  expect(new URL(url).hostname).toBe('store.localhost');
  await at.s3.send(new PutObjectCommand({ Bucket: 'store', Key: 'v h', Body: 'virtual' }));
  const answer = await fetchText(url.replace('store.localhost', '127.0.0.1'), { headers: { host: new URL(url).host } });
  expect(answer).toEqual({ status: 200, text: 'virtual' });
});
