import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { BackupLock, BackupSchedule, Compute } from '../../lib';
import type { ApiCall } from '../../rehearsal/endpoint';
import { rehearse } from '../../rehearsal/rehearse';
import { reportHtml } from '../../rehearsal/report/html';
import { parseReport, type RehearsalReport } from '../../rehearsal/report/model';
import type { MonthProtection } from '../../rehearsal/report/month-model';
import { reportText } from '../../rehearsal/report/text';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { lacks } from '../support/lacks';
import { shopApp } from './shop-app';
import type { Synthesized } from './synthesize';

jest.setTimeout(300_000);

const DAY = 86_400_000;
const DAYS = 30;
const LOCK_DAYS = 10;

let app: Synthesized;
let report: RehearsalReport;
let month: NonNullable<RehearsalReport['month']>;
let one: MonthProtection;
let skipped: string | undefined;
/** What was asked of the endpoint while the region was gone. */
const afterTheLoss: ApiCall[] = [];

/** Calls from the loss of a region to the end of the proof. */
function heard(into: ApiCall[]): Pick<Parameters<typeof rehearse>[0], 'faults' | 'progress'> {
  let lost = false;
  return {
    faults: (call) => {
      if (lost) into.push(call);
      return undefined;
    },
    progress: {
      say: () => undefined,
      begin: (what) => {
        lost = what.includes(' is lost, proof from ');
        return () => { lost = false; };
      },
    },
  };
}

beforeAll(async () => {
  app = shopApp({
    region: 'eu-west-3', replicaRegions: ['eu-west-1'], replicaWorkers: Compute.lambda(), lock: BackupLock.governance(Duration.days(LOCK_DAYS)),
    // Every three days: a third of the lock, which is as rarely as it may be.
    lockExtension: { schedule: BackupSchedule.cron('15 6 */3 * ? *') },
    scrub: { within: Duration.days(24), schedule: BackupSchedule.cron('15 7 */3 * ? *') },
  });
  skipped = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
  if (skipped !== undefined) return;
  report = parseReport(JSON.parse(JSON.stringify(await rehearse({ app: app.directory, days: DAYS, ...heard(afterTheLoss) }))));
  month = report.month!;
  [one] = month.protections;
});
afterAll(() => app.remove());

function shows(name: string, run: () => void): void {
  test(name, () => {
    if (skipped !== undefined) lacks(skipped);
    run();
  });
}

