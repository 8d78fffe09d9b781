import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AlarmSet, BackupLock, BackupPolicy, BackupReplica, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, QuietHours, Recipient,
  Retention,
} from '../../../lib';
import { ALARM_KIND_NAMES } from '../../../lib/contract/alarm-kinds';
import { findPolicies } from '../../../rehearsal/assembly';
import type { Fault } from '../../../rehearsal/alarms/fault';
import { FAULTS, kindsWithoutFault } from '../../../rehearsal/alarms/faults';
import { type AlarmReport, type PolicyAlarmReport, problemsOf } from '../../../rehearsal/alarms/model';
import { OFTEN_MISSED } from '../../../rehearsal/alarms/often-missed';
import { rehearseAlarms, withoutFault } from '../../../rehearsal/alarms/rehearse-alarms';
import { expectedOf } from '../../../rehearsal/alarms/run-fault';
import { type World, worldOf } from '../../../rehearsal/alarms/world';
import { alarmReportText } from '../../../rehearsal/report/alarm-text';
import { writeAlarmReport } from '../../../rehearsal/report/write';
import { findPostgresBinaries } from '../../../rehearsal/servers/postgres-binaries';
import { lacks } from '../../support/lacks';
import { synthesize, type Synthesized } from '../synthesize';

jest.setTimeout(1_200_000);

let app: Synthesized;
let world: World;

beforeAll(() => {
  app = synthesize((root) => {
    const stack = new Stack(root, 'Shop', { env: { region: 'eu-west-3' } });
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop', recipients: [Recipient.email('on-call@example.org')], alarms: { set: AlarmSet.ALL, storeCeiling: Size.gibibytes(1) },
      scrub: { within: Duration.days(90) },
      notifications: { quietHours: QuietHours.daily({ from: '20:00', until: '07:00', timeZone: TimeZone.EUROPE_PARIS }) },
      store: new BackupStore(stack, 'Store', { replicas: [BackupReplica.inRegion('eu-west-1')], lock: BackupLock.governance(Duration.days(7)) }),
    });
    policy.protect('database', {
      source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED }),
      schedule: BackupSchedule.daily({ at: '02:30', timeZone: TimeZone.EUROPE_PARIS }),
      retention: Retention.gfs({ daily: 7, weekly: 4 }), objectives: { rpo: Duration.hours(50), rto: Duration.hours(1) },
    });
  }, { region: 'eu-west-3' });
  world = worldOf(app.resolver, findPolicies(app.resolver)[0]);
});
afterAll(() => app.remove());

