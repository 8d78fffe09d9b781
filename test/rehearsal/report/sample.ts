import { createHash } from 'node:crypto';
import type { RehearsalReport, ReportProtection, ReportRetirement, ReportStep } from '../../../rehearsal/report/model';

const BEGIN = Date.parse('2026-11-20T14:03:10.000Z');
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const after = (seconds: number): string => new Date(BEGIN + seconds * 1000).toISOString();

function step(name: string, kind: ReportStep['kind'], from: number, seconds: number, more: Partial<ReportStep> = {}): ReportStep {
  return { name, kind, startedAt: after(from), seconds, outcome: 'succeeded', tries: 1, ...more };
}

const TABLES: readonly [string, number, number][] = [
  ['public.documents', 8_412, 18_934_112], ['public.messages', 61_240, 7_812_004], ['public.bookings', 24_018, 3_204_811], ['public.audit_log', 90_112, 2_610_940],
  ['public.properties', 3_206, 1_488_020], ['public.people', 5_120, 902_118], ['auth.users', 5_120, 811_420], ['public.photos', 12_880, 640_118],
  ['public.payments', 9_411, 511_004], ['public.reviews', 4_018, 390_221], ['storage.objects', 6_120, 288_114], ['public."Réservations à l\'année"', 412, 90_441],
  ['public.tags', 240, 8_810], ['public.amenities', 88, 3_102], ['auth.identities', 5_120, 700_012], ['public.feature_flags', 12, 611], ['public.empty_table', 0, 0],
];

const ASSERTIONS = [
  { name: 'every booking has a property', expected: '= 0', actual: '0', holds: true },
  { name: 'people did not vanish', expected: '≥ 5000', actual: '5120', holds: true },
];

/** A run of the application's database that came to its verdict. */
export function sampleProtection(id = 'database', begin = 0): ReportProtection {
  const common = { version: 1 as const, environment: 'production', application: 'montoit', protection: id, engine: 'postgres', runId: '20261120T020000Z', attempt: '01JD3M8K2Q' };
  const tools = { pg_dump: '15.18', zstd: 'node 24.21.0' };
  const rows = TABLES.reduce((sum, [, number]) => sum + number, 0);
  return {
    id,
    engine: 'postgres',
    schedule: 'cron(0 2 * * ? *) UTC',
    slot: '2026-11-20T02:00:00Z',
    runId: '20261120T020000Z',
    outcome: 'proven',
    summary: 'All 17 tables, 9 sequences and 235,529 rows came back with the same SHA-256.',
    steps: [
      step('Dump', 'state', begin, 4.82),
      step('try 1', 'attempt', begin + 0.05, 4.71),
      step('inspect', 'phase', begin + 0.4, 0.22),
      step('rows', 'phase', begin + 0.71, 3.6),
      step('manifest', 'phase', begin + 4.4, 0.3),
      step('Verify', 'state', begin + 4.9, 7.31, { tries: 2 }),
      step('try 1', 'attempt', begin + 4.95, 0.9, { outcome: 'failed', detail: 'TransientError [S3-503] The store asked to slow down.' }),
      step('try 2', 'attempt', begin + 6.9, 5.28),
      step('scratch server', 'phase', begin + 7.1, 0.83),
      step('restore', 'phase', begin + 7.95, 2.61),
      step('census', 'phase', begin + 10.6, 1.2),
      step('assertions', 'phase', begin + 11.82, 0.03),
    ],
    sizeBytes: 9_812_440,
    rawSizeBytes: 38_218_004,
    rows,
    items: 29,
    parts: 12,
    seconds: { dump: 4.82, verify: 7.31, total: 12.2 },
    peakMemoryBytes: { dump: 187 * 2 ** 20, verify: 412 * 2 ** 20 },
    memoryLimitBytes: { dump: 1769 * 2 ** 20, verify: 3538 * 2 ** 20 },
    objectives: { rpoSeconds: 86_400, rtoSeconds: 14_400 },
    manifest: {
      ...common, slot: '2026-11-20T02:00:00Z', execution: 'rehearsal-1', startedAt: after(begin), finishedAt: after(begin + 4.8), recoveryPoint: after(begin + 0.6),
      source: { version: '15.18', description: 'PostgreSQL 15.18, flavor supabase', databases: ['montoit'] }, tools, census: 'census.json',
      totals: { items: 29, rows, sizeBytes: 9_812_440, rawSizeBytes: 38_218_004 }, leftOut: [], engineNotes: {},
    },
    verdict: {
      ...common, manifestKey: `runs/production/montoit/${id}/20261120T020000Z.json`, verifiedAt: after(begin + 12.1), outcome: 'proven',
      summary: 'All 17 tables, 9 sequences and 235,529 rows came back with the same SHA-256.', exceptions: [], differences: [], differenceCount: 0,
      checked: { parts: 12, items: 29, hashed: 17, rows, sizeBytes: 9_812_440 }, assertions: ASSERTIONS,
      seconds: { scratch: 0.83, restore: 2.61, census: 1.2, assertions: 0.03, total: 5.1 }, rtoSeconds: 14_400, tools: { postgres: '15.18', pg_restore: '15.18' },
    },
    census: [
      ...TABLES.map(([name, number, bytes]) => ({ database: 'montoit', kind: 'table', name, method: 'hashed' as const, rows: number, bytes, sha256: hash(name) })),
      { database: 'montoit', kind: 'sequence', name: 'public.bookings_id_seq', method: 'present' as const, atLeast: '24018' },
      { database: 'montoit', kind: 'large-objects', name: 'large objects', method: 'hashed' as const, rows: 3, bytes: 1_204_118, sha256: hash('lo') },
    ],
    leftOut: [
      { database: 'montoit', kind: 'schema', name: 'realtime', reason: 'belongs to the host: Supabase makes it anew' },
      { database: 'montoit', kind: 'role', name: 'supabase_admin', reason: 'belongs to the host' },
      { database: 'montoit', kind: 'table rows', name: 'public.request_cache', reason: 'declared as schema only' },
    ],
    exceptions: [],
    assertions: ASSERTIONS,
  };
}