shows('a month passes: a copy at each slot, a round of the retire worker each day, and nothing is refused', () => {
  expect(report.outcome).toBe('proven');
  expect(report.grants.refused).toEqual([]);
  expect(Date.parse(month.to) - Date.parse(month.from)).toBe(DAYS * DAY);
  expect(one.copies).toHaveLength(DAYS + 1);
  expect(one.copies.map(({ ran }) => ran)).toEqual([true, ...Array.from({ length: DAYS }, () => false)]);
  expect(month.rounds).toHaveLength(DAYS);
  expect(month.rounds.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(month.rounds.filter(({ findings }) => findings > 0)).toEqual([]);
  expect(one.nights).toHaveLength(DAYS);
});

shows('what the rules keep is there, with its reason; what they release goes by announcement, grace, lock and lifecycle', () => {
  const by = (fate: string) => one.copies.filter((copy) => copy.fate === fate);
  // Seven days and four weeks, and months: not more than their sum, not fewer than the greatest of them.
  expect(by('kept').length).toBeGreaterThanOrEqual(7);
  expect(by('kept').length).toBeLessThanOrEqual(7 + 4 + 2);
  expect(by('deleted').length).toBeGreaterThan(0);
  expect(by('missing')).toEqual([]);
  expect(one.copies.at(-1)).toMatchObject({ fate: 'kept' });
  for (const { reasons } of one.copies.slice(0, -1)) expect(reasons.length).toBeGreaterThan(0);
  for (const copy of by('deleted')) {
    const [announced, released, deleted] = [copy.announcedAt, copy.releasedAt, copy.deletedAt].map((at) => Date.parse(at!));
    // Marks are in whole seconds.
    expect(released - announced).toBeGreaterThanOrEqual(7 * DAY - 1000);
    // A marker at the next midnight, and two midnights later the version, if its lock lets it.
    expect(deleted - released).toBeGreaterThanOrEqual(2 * DAY);
    expect(deleted % DAY).toBeLessThan(DAY / 4);
  }
});

shows('the replica keeps what is kept, and lets go what is let go', () => {
  for (const { fate, replicas } of one.copies) {
    expect(replicas.map(({ region }) => region)).toEqual(['eu-west-1']);
    if (fate === 'kept' || fate === 'deleted') expect(replicas[0].fate).toBe(fate);
  }
});

shows('what is kept is never without a lock, in both regions; what is let go is locked no longer than a period after', () => {
  expect(month.extensions.length).toBeGreaterThanOrEqual(9);
  expect(month.extensions.filter(({ error, ending }) => error !== undefined || ending > 0)).toEqual([]);
  expect(month.extensions.reduce((sum, { extended }) => sum + extended, 0)).toBeGreaterThan(0);
  expect(one.nights.filter(({ unlocked }) => unlocked !== 0)).toEqual([]);
  const [end, kept] = [Date.parse(month.to), one.copies.filter(({ fate }) => fate === 'kept')];
  expect(kept.some(({ slot }) => end - Date.parse(slot) > LOCK_DAYS * DAY)).toBe(true);
  for (const { lockedUntil, replicas } of kept) {
    expect(Date.parse(lockedUntil!)).toBeGreaterThan(end);
    expect(Date.parse(lockedUntil!)).toBeLessThanOrEqual(end + LOCK_DAYS * DAY);
    expect(replicas).toEqual([{ region: 'eu-west-1', fate: 'kept', lockedUntil }]);
  }
  for (const { announcedAt, lockedUntil } of one.copies.filter(({ fate }) => fate === 'announced')) {
    expect(Date.parse(lockedUntil!)).toBeLessThan(Date.parse(announcedAt!) + LOCK_DAYS * DAY);
  }
  expect(report.policies[0].lockExtension).toMatchObject({ outcome: 'succeeded', round: { protections: [{ locked: 1, extended: 0 }] } });
  // Nothing failed, so nobody was told.
  expect(report.policies[0].scrub).toMatchObject({ outcome: 'succeeded', round: { protections: [{ read: 1, damaged: 0 }] } });
  expect(month.scrubs.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(month.scrubs.length).toBeGreaterThanOrEqual(DAYS / 3);
  expect(month.scrubs.reduce((sum, { read }) => sum + read, 0)).toBeGreaterThan(0);
  expect(Math.max(...month.scrubs.map(({ oldestSeconds }) => oldestSeconds))).toBeLessThan(24 * 86_400);
  const told = ['sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt'].map((action) => `/Extend/Round/Role ${action}`);
  const unused = report.grants.unused.filter(({ role }) => role.includes('/Extend/')).map(({ role, action }) => `${role.replace(/.*(?=\/Extend)/, '')} ${action}`);
  expect(unused.filter((grant) => !told.includes(grant))).toEqual([]);
  const words = `no kept copy was ever without a lock; ${month.extensions.length} rounds lengthened them`;
  expect(reportText(report)).toContain(words);
  expect(reportHtml(report)).toContain(words.slice(1));
  expect(reportText(report)).toContain('locks: 1 copy locked long enough, 0 locks lengthened');
});

shows('storage does not grow without bound', () => {
  const bytes = one.nights.map(({ storedBytes }) => storedBytes);
  const most = Math.max(...bytes);
  // One copy in the first night.
  const [each] = bytes;
  // Those kept, and those on their way out: announced for a week, then two midnights.
  expect(most).toBeLessThan(each * (13 + 7 + 5));
  expect(bytes.at(-1)).toBeLessThan(each * (DAYS - 3));
});

shows('then the region is lost, and the newest copy is proven from the other one, by the machine there', () => {
  expect(one.region).toBe('eu-west-3');
  expect(one.lostRegion).toMatchObject({
    region: 'eu-west-3', from: 'eu-west-1', runId: one.copies.at(-1)!.runId, outcome: 'proven', machine: 'Shop/Store/Replica-eu-west-1/staging-shop-database/Machine',
  });
});

shows('it asked for nothing in the lost region, in the name of the worker\'s role there and with rights that it had', () => {
  expect(new Set(afterTheLoss.map(({ region }) => region))).toEqual(new Set(['eu-west-1']));
  const roles = new Set(afterTheLoss.map(({ principal }) => principal));
  expect([...roles]).toEqual([expect.stringMatching(/^arn:aws:iam::000000000000:role\/Shop-Store-eu-west-1-stagingshopdatabaseVerifyRole/)]);
  expect(new Set(afterTheLoss.map(({ action }) => action))).toEqual(new Set(['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject']));
  expect(report.grants.refused).toEqual([]);
  expect(report.grants.unused.filter(({ role }) => role.includes('/Replica-'))).toEqual([]);
});

test('a drill that would ask in the lost region fails, and says so', async () => {
  if (skipped !== undefined) lacks(skipped);
  const needy = shopApp({ region: 'eu-west-3', replicaRegions: ['eu-west-1'], replicaWorkers: Compute.lambda() });
  const calls: ApiCall[] = [];
  try {
    const path = join(needy.directory, readdirSync(needy.directory).find((name) => /Replica.*\.template\.json$/.test(name))!);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('\\"region\\":\\"eu-west-1\\"');
    writeFileSync(path, text.replaceAll('\\"region\\":\\"eu-west-1\\"', '\\"region\\":\\"eu-west-3\\"'));
    const all = await rehearse({ app: needy.directory, days: 1, ...heard(calls) });
    expect(all.month!.protections[0].lostRegion).toMatchObject({ outcome: 'failed', machine: expect.stringContaining('/Machine') });
    expect(new Set(calls.map(({ region, status }) => `${region} ${status}`))).toEqual(new Set(['eu-west-3 503']));
  } finally {
    needy.remove();
  }
});

shows('it is drawn as a calendar, said in a few lines, and every copy has its mark', () => {
  const page = reportHtml(report);
  for (const { runId, fate } of one.copies) expect(page).toMatch(new RegExp(`class="fate ${fate}"[^>]*aria-label="${runId}`));
  expect(page).toContain('With eu-west-3 lost, from eu-west-1: Proven');
  expect(page).toContain('By Shop/Store/Replica-eu-west-1/staging-shop-database/Machine, a machine in that region, with the rights of its own roles.');
  const text = reportText(report);
  expect(text).toContain('by Shop/Store/Replica-eu-west-1/staging-shop-database/Machine');
  expect(text).toContain('30 days from');
  expect(text).toMatch(/31 copies: \d+ kept/);
});

test('the state machine can run at every slot; Fargate workers prove from the replica by a token of their own', async () => {
  if (skipped !== undefined) lacks(skipped);
  const fargate = shopApp({ region: 'eu-west-3', replicaRegions: ['eu-west-1'], compute: Compute.fargate() });
  try {
    const all = await rehearse({ app: fargate.directory, days: 1, everySlot: true });
    const short = all.month!.protections[0];
    expect(short.copies.map(({ ran, fate }) => [ran, fate])).toEqual([[true, 'kept'], [true, 'kept']]);
    expect(short.lostRegion).toMatchObject({ outcome: 'proven', from: 'eu-west-1', runId: short.copies[1].runId });
    expect(short.lostRegion).not.toHaveProperty('machine');
    expect(reportText(all)).toContain('the verify worker ran as whoever would start it by hand, with every right: the app has no worker in that region');
  } finally {
    fargate.remove();
  }
});

test('without a replica the report says that nothing would be left', async () => {
  if (skipped !== undefined) lacks(skipped);
  const alone = shopApp({ region: 'eu-west-3' });
  try {
    const all = await rehearse({ app: alone.directory, days: 1 });
    expect(all.month!.protections[0].lostRegion).toBeUndefined();
    expect(reportHtml(all)).toContain('With eu-west-3 lost nothing would be left');
    expect(reportText(all)).toContain('with eu-west-3 lost nothing would be left');
  } finally {
    alone.remove();
  }
});
