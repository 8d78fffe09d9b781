import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { BackupLock, Compute } from '../../lib';
import type { ApiCall } from '../../rehearsal/endpoint';
import { rehearse } from '../../rehearsal/rehearse';
import { reportHtml } from '../../rehearsal/report/html';
import { parseReport, type RehearsalReport } from '../../rehearsal/report/model';
import type { MonthProtection } from '../../rehearsal/report/month-model';
import { reportText } from '../../rehearsal/report/text';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { shopApp } from './shop-app';
import type { Synthesized } from './synthesize';

jest.setTimeout(180_000);

const DAY = 86_400_000;
const DAYS = 30;

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
  app = shopApp({ region: 'eu-west-3', replicaRegions: ['eu-west-1'], replicaWorkers: Compute.lambda(), lock: BackupLock.governance(Duration.days(10)) });
  skipped = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
  if (skipped !== undefined) return;
  report = parseReport(JSON.parse(JSON.stringify(await rehearse({ app: app.directory, days: DAYS, ...heard(afterTheLoss) }))));
  month = report.month!;
  [one] = month.protections;
});
afterAll(() => app.remove());

function shows(name: string, run: () => void): void {
  test(name, () => {
    if (skipped !== undefined) return console.warn(`skipped: ${name}: ${skipped}`);
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
  if (skipped !== undefined) return console.warn(`skipped: a drill that needs the lost region: ${skipped}`);
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
  if (skipped !== undefined) return console.warn(`skipped: every slot: ${skipped}`);
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
  if (skipped !== undefined) return console.warn(`skipped: no replica: ${skipped}`);
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