function sampleExcept(): ReportProtection {
  const base = sampleProtection('reporting', 1.5);
  const exceptions = [{ code: 'PG-EXTENSION', name: 'pg_cron', reason: 'The scratch server has no such extension; 2 schedules were not brought up.' }];
  const summary = 'Every table came back with the same SHA-256; 1 extension could not come up in the scratch server.';
  return { ...base, outcome: 'proven-except', summary, exceptions, leftOut: [], verdict: base.verdict && { ...base.verdict, outcome: 'proven-except', summary, exceptions } };
}

function sampleNotProven(): ReportProtection {
  const base = sampleProtection('ledger', 2);
  const summary = '1 of 17 tables differs from its census.';
  const differences = [{ kind: 'table', name: 'public.payments', database: 'montoit', expected: '9,411 rows 3f9a01cc24b1', actual: '9,411 rows 90be11f0aa37' }];
  return {
    ...base, outcome: 'not-proven', summary, assertions: [{ name: 'the books balance', expected: '= 0', actual: '-12.50', holds: false }],
    verdict: base.verdict && { ...base.verdict, outcome: 'not-proven', summary, differences, differenceCount: 1, seconds: { ...base.verdict.seconds, restore: 18_000 } },
  };
}

function sampleFailed(): ReportProtection {
  const message = '[PG-PASSWORD] The server refused the password of user backup. Renew the secret montoit/database and run it again.';
  return {
    id: 'archive', engine: 'postgres', slot: '2026-11-20T02:00:00Z', runId: '20261120T020000Z', outcome: 'failed', summary: 'The dump was refused before anything was written.',
    steps: [
      step('Dump', 'state', 2, 0.61, { outcome: 'failed' }),
      step('try 1', 'attempt', 2.03, 0.5, { outcome: 'failed', detail: message }),
      step('Verify', 'state', 2.61, 0, { outcome: 'skipped' }),
      step('Message', 'state', 2.62, 0.04),
    ],
    seconds: { dump: 0.61 }, peakMemoryBytes: { dump: 91 * 2 ** 20 }, objectives: { rpoSeconds: 86_400, rtoSeconds: 14_400 },
    census: [], leftOut: [], exceptions: [], assertions: [],
    error: { name: 'RefusedError', code: 'PG-PASSWORD', message },
  };
}

