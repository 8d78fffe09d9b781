/** S3's own names of its storage classes, in the order in which a lifecycle rule may move an object. */
export const STORAGE_CLASSES = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'] as const;
export type StorageClass = (typeof STORAGE_CLASSES)[number];

/**
 * Days that an object is paid for in a class even when it leaves earlier (S3 User Guide, "Understanding and managing Amazon S3 storage
 * classes", column "Min storage duration").
 */
export const MINIMUM_DAYS: Readonly<Record<StorageClass, number>> = {
  STANDARD: 0, STANDARD_IA: 30, ONEZONE_IA: 30, GLACIER_IR: 90, GLACIER: 90, DEEP_ARCHIVE: 180,
};

/** The day this table was made. */
export const PRICES_AS_OF = '2026-11-21';

/**
 * Where its figures come from. Each entry names the pricing page and the usage type under which AWS's price list has it
 * (`https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<offer>/current/<region>/index.json`).
 */
export const PRICES_SOURCE = 'AWS pricing pages and the AWS price list\'s offer files, as published between March and October 2026: on demand, in USD, first tier, '
  + 'without free tier, discounts and taxes';

/** The region whose prices stand in for one that the table does not have. */
export const REFERENCE_REGION = 'us-east-1';

/** One price: of one unit, never of a thousand. */
export interface Price {
  readonly usd: number;
  readonly unit: string;
  /** AWS's page. */
  readonly source: string;
  /** Usage type of the price list, without its region's prefix, where the page's figure was compared with the list. */
  readonly usageType?: string;
  /** The region whose price it is: `REFERENCE_REGION` where the one asked for is not in the table. */
  readonly region: string;
}

type Regional = Readonly<Record<typeof REFERENCE_REGION, number> & Partial<Record<string, number>>>;

interface Entry {
  readonly unit: string;
  readonly source: string;
  readonly usageType?: string;
  readonly usd: Regional;
}

const S3 = 'https://aws.amazon.com/s3/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';

function storage(usageType: string, usd: Regional): Entry {
  return { unit: 'GB-month', source: S3, usageType, usd };
}

function request(usageType: string, usd: Regional): Entry {
  return { unit: 'request', source: S3, usageType, usd };
}

