// The local AWS endpoint in a process of its own, so that its work is counted with the dump and not with the bench. Standard input
// brings what it needs as one line and, by its end, the end.
import { createInterface } from 'node:readline';
import { startEndpoint } from '../rehearsal/endpoint';

export interface EndpointOrder {
  readonly directory: string;
  readonly bucket: string;
  readonly secretName: string;
  readonly secret: Readonly<Record<string, string | number>>;
}

export interface EndpointAnswer {
  readonly url: string;
  readonly keyArn: string;
  readonly secretArn: string;
}

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const order = JSON.parse(value as string) as EndpointOrder;
  const endpoint = await startEndpoint({ directory: order.directory });
  const keyArn = endpoint.seedKey('bench');
  endpoint.s3.createBucket({ name: order.bucket, objectLock: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 }, kmsKeyArn: keyArn });
  const answer: EndpointAnswer = { url: endpoint.url, keyArn, secretArn: endpoint.seedSecret(order.secretName, order.secret) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  await lines.next();
  await endpoint.close();
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