/** A report whose names are those of a real application. */
/** A round that kept one copy and announced another. */
export function sampleRetirement(): ReportRetirement {
  const counts = {
    copies: 2, proven: 2, kept: 1, announced: 1, waiting: 0, released: 0, heldBack: 0, takenBack: 0, gone: 0, leftAlone: 0, orphans: 0,
  };
  return {
    outcome: 'succeeded', seconds: 1.9, marked: true,
    round: {
      version: 1, environment: 'production', application: 'montoit', at: after(13), dryRun: false, findingCount: 1,
      findings: [{ kind: 'orphan', key: 'parts/production/montoit/database/20261119T020000Z/<b>lost</b>/', text: 'no manifest names it' }],
      protections: [{
        protection: 'database', ...counts, storedBytes: 9_812_440,
        decisions: [
          { runId: '20261112T020000Z', action: 'announced', reasons: ['2026-11-12 is beyond the 7 that daily keeps'] },
          { runId: '20261120T020000Z', action: 'kept', reasons: ['newest proven copy of all', 'daily 1 of 7'] },
        ],
      }],
    },
  };
}

export function sampleReport(kind: 'proven' | 'mixed' = 'proven'): RehearsalReport {
  const protections = kind === 'proven' ? [sampleProtection()] : [sampleProtection(), sampleExcept(), sampleNotProven(), sampleFailed()];
  return {
    version: 1,
    startedAt: after(0),
    finishedAt: after(14.6),
    seconds: 14.6,
    outcome: kind === 'proven' ? 'proven' : 'failed',
    machine: {
      cores: 2, memoryBytes: 24 * 2 ** 30, node: '24.21.0', platform: 'linux x64',
      sandbox: 'bubblewrap, like Lambda: read-only root, uid 993 without a name, no /dev/shm, only a sized /tmp',
    },
    policies: [{ application: 'montoit', environment: 'production', path: 'MonToit-production/Policy', retirement: sampleRetirement(), protections }],
    messages: kind === 'proven' ? [] : [{
      topic: 'montoit-production-backup', subject: 'montoit production: the backup "archive" failed', at: after(2.7),
      text: 'The dump of 2026-11-20 02:00 UTC was refused.\n\nThe server refused the password of user backup.\nRenew the secret montoit/database and run it again.\n\nrunbook: PG-PASSWORD',
    }],
    calls: [
      { service: 's3', operation: 'PutObject', count: 4, refused: 0 }, { service: 's3', operation: 'UploadPart', count: 19, refused: 0 },
      { service: 's3', operation: 'GetObject', count: 14, refused: 0 }, { service: 'kms', operation: 'Decrypt', count: 2, refused: kind === 'mixed' ? 1 : 0 },
      { service: 'secretsmanager', operation: 'GetSecretValue', count: 2, refused: 0 }, { service: 'cloudwatch', operation: 'PutMetricData', count: 2, refused: 0 },
    ],
    grants: {
      unused: [{ role: 'DumpRole', action: 's3:AbortMultipartUpload' }],
      refused: kind === 'proven' ? [] : [{ role: 'VerifyRole', action: 'kms:Decrypt', resource: 'arn:aws:kms:eu-west-3:123456789012:key/1b2c', reason: 'no statement allows it' }],
    },
    findings: kind === 'proven' ? [] : [{
      code: 'SCHEDULE-GAP', severity: 'warning', path: 'MonToit-production/Policy/ledger', reason: 'A daily 02:30 in Europe/Paris is skipped on 29 March 2027: a gap of 47 hours.',
      mend: 'Use UTC, or an hour outside 02:00 to 03:00.',
    }],
    notRehearsed: [
      { what: 'The VPC and its security groups', why: 'A laptop has no VPC: whether the worker reaches the database there is not known.', how: 'Deploy to a staging account and start the state machine once.' },
      { what: 'The container image', why: 'It is built by Docker from a registry; workers ran from their bundles here.', how: 'docker build lambda/images/postgres, then the same rehearsal with --endpoint.' },
      { what: 'EventBridge Scheduler', why: 'The slot was given by hand.', how: 'Wait for one slot in a staging account, and look at the run it made.' },
    ],
  };
}
