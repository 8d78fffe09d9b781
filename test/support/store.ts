import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { startEndpoint, type Endpoint } from '../../rehearsal/endpoint';
import type { Fault, FaultPlan } from '../../rehearsal/endpoint/types';

export const BUCKET = 'suite-store';
const REGION = 'us-east-1';

/** A local AWS endpoint with one versioned bucket, and this process's SDK pointed at it. */
export class TestStore {
  static async start(): Promise<TestStore> {
    const directory = await mkdtemp(join(tmpdir(), 'bp-store-'));
    const store = new TestStore(directory);
    store.endpoint = await startEndpoint({ directory, region: REGION, faults: (call) => store.plan?.(call) });
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: store.endpoint.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
    });
    store.client = new S3Client({ region: REGION, forcePathStyle: true });
    await store.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await store.client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
    return store;
  }

  endpoint!: Endpoint;
  client!: S3Client;
  private plan?: FaultPlan;

  private constructor(readonly directory: string) {}

  /** The faults of one test; without an argument, none. */
  inject(plan?: FaultPlan): void {
    this.plan = plan;
  }

  /** The fault for the first `times` calls that match, and none after. */
  injectTimes(times: number, matches: (operation: string, resource: string) => boolean, fault: Fault): void {
    let left = times;
    this.inject((call) => (call.service === 's3' && matches(call.operation, call.resource) && left-- > 0 ? fault : undefined));
  }

  async keys(prefix = ''): Promise<string[]> {
    const answer = await this.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
    return (answer.Contents ?? []).map(({ Key }) => Key!);
  }

  async json(key: string): Promise<Record<string, unknown>> {
    const answer = await this.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return JSON.parse(await answer.Body!.transformToString()) as Record<string, unknown>;
  }

  async openUploads(): Promise<number> {
    const answer = await this.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    return answer.Uploads?.length ?? 0;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.endpoint.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