describe('every alarm has a fault that must fire it', () => {
  test('every kind; what no policy can declare yet has none', () => {
    const declared = new Set(world.watching.alarms.map(({ kind }) => kind));
    expect(kindsWithoutFault().filter((kind) => declared.has(kind))).toEqual([]);
    expect(ALARM_KIND_NAMES.filter((kind) => !declared.has(kind))).toEqual(kindsWithoutFault());
  });

  test('every alarm of the template, those of the replica and the composites that tell among them', () => {
    const asked = new Set(FAULTS.flatMap((fault) => expectedOf(fault, world)));
    const gathers = world.alarms.filter((alarm) => !asked.has(alarm));
    // What gathers others has no action of its own.
    expect(gathers.map(({ kind, actions }) => [kind, actions.ALARM])).toEqual(gathers.map(() => ['composite', []]));
    expect([...new Set(world.alarms.map(({ region }) => region))].sort()).toEqual(['eu-west-1', 'eu-west-3']);
  });

  test('what others learn of late has a fault by that name', () => {
    const named = OFTEN_MISSED.flatMap(({ faults }) => faults);
    expect(named.filter((name) => !FAULTS.some((fault) => fault.name === name))).toEqual([]);
    expect(OFTEN_MISSED).toHaveLength(11);
  });

  test('one that nothing fires fails the rehearsal', () => {
    const row = { alarm: 'A/One', region: 'eu-west-3', fault: 'f', messages: [], overMessages: [] };
    const fault = { fault: 'f', runs: [], rows: [{ ...row, firedAfterSeconds: 60 }, { ...row, alarm: 'A/Two' }], also: ['A/Three'], rounds: { real: 1, quiet: 0 }, seconds: 1 };
    const lost = withoutFault(['One', 'Two', 'Three', 'Four'].map((name) => ({ path: `A/${name}` })), [fault]);
    expect(lost).toEqual(['A/Two', 'A/Four']);
    const healthy: PolicyAlarmReport['healthy'] = {
      from: '2027-03-26T00:00:00Z', to: '2027-03-27T00:00:00Z', days: 1, zoneChanges: [], deployed: { seconds: 3600, runs: 0, rounds: 4, alarms: 0, messages: 0 }, runs: 1, rounds: { real: 1, quiet: 0 },
      alarms: [], messages: [], failures: [],
    };
    const report: PolicyAlarmReport = {
      application: 'shop', environment: 'production', path: 'A', region: 'eu-west-3', alarms: 4, healthy, clockChanges: [], faults: [fault], oftenMissed: [],
      withoutFault: lost,
    };
    expect(problemsOf(report)).toEqual(['A/Two: no fault fires it', 'A/Four: no fault fires it']);
    expect(problemsOf({ ...report, withoutFault: [], healthy: { ...healthy, alarms: [{ alarm: 'A/One', at: 'then', reason: 'why' }] } }))
      .toEqual(['A/One fired at then, in days without a fault: why']);
    const rung = { ...healthy, alarms: [{ alarm: 'A/One', at: 'then', reason: 'why' }] };
    expect(problemsOf({ ...report, withoutFault: [], clockChanges: [rung] })).toHaveLength(1);
    // By another zone's clocks than the policy's own.
    expect(problemsOf({ ...report, withoutFault: [], clockChanges: [{ ...rung, standIn: 'Europe/Lisbon' }] })).toEqual([]);
    const run = { protection: 'database', slot: 'then', outcome: 'failed' as const, endedAfterSeconds: 60, messages: [], problem: 'nobody heard' };
    expect(problemsOf({ ...report, withoutFault: [], faults: [{ ...fault, runs: [run] }] })).toEqual(['the run of database at then, when f: nobody heard']);
  });
});

