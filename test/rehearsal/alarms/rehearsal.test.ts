import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AlarmSet, BackupLock, BackupPolicy, BackupReplica, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention,
} from '../../../lib';
import { ALARM_KIND_NAMES } from '../../../lib/contract/alarm-kinds';
import { findPolicies } from '../../../rehearsal/assembly';
import type { Fault } from '../../../rehearsal/alarms/fault';
import { FAULTS, kindsWithoutFault } from '../../../rehearsal/alarms/faults';
import { type AlarmReport, type PolicyAlarmReport, problemsOf } from '../../../rehearsal/alarms/model';
import { rehearseAlarms, withoutFault } from '../../../rehearsal/alarms/rehearse-alarms';
import { expectedOf } from '../../../rehearsal/alarms/run-fault';
import { type World, worldOf } from '../../../rehearsal/alarms/world';
import { alarmReportText } from '../../../rehearsal/report/alarm-text';
import { writeAlarmReport } from '../../../rehearsal/report/write';
import { findPostgresBinaries } from '../../../rehearsal/servers/postgres-binaries';
import { lacks } from '../../support/lacks';
import { synthesize, type Synthesized } from '../synthesize';

jest.setTimeout(300_000);

let app: Synthesized;
let world: World;

beforeAll(() => {
  app = synthesize((root) => {
    const stack = new Stack(root, 'Shop', { env: { region: 'eu-west-3' } });
    const policy = new BackupPolicy(stack, 'Backup', {
      application: 'shop', recipients: [Recipient.email('on-call@example.org')], alarms: { set: AlarmSet.ALL, storeCeiling: Size.gibibytes(1) },
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

  test('one that nothing fires fails the rehearsal', () => {
    const row = { alarm: 'A/One', region: 'eu-west-3', fault: 'f', messages: [], overMessages: [] };
    const fault = { fault: 'f', rows: [{ ...row, firedAfterSeconds: 60 }, { ...row, alarm: 'A/Two' }], also: ['A/Three'], rounds: { real: 1, quiet: 0 }, seconds: 1 };
    const lost = withoutFault(['One', 'Two', 'Three', 'Four'].map((name) => ({ path: `A/${name}` })), [fault]);
    expect(lost).toEqual(['A/Two', 'A/Four']);
    const healthy: PolicyAlarmReport['healthy'] = {
      from: '2027-03-26T00:00:00Z', to: '2027-03-27T00:00:00Z', days: 1, zoneChanges: [], runs: 1, rounds: { real: 1, quiet: 0 },
      alarms: [], messages: [], births: 0, failures: [],
    };
    const report = { application: 'shop', environment: 'production', path: 'A', region: 'eu-west-3', alarms: 4, healthy, faults: [fault], withoutFault: lost };
    expect(problemsOf(report)).toEqual(['A/Two: no fault fires it', 'A/Four: no fault fires it']);
    expect(problemsOf({ ...report, withoutFault: [], healthy: { ...healthy, alarms: [{ alarm: 'A/One', at: 'then', reason: 'why' }] } }))
      .toEqual(['A/One fired at then, in days without a fault: why']);
  });
});

describe('the short form', () => {
  const quick = [
    'the schedule is disabled by hand', 'gauges go to another namespace', 'the bucket\'s policy refuses no overwriting any more', 'the store\'s key is disabled',
  ];
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
    const injected = [...FAULTS.filter(({ name }) => quick.includes(name)), deaf];
    report = await rehearseAlarms({ app: app.directory, short: true, injected });
  });

  shows('days from the deployment on, a change of the clocks among them, ring nothing', () => {
    const [{ healthy }] = report.policies;
    expect(healthy).toMatchObject({ days: 6, alarms: [], messages: [], failures: [] });
    expect(healthy.zoneChanges).toHaveLength(1);
    expect(healthy.zoneChanges[0].timeZone).toBe('Europe/Paris');
    expect(healthy.runs).toBeGreaterThan(3);
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
      expect(page).toContain('the lock is shortened by hand');
      expect(page).not.toContain('<script');
      expect(alarmReportText(report)).toMatch(/✓ database scheduleChanged +the schedule is disabled by hand +\d+ min +email/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