/** Per class: what a GB costs to keep, a request that writes (a lifecycle transition into the class costs the same), and one that reads. */
const TABLE = {
  'storage.STANDARD': storage('TimedStorage-ByteHrs', { 'us-east-1': 0.023, 'eu-west-1': 0.023, 'eu-west-3': 0.024, 'eu-central-1': 0.0245 }),
  'storage.STANDARD_IA': storage('TimedStorage-SIA-ByteHrs', { 'us-east-1': 0.0125, 'eu-west-1': 0.0125, 'eu-west-3': 0.0131, 'eu-central-1': 0.0135 }),
  'storage.ONEZONE_IA': storage('TimedStorage-ZIA-ByteHrs', { 'us-east-1': 0.01, 'eu-west-1': 0.01, 'eu-west-3': 0.01048, 'eu-central-1': 0.0108 }),
  'storage.GLACIER_IR': storage('TimedStorage-GIR-ByteHrs', { 'us-east-1': 0.004, 'eu-west-1': 0.004, 'eu-west-3': 0.005, 'eu-central-1': 0.005 }),
  'storage.GLACIER': storage('TimedStorage-GlacierByteHrs', { 'us-east-1': 0.0036, 'eu-west-1': 0.0036, 'eu-west-3': 0.00405, 'eu-central-1': 0.00405 }),
  'storage.DEEP_ARCHIVE': storage('TimedStorage-GDA-ByteHrs', { 'us-east-1': 0.00099, 'eu-west-1': 0.00099, 'eu-west-3': 0.0018, 'eu-central-1': 0.0018 }),
  'write.STANDARD': request('Requests-Tier1', { 'us-east-1': 0.000005, 'eu-west-1': 0.000005, 'eu-west-3': 0.0000053, 'eu-central-1': 0.0000054 }),
  'write.STANDARD_IA': request('Requests-SIA-Tier1', { 'us-east-1': 0.00001, 'eu-west-1': 0.00001, 'eu-west-3': 0.00001, 'eu-central-1': 0.00001 }),
  'write.ONEZONE_IA': request('Requests-ZIA-Tier1', { 'us-east-1': 0.00001, 'eu-west-1': 0.00001, 'eu-west-3': 0.00001, 'eu-central-1': 0.00001 }),
  'write.GLACIER_IR': request('Requests-GIR-Tier1', { 'us-east-1': 0.00002, 'eu-west-1': 0.00002, 'eu-west-3': 0.00002, 'eu-central-1': 0.00002 }),
  'write.GLACIER': request('Requests-GLACIER-Tier1', { 'us-east-1': 0.00003, 'eu-west-1': 0.000033, 'eu-west-3': 0.0000318, 'eu-central-1': 0.000036 }),
  'write.DEEP_ARCHIVE': request('Requests-Tier3 (S3-GDATransition)', { 'us-east-1': 0.00005, 'eu-west-1': 0.000055, 'eu-west-3': 0.00006, 'eu-central-1': 0.00006 }),
  'read.STANDARD': request('Requests-Tier2', { 'us-east-1': 0.0000004, 'eu-west-1': 0.0000004, 'eu-west-3': 0.00000042, 'eu-central-1': 0.00000043 }),
  /** Out of a region into another; between us-east-1 and us-east-2 it is half of that. */
  'transfer': {
    unit: 'GB', source: S3, usageType: 'AWS-Out-Bytes', usd: { 'us-east-1': 0.02, 'eu-west-1': 0.02, 'eu-west-3': 0.02, 'eu-central-1': 0.02 },
  },
  'replication-time-control': { unit: 'GB', source: S3, usageType: 'S3RTC-Out-Bytes', usd: { 'us-east-1': 0.015, 'eu-west-1': 0.015 } },
  /** A version of a key's material, as KMS counts it: the key itself and its first two rotations. */
  'key': { unit: 'key version-month', source: 'https://aws.amazon.com/kms/pricing/', usd: { 'us-east-1': 1 } },
  'key-request': { unit: 'request', source: 'https://aws.amazon.com/kms/pricing/', usd: { 'us-east-1': 0.000003 } },
  'lambda.x86_64': { unit: 'GB-second', source: LAMBDA, usageType: 'Lambda-GB-Second', usd: { 'us-east-1': 0.0000166667 } },
  'lambda.arm64': { unit: 'GB-second', source: LAMBDA, usageType: 'Lambda-GB-Second-ARM', usd: { 'us-east-1': 0.0000133334, 'eu-west-3': 0.0000133334 } },
  /** Of /tmp above 512 MB. */
  'lambda-storage': { unit: 'GB-second', source: LAMBDA, usd: { 'us-east-1': 0.0000000309 } },
  'lambda-request': { unit: 'request', source: LAMBDA, usageType: 'Request', usd: { 'us-east-1': 0.0000002, 'eu-west-3': 0.0000002 } },
  'fargate-cpu.x86_64': {
    unit: 'vCPU-hour', source: FARGATE, usageType: 'Fargate-vCPU-Hours:perCPU', usd: { 'us-east-1': 0.04048, 'eu-west-1': 0.04048, 'eu-central-1': 0.04656 },
  },
  'fargate-cpu.arm64': { unit: 'vCPU-hour', source: FARGATE, usageType: 'Fargate-ARM-vCPU-Hours:perCPU', usd: { 'us-east-1': 0.03238, 'eu-west-1': 0.03238 } },
  'fargate-memory.x86_64': {
    unit: 'GB-hour', source: FARGATE, usageType: 'Fargate-GB-Hours', usd: { 'us-east-1': 0.004445, 'eu-west-1': 0.004445, 'eu-central-1': 0.00511 },
  },
  'fargate-memory.arm64': { unit: 'GB-hour', source: FARGATE, usageType: 'Fargate-ARM-GB-Hours', usd: { 'us-east-1': 0.00356, 'eu-west-1': 0.00356 } },
  /** Of the task's disk above 20 GB. */
  'fargate-storage': { unit: 'GB-hour', source: FARGATE, usageType: 'Fargate-EphemeralStorage-GB-Hours', usd: { 'us-east-1': 0.000111 } },
  'state-transition': {
    unit: 'transition', source: 'https://aws.amazon.com/step-functions/pricing/', usageType: 'StateTransition', usd: { 'us-east-1': 0.000025, 'eu-west-1': 0.000025 },
  },
  'scheduler': { unit: 'invocation', source: 'https://aws.amazon.com/eventbridge/pricing/', usd: { 'us-east-1': 0.000001 } },
  /** Prorated by the hour: an hour in which nothing is sent costs nothing. */
  'metric': { unit: 'metric-month', source: CLOUDWATCH, usageType: 'CW:MetricMonitorUsage', usd: { 'us-east-1': 0.3 } },
  /** For each metric that the alarm reads: one of metric math reads several. */
  'alarm': { unit: 'alarm metric-month', source: CLOUDWATCH, usageType: 'CW:AlarmMonitorUsage', usd: { 'us-east-1': 0.1, 'eu-west-3': 0.1 } },
  'composite-alarm': { unit: 'alarm-month', source: CLOUDWATCH, usageType: 'CW:CompositeAlarmMonitorUsage', usd: { 'us-east-1': 0.5 } },
  'dashboard': { unit: 'dashboard-month', source: CLOUDWATCH, usageType: 'DashboardsUsageHour-Basic', usd: { 'us-east-1': 3 } },
  'logs': {
    unit: 'GB', source: CLOUDWATCH, usageType: 'DataProcessing-Bytes', usd: { 'us-east-1': 0.5, 'eu-west-1': 0.57, 'eu-west-3': 0.5985, 'eu-central-1': 0.63 },
  },
  'secret': {
    unit: 'secret-month', source: 'https://aws.amazon.com/secrets-manager/pricing/', usageType: 'AWSSecretsManager-Secrets', usd: { 'us-east-1': 0.4, 'eu-west-3': 0.4 },
  },
  'secret-request': {
    unit: 'request', source: 'https://aws.amazon.com/secrets-manager/pricing/', usd: { 'us-east-1': 0.000005 },
  },
  /** For each zone that an interface endpoint stands in. */
  'endpoint': { unit: 'endpoint-hour', source: 'https://aws.amazon.com/privatelink/pricing/', usageType: 'VpcEndpoint-Hours', usd: { 'us-east-1': 0.01 } },
} as const satisfies Record<string, Entry>;

export type PriceKey = keyof typeof TABLE;

/** Every key of the table. */
export const PRICE_KEYS = Object.keys(TABLE) as PriceKey[];

/** The price of one unit in a region, or in `REFERENCE_REGION` where the table has none for it; `region` of the answer says which. */
export function priceOf(key: PriceKey, region: string | undefined): Price {
  const { unit, source, usageType, usd }: Entry = TABLE[key];
  const own = region === undefined ? undefined : usd[region];
  return own === undefined
    ? { usd: usd[REFERENCE_REGION], unit, source, usageType, region: REFERENCE_REGION }
    : { usd: own, unit, source, usageType, region: region as string };
}