describe('the short form', () => {
  const quick = [
    'the schedule is disabled by hand', 'gauges go to another namespace', 'the bucket\'s policy refuses no overwriting any more', 'the store\'s key is disabled',
  ];
  const [emptied, unverified] = ['the dump succeeds, and is empty', 'runs go on, and nobody verifies'];
  const nothing = (): void => undefined;
  const deaf: Fault = { ...FAULTS[0], name: 'nothing at all', inject: nothing, mend: nothing, withinHours: 1, overWithinHours: 1 };
  let report: AlarmReport;
  let missing: string | undefined;
  const shows = (name: string, run: () => Promise<void> | void): void => {
    test(name, async () => {
      if (missing !== undefined) lacks(missing);
      await run();
    });
  };
  const rows = () => report.policies[0].faults.flatMap((fault) => fault.rows);

  beforeAll(async () => {
    missing = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
    if (missing !== undefined) return;
    const injected = [...FAULTS.filter(({ name }) => [emptied, unverified, ...quick].includes(name)), deaf];
    report = await rehearseAlarms({ app: app.directory, short: true, injected });
  });

  shows('days from the deployment on ring nothing, when an hour is left out and when one comes twice', () => {
    const [{ healthy, clockChanges }] = report.policies;
    for (const days of [healthy, ...clockChanges]) {
      expect(days).toMatchObject({ alarms: [], messages: [], failures: [] });
      expect(days.runs).toBeGreaterThan(2);
    }
    const changes = [healthy, ...clockChanges].flatMap(({ zoneChanges }) => zoneChanges.map(({ timeZone, kind }) => [timeZone, kind]));
    expect(changes).toEqual(expect.arrayContaining([['Europe/Paris', 'hour-skipped'], ['Europe/Paris', 'hour-twice']]));
  });

  shows('a policy deployed an hour ago, with no run yet due, alarms nobody', () => {
    const [{ healthy: { deployed }, oftenMissed }] = report.policies;
    expect(deployed).toMatchObject({ seconds: 3600, runs: 0, alarms: 0, messages: 0 });
    expect(deployed.rounds).toBeGreaterThan(3);
    expect(oftenMissed.at(-1)).toMatchObject({ alarms: [], asItShould: true });
  });

  shows('a real run whose verification may not read says so at once, and the alarms follow', () => {
    const { runs, rows: fired } = report.policies[0].faults.find(({ fault }) => fault === unverified)!;
    expect(runs[0]).toMatchObject({ outcome: 'failed', failure: expect.stringMatching(/^RefusedError: .*refused to read/) });
    expect(runs[0].messages.map(({ channel, to }) => [channel, to])).toEqual([['email', 'on-call@example.org']]);
    expect(runs[0].messages[0].text).toContain('refused to read');
    expect(fired.map(({ kind, problem }) => [kind, problem]).sort()).toEqual([['backupFailed', undefined], ['copyUnverified', undefined]]);
  });

  shows('real runs over emptied tables: a page at once, what can wait when the quiet hours are over', () => {
    const { rows: fired } = report.policies[0].faults.find(({ fault }) => fault === emptied)!;
    const [size, rowsOf] = ['sizeAnomaly', 'rowsAnomaly'].map((kind) => fired.find((row) => row.kind === kind && row.messages.length > 0)!);
    // Both fire in the night, some minutes after 02:30 in Paris.
    expect(rowsOf).toMatchObject({ severity: 'page', messages: [{ channel: 'email' }] });
    expect(rowsOf.quietSeconds).toBeUndefined();
    expect(size).toMatchObject({ severity: 'notify', messages: [{ channel: 'email' }] });
    expect(size.quietSeconds).toBeGreaterThan(3 * 3600);
    expect(size.quietSeconds).toBeLessThan(5 * 3600);
  });

  shows('each fault is heard by every alarm it must ring, in words, and is over after the mend', () => {
    for (const name of quick) {
      const own = rows().filter(({ fault }) => fault === name);
      expect(own.length).toBeGreaterThan(0);
      for (const row of own) {
        expect([row.fault, row.problem]).toEqual([name, undefined]);
        expect(row.firedAfterSeconds).toBeLessThan(4 * 3600);
        expect(row.overAfterSeconds).toBeDefined();
        expect(row.messages.map(({ channel, to }) => [channel, to])).toEqual([['email', 'on-call@example.org']]);
        expect(row.overMessages).toHaveLength(1);
      }
    }
    const [{ messages: [told] }] = rows().filter(({ kind }) => kind === 'scheduleChanged');
    expect(told.title).toMatch(/^\[NOW\] shop\/database \(production\): /);
    expect(told.text).toContain('schedule');
  });

  shows('what nothing is done to is not heard, which fails the whole', async () => {
    expect(report.outcome).toBe('failed');
    expect(problemsOf(report.policies[0])).toEqual([expect.stringMatching(/ScheduleChanged.*when nothing at all: it did not fire within 1 hours/)]);
    const directory = mkdtempSync(join(tmpdir(), 'alarm-report-'));
    try {
      const { html, json } = await writeAlarmReport(report, directory);
      expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(JSON.parse(JSON.stringify(report)));
      const page = readFileSync(html, 'utf8');
      expect(page).toContain('refuses no overwriting any more');
      expect(page).not.toContain('<script');
      expect(alarmReportText(report)).toMatch(/✓ database scheduleChanged +the schedule is disabled by hand +\d+ min +email/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
