import { createHmac, createHash } from 'node:crypto';
import { request } from 'node:http';
import fc from 'fast-check';
import { ChunkDecoder, SMALLEST_CHUNK_BYTES, type ChunkSigner } from '../../rehearsal/endpoint/aws-chunked';
import { crc32 } from 'node:zlib';
import { start, type Started } from './support';

const sha = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const mac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Cuts `body` where the list of lengths says. */
function* pieces(body: Buffer, lengths: number[]): Generator<Buffer> {
  let at = 0;
  for (const length of lengths) {
    yield body.subarray(at, at + length);
    at += length;
  }
  yield body.subarray(at);
}

function decode(body: Buffer, lengths: number[], signer?: ChunkSigner): { data: Buffer; trailers: Record<string, string> } {
  const out: Buffer[] = [];
  const decoder = new ChunkDecoder((data) => out.push(Buffer.from(data)), signer);
  for (const piece of pieces(body, lengths)) decoder.push(piece);
  decoder.finish();
  return { data: Buffer.concat(out), trailers: decoder.trailers };
}

interface Frames { body: Buffer; data: Buffer }

function frame(sizes: number[], last: number, trailer: Record<string, string>, signer?: ChunkSigner): Frames {
  let previous = signer?.signature ?? '';
  const sign = (lines: string[]): string => mac(signer!.signingKey, lines.join('\n')).toString('hex');
  const chunk = (data: Buffer): Buffer => {
    let extension = '';
    if (signer) {
      previous = sign(['AWS4-HMAC-SHA256-PAYLOAD', signer.timestamp, signer.scope, previous, sha(''), sha(data)]);
      extension = `;chunk-signature=${previous}`;
    }
    return Buffer.concat([Buffer.from(`${data.length.toString(16)}${extension}\r\n`), data, Buffer.from(data.length ? '\r\n' : '')]);
  };
  const contents = [
    ...sizes.map((size) => SMALLEST_CHUNK_BYTES + size), last,
  ].filter((size) => size > 0).map((size, i) => Buffer.alloc(size, i + 65));
  let text = Object.entries(trailer).map(([name, value]) => `${name}:${value}\r\n`).join('');
  const frames = [...contents.map(chunk), chunk(Buffer.alloc(0))];
  if (signer && text) {
    const signed = Object.entries(trailer).map(([name, value]) => `${name}:${value}\n`).join('');
    text += `x-amz-trailer-signature:${sign(['AWS4-HMAC-SHA256-TRAILER', signer.timestamp, signer.scope, previous, sha(signed)])}\r\n`;
  }
  return { body: Buffer.concat([...frames, Buffer.from(`${text}\r\n`)]), data: Buffer.concat(contents) };
}

const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 4 });
const trailers = fc.constantFrom<Record<string, string>>({}, { 'x-amz-checksum-crc32': 'AAAAAA==' });
const signer: ChunkSigner = {
  signature: 'ab'.repeat(32), signingKey: Buffer.from('key'), scope: '20260101/us-east-1/s3/aws4_request', timestamp: '20260101T000000Z',
};

test('frames come off whatever way the bytes are cut', () => {
  fc.assert(fc.property(sizes, fc.integer({ min: 0, max: 500 }), trailers, cuts, fc.boolean(), (list, last, trailer, lengths, signed) => {
    const by = signed ? signer : undefined;
    const { body, data } = frame(list, last, trailer, by);
    const got = decode(body, lengths, by);
    expect(got.data.equals(data)).toBe(true);
    expect(got.trailers).toMatchObject(trailer);
  }), { numRuns: 150 });
});

test('one byte a time', () => {
  const { body, data } = frame([], 77, { 'x-amz-checksum-crc32': 'AAAAAA==' });
  expect(decode(body, Array<number>(body.length).fill(1)).data.equals(data)).toBe(true);
});

