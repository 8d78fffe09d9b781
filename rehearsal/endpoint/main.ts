import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startEndpoint } from '.';
import type { ApiCall } from './types';

const USAGE = `npm run endpoint -- [--port N] [--directory FOLDER] [--bucket NAME]... [--region NAME] [--quiet]

Starts a local AWS endpoint (S3, KMS, Secrets Manager, SNS, SQS, CloudWatch, CloudWatch Logs, EventBridge, Scheduler, STS) on 127.0.0.1
and runs until Ctrl-C. Access key "test", secret key "test"; signatures are checked. A call it does not speak gets a 501.

  --port N            default 4566; 0 takes any free one
  --directory FOLDER  where objects are kept, found again by the next start; default report/endpoint
  --bucket NAME       a versioned bucket to have from the start; may be repeated
  --region NAME       default us-east-1
  --quiet             do not print each call
  --help              this text
`;

/** A command line that cannot be understood; ends with exit code 2. */
class UsageError extends Error {}

interface Arguments { port: number; directory: string; region: string; buckets: string[]; quiet: boolean; help: boolean }

function readArguments(argv: string[]): Arguments {
  const parse = () => parseArgs({
    args: argv, allowPositionals: false,
    options: {
      port: { type: 'string', default: '4566' }, directory: {
        type: 'string', default: 'report/endpoint',
      }, region: { type: 'string', default: 'us-east-1' },
      bucket: {
        type: 'string', multiple: true, default: [],
      }, quiet: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  let values: ReturnType<typeof parse>['values'];
  try {
    values = parse().values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new UsageError(`--port ${values.port}: give a number from 0 to 65535`);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(values.region)) {
    throw new UsageError(`--region ${values.region}: give the name of a region, such as eu-west-3`);
  }
  return {
    port, directory: resolve(values.directory), region: values.region, buckets: values.bucket, quiet: values.quiet, help: values.help,
  };
}

function line(call: ApiCall): string {
  const outcome = call.errorCode ? `${call.status} ${call.errorCode}` : call.status ?? 'cut';
  return `${call.at.toISOString()} ${call.action} ${call.resource} ${outcome}\n`;
}

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  if (given.help) {
    process.stdout.write(USAGE);
    return;
  }
  mkdirSync(given.directory, { recursive: true });
  const endpoint = await startEndpoint({
    ...given, rememberedCalls: 1000, onAnswered: given.quiet ? undefined : (call) => void process.stdout.write(line(call)),
  });
  for (const name of given.buckets) if (!endpoint.s3.buckets().includes(name)) endpoint.s3.createBucket({ name, versioning: true });
  process.stdout.write(`${endpoint.url}\n`
    + `AWS_ENDPOINT_URL=${endpoint.url} AWS_REGION=${given.region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n`
    + `objects in ${given.directory}\n`);
  const stop = (): void => {
    void endpoint.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${USAGE}` : `${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
