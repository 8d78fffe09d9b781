import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, PutObjectCommand, S3Client, UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { KEYS } from './support';

const root = resolve(__dirname, '../..');
const main = ['--import', 'tsx', join(root, 'rehearsal/endpoint/main.ts')];
const MEBIBYTE = 1024 * 1024;

let child: ChildProcess;
let s3: S3Client;
let directory: string;
let exited: Promise<number | null>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'endpoint-'));
  child = spawn(
    process.execPath, [...main, '--port', '0', '--directory', directory, '--bucket', 'big', '--quiet'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  exited = new Promise((done) => child.on('exit', done));
  const url = await new Promise<string>((found, failed) => {
    child.stdout!.once('data', (text: Buffer) => found(text.toString().split('\n')[0]));
    child.once('exit', (code) => failed(new Error(`the endpoint ended with ${code}`)));
  });
  s3 = new S3Client({ endpoint: url, region: 'us-east-1', credentials: KEYS, forcePathStyle: true });
});

afterAll(async () => {
  s3.destroy();
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  rmSync(directory, { recursive: true, force: true });
});

/** Highest resident memory of the endpoint so far, in MiB; Linux alone tells. */
const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;

test.each([
  [['--prot', '1']], [['--port', 'x']], [['--port', '70000']], [['--region', 'moon']], [['extra']],
])('%s ends with 2 and says how', (args) => {
  const { status, stderr } = spawnSync(process.execPath, [...main, ...args], { cwd: root, encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('npm run endpoint');
});

const linux = process.platform === 'linux' ? test : test.skip;
linux('500 MB up and down, in one stream and in parts, in constant memory', async () => {
  const piece = Buffer.alloc(MEBIBYTE, 5);
  const stream = (count: number): Readable => Readable.from((function* pieces() {
    for (let i = 0; i < count; i += 1) yield piece;
  })());
  const discard = async (Key: string): Promise<number> => {
    let size = 0;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'big', Key }));
    for await (const chunk of Body as Readable) size += (chunk as Buffer).length;
    return size;
  };
  // The code itself is warm after this, so that what grows later is data.
  await s3.send(new PutObjectCommand({ Bucket: 'big', Key: 'warm', Body: stream(32), ContentLength: 32 * MEBIBYTE }));
  await discard('warm');
  const before = peak();

  await s3.send(new PutObjectCommand({ Bucket: 'big', Key: 'stream', Body: stream(500), ContentLength: 500 * MEBIBYTE }));
  expect(await discard('stream')).toBe(500 * MEBIBYTE);

  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'big', Key: 'parts' }));
  const part = Buffer.concat(Array<Buffer>(20).fill(piece));
  const Parts: CompletedPart[] = [];
  for (let i = 0; i < 25; i += 1) {
    const done = await s3.send(new UploadPartCommand({ Bucket: 'big', Key: 'parts', UploadId, PartNumber: i + 1, Body: part }));
    Parts.push({ PartNumber: i + 1, ETag: done.ETag, ChecksumCRC32: done.ChecksumCRC32 });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket: 'big', Key: 'parts', UploadId, MultipartUpload: { Parts } }));
  expect(await discard('parts')).toBe(500 * MEBIBYTE);
  expect(peak() - before).toBeLessThan(100);
}, 300_000);