test('one changed byte of a signed body never passes', () => {
  const { body } = frame([3], 40, { 'x-amz-checksum-crc32': 'AAAAAA==' }, signer);
  fc.assert(fc.property(fc.integer({ min: 0, max: body.length - 5 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const damaged = Buffer.from(body);
    damaged[at] ^= by;
    // Letter case of hex and blanks around a trailer do not change what is said.
    const same = damaged.toString('latin1').toLowerCase() === body.toString('latin1').toLowerCase();
    fc.pre(!same && !/\s/.test(String.fromCharCode(damaged[at])));
    expect(() => decode(damaged, [], signer)).toThrow();
  }), { numRuns: 300 });
});

test('a body that ends early is incomplete', () => {
  const { body } = frame([0], 40, {});
  fc.assert(fc.property(fc.integer({ min: 0, max: body.length - 8 }), (end) => {
    expect(() => decode(body.subarray(0, end), [])).toThrow('terminated unexpectedly');
  }));
});

test('only the last chunk may be small', () => {
  const body = Buffer.from('3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n');
  expect(() => decode(body, [])).toThrow('Only the last chunk');
});

describe('over the wire', () => {
  let at: Started;
  beforeAll(async () => {
    at = await start();
  });
  afterAll(() => at.stop());

  /** PUT with hand-made signature and frames; `change` may damage the body. */
  async function put(
    word: string, trailer: string | undefined, change: (body: Buffer) => Buffer = (body) => body,
  ): Promise<{ status: number; text: string }> {
    const timestamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const date = timestamp.slice(0, 8);
    const scope = `${date}/us-east-1/s3/aws4_request`;
    const signingKey = [date, 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>((key, part) => mac(key, part), Buffer.from('AWS4test'));
    const data = Buffer.concat([Buffer.alloc(SMALLEST_CHUNK_BYTES, 65), Buffer.alloc(300, 66)]);
    const headers: Record<string, string> = {
      'host': `127.0.0.1:${at.endpoint.port}`, 'x-amz-content-sha256': word, 'x-amz-date': timestamp,
      'x-amz-decoded-content-length': String(data.length),
      'content-encoding': 'aws-chunked', ...(trailer === undefined ? {} : { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
    };
    const names = Object.keys(headers).sort();
    const canonical = [
      'PUT', '/store/framed', '', names.map((name) => `${name}:${headers[name]}\n`).join(''), names.join(';'), word,
    ].join('\n');
    const signature = mac(signingKey, ['AWS4-HMAC-SHA256', timestamp, scope, sha(canonical)].join('\n')).toString('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    const chunkSigner = word.includes('HMAC') ? { signature, signingKey, scope, timestamp } : undefined;
    const framed = frame([0], 300, trailer === undefined ? {} : { 'x-amz-checksum-crc32': trailer }, chunkSigner);
    const body = change(framed.body);
    headers['content-length'] = String(body.length);
    return new Promise((resolve, reject) => {
      const call = request({ port: at.endpoint.port, host: '127.0.0.1', method: 'PUT', path: '/store/framed', headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => { text += String(chunk); });
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      });
      call.on('error', reject);
      call.end(body);
    });
  }

  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([Buffer.alloc(SMALLEST_CHUNK_BYTES, 65), Buffer.alloc(300, 66)])));
  const right = sum.toString('base64');

  test.each([
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', right], ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', undefined], [
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', right,
    ],
  ])('%s is taken', async (word, trailer) => {
    expect(await put(word, trailer)).toMatchObject({ status: 200 });
    const [version] = at.endpoint.s3.versions('store', 'framed');
    expect(version).toMatchObject({ size: SMALLEST_CHUNK_BYTES + 300, headers: { 'content-type': 'binary/octet-stream' } });
    // The frames' own encoding is not the object's.
    expect(version.headers['content-encoding']).toBeUndefined();
  });

  test('a wrong trailer and a damaged chunk are refused', async () => {
    const before = at.endpoint.s3.versions('store', 'framed').length;
    expect((await put('STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'AAAAAA==')).text).toContain('BadDigest');
    const damage = (body: Buffer): Buffer => {
      body[5000] ^= 1;
      return body;
    };
    expect(await put('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', undefined, damage)).toMatchObject({ status: 403 });
    expect((await put('STREAMING-UNSIGNED-PAYLOAD-TRAILER', right, damage)).text).toContain('BadDigest');
    expect(at.endpoint.s3.versions('store', 'framed')).toHaveLength(before);
  });
});
