import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pauseReason } from '../../../lib/contract/pause';
import { alarmMark, TestNotice } from '../../../lib/contract/notification';
import { alarmsCommand } from '../../../rehearsal/commands/alarms';
import { pauseCommand, resumeCommand } from '../../../rehearsal/commands/pause';
import { runCommand } from '../../../rehearsal/commands/run';
import { statusCommand } from '../../../rehearsal/commands/status';
import type { Status } from '../../../rehearsal/status/model';
import { UsageError } from '../../../rehearsal/usage';
import { shopApp } from '../shop-app';
import type { Synthesized } from '../synthesize';
import { DeployedApp, type Ran, runOn } from './cloud';

jest.setTimeout(60_000);

let app: Synthesized;
let cloud: DeployedApp;

beforeAll(() => {
  app = shopApp({ region: 'us-east-1' });
});

afterAll(() => app.remove());

beforeEach(async () => {
  cloud = await DeployedApp.start(app);
});

afterEach(async () => {
  await cloud.stop();
  cloud.remove();
});

const status = async (...args: string[]): Promise<Ran> => await runOn(statusCommand, ['--app', app.directory, ...args]);
const schedule = () => cloud.endpoint.schedules.list().find(({ Target }) => String(Target.Arn).includes('stateMachine') && String(Target.Arn).toLowerCase().includes('databaserun'))!;

describe('status', () => {
  test('a healthy store: the deployed sentinel is asked once more, silently, and says that all is well', async () => {
    await cloud.copies(5);
    const { code, out, err } = await status();
    expect(err).toBe('');
    expect(out).toMatch(/^✓ shop staging us-east-1, looked at /);
    expect(out).toMatch(/✓ database {2}well {2}A proven copy, \d+ (h|min)/);
    expect(out).toMatch(/last drill +20\S+ \S+ UTC, restored in 42 s of 1 h \(RTO\)/);
    expect(code).toBe(0);
    expect(cloud.asked).toMatchObject([{ payload: { silent: true, application: 'shop', store: { bucket: cloud.bucket } } }]);
    expect(cloud.asked[0].name).toContain('Sentinel');
  });

  test('a store whose copies stopped three days ago: exit code 1, each breach with its section', async () => {
    await cloud.copies(5, 3);
    const { code, out } = await status();
    expect(code).toBe(1);
    expect(out).toMatch(/page +The newest proven copy holds the data as it was \d+ [dh].* ago; at most 26 h are allowed\./);
    expect(out).toContain('alarms.en.md#recovery-point-old');
  });

  test('a policy that was just deployed waits, and that is no failure', async () => {
    const { code, out } = await status();
    expect([code, out]).toEqual([0, expect.stringMatching(/… database {2}waiting {2}It waits for its first slot\. The next run is due at 20/)]);
  });

  test('--json is the model, --html a page, --prometheus text', async () => {
    await cloud.copies(3);
    const file = join(cloud.directory, 'status.html');
    const { code, out } = await status('--json', '--html', file);
    const parsed = JSON.parse(out) as Status;
    expect(parsed).toMatchObject({ version: 1, condition: 'well', unread: [], policies: [{ application: 'shop', protections: [{ protection: 'database', provenCopies: 3 }] }] });
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('<h1 class="is-well">All is well.</h1>');
    const { out: text } = await status('--prometheus');
    expect(text).toContain('backup_policy_proven_copies{environment="staging",application="shop",protection="database"} 3\n');
  });

  test('--local runs the deployed code here, and asks no function', async () => {
    await cloud.copies(3);
    const { code, out } = await status('--local', '--json');
    expect([code, (JSON.parse(out) as Status).condition, cloud.asked]).toEqual([0, 'well', []]);
  });

  test.each([
    ['not deployed', {}, /cannot be read: The stack Shop is not deployed in eu-central-1 with these credentials/, 'eu-central-1'],
    ['deployed before it had a sentinel', { Other: 'other' }, /is in the template and not in what is deployed/, 'us-east-1'],
  ] as const)('an app that is %s is exit code 2, with the mend', async (_what, resources, message, region) => {
    cloud.endpoint.stacks.seed({ name: 'Shop', resources });
    const other = shopApp({ region });
    try {
      const { code, out } = await runOn(statusCommand, ['--app', other.directory]);
      expect([code, out]).toEqual([2, expect.stringMatching(message)]);
    } finally {
      other.remove();
    }
  });

  test('an app that leaves its region open needs one', async () => {
    const open = shopApp();
    try {
      const { code, out } = await runOn(statusCommand, ['--app', open.directory], { env: { PATH: process.env.PATH } });
      expect([code, out]).toEqual([2, expect.stringMatching(/leaves its region to the deployment: give it with --region/)]);
      await cloud.copies(1);
      expect((await runOn(statusCommand, ['--app', open.directory, '--region', 'us-east-1'])).out).not.toMatch(/--region/);
    } finally {
      open.remove();
    }
  });

  test('a sentinel that fails is not well, and says why', async () => {
    await cloud.copies(1);
    await cloud.put('policies/staging/shop/database/zzz.json', '{}');
    const { code, out } = await status();
    expect([code, out]).toEqual([2, expect.stringMatching(/not known|cannot be read/)]);
    expect(out).not.toMatch(/✓/);
  });

  test('a store that cannot be read is exit code 2, never well', async () => {
    const { code, out } = await status('--region', 'us-east-1');
    expect(code).toBe(0);
    expect(out).toContain('waiting');
    cloud.endpoint.loseRegion('us-east-1');
    const lost = await status();
    expect(lost.code).toBe(2);
    expect(lost.out).toMatch(/\? shop staging\n {2}cannot be read: CloudFormation in us-east-1 did not say/);
    expect(lost.out).not.toMatch(/well/);
    expect((await status('--prometheus')).out).toContain('backup_policy_readable{environment="staging",application="shop"} 0\n');
  });

  test('a manifest that cannot be parsed is named, and in nobody\'s way', async () => {
    await cloud.copies(3);
    await cloud.put('runs/staging/shop/database/20260101T020000Z.json', '{"half":');
    await cloud.copies(1);
    const { code, out } = await status();
    expect([0, 1]).toContain(code);
    expect(out).toMatch(/newest proven copy {2}20/);
  });

  test('a pause is said, with its end and reason, and is not trouble', async () => {
    await cloud.copies(3);
    await runOn(pauseCommand, ['database', '--for', '2d', '--reason', 'move to PostgreSQL 17', '--app', app.directory]);
    const { code, out } = await status();
    expect([code, out]).toEqual([0, expect.stringMatching(/‖ database {2}paused {2}Paused until 20\S+ \S+ UTC: move to PostgreSQL 17\n/)]);
  });

  test('a schedule that was disabled by hand is trouble', async () => {
    await cloud.copies(3);
    cloud.endpoint.schedules.change(schedule().Arn, { State: 'DISABLED' });
    const { code, out } = await status();
    expect([code, out]).toEqual([1, expect.stringContaining('#schedule-changed')]);
  });

  test('a store that a rehearsal kept is opened again: by its own clock, with nothing of AWS', async () => {
    await cloud.copies(3);
    await cloud.stop();
    const { code, out } = await status('--store', cloud.directory);
    expect([code, out]).toEqual([0, expect.stringMatching(/✓ database {2}well/)]);
    const later = await status('--store', cloud.directory, '--at', new Date(Date.now() + 3 * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z'));
    expect([later.code, later.out]).toEqual([1, expect.stringContaining('#recovery-point-old')]);
  });

  test('a folder without a store, and another app\'s, are refused before anything is made there', async () => {
    const nothing = await status('--store', join(tmpdir(), 'nowhere'));
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining('holds no store: keep a rehearsal\'s')]);
    await cloud.stop();
    const other = shopApp({ region: 'eu-west-3' });
    try {
      const foreign = await runOn(statusCommand, ['--app', other.directory, '--store', cloud.directory]);
      expect([foreign.code, foreign.err]).toEqual([2, expect.stringMatching(/has no bucket shop-\S+; it has shop-/)]);
    } finally {
      other.remove();
    }
  });

  test('--watch refreshes in place and leaves the terminal as it was', async () => {
    await cloud.copies(2);
    const controller = new AbortController();
    let out = '';
    const stdout = {
      isTTY: true, rows: 12,
      write: (text: string) => {
        out += text;
        // Ctrl-C, once the first look stands on the screen.
        if (out.includes('Ctrl-C ends')) controller.abort();
      },
    };
    const { code } = await runOn(statusCommand, ['--app', app.directory, '--watch', '--every', '5'], { stdout, signal: controller.signal, env: { ...process.env, NO_COLOR: '1' } });
    const [entered, left] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
    expect(out.startsWith(entered)).toBe(true);
    const [screen, after] = out.split(left);
    expect(screen.split('\n').length).toBeLessThanOrEqual(12);
    expect(after).toMatch(/^✓ shop staging/);
    expect(code).toBe(0);
  });

  test.each<[string[], RegExp]>([
    [['--htlm', 'x'], /did you mean --html\?/],
    [['--json', '--prometheus'], /only one of them/],
    [['--every', '9'], /--every goes with --watch/],
    [['--watch', '--every', '1'], /--every 1: give whole seconds, 5 at least/],
    [['--at', '2026-11-20T02:00:00Z'], /--at goes with --store/],
    [['--store', 'x', '--at', 'noon'], /--at noon is no instant/],
    [['--local', '--store', 'x'], /--local and --store/],
    [['--application', 'shopp'], /did you mean shop\?/],
    [['--environment', 'moon'], /there are shop \(staging\)/],
  ])('%j is a wrong usage', async (args, message) => {
    await expect(status(...args)).rejects.toThrow(UsageError);
    await expect(status(...args)).rejects.toThrow(message);
  });
});

describe('pause and resume', () => {
  const pause = async (...args: string[]): Promise<Ran> => await runOn(pauseCommand, ['--app', app.directory, ...args]);
  const resume = async (...args: string[]): Promise<Ran> => await runOn(resumeCommand, ['--app', app.directory, ...args]);

  test('only beginning and description change; resume puts both back', async () => {
    const before = schedule();
    const { code, out } = await pause('database', '--for', '2d', '--reason', 'move of\n the host');
    expect(code).toBe(0);
    expect(out).toMatch(/^database of shop \(staging\) is paused until 20\S+ \S+ UTC, for 48 h: move of the host\n2 runs fall out; the next one is due at 20/);
    expect(out).toMatch(/longer than the objective \(RPO 26 h\)/);
    const { StartDate, Description, LastModificationDate: _changed, ...paused } = schedule();
    const { StartDate: none, Description: said, LastModificationDate: _made, ...rest } = before;
    expect(none).toBeUndefined();
    expect(paused).toEqual(rest);
    expect(pauseReason(Description)).toBe('move of the host');
    expect(StartDate! - Date.now() / 1000).toBeGreaterThan(47 * 3600);
    // A second pause takes the place of the first, and keeps what the schedule said before.
    await pause('database', '--for', '6h', '--reason', 'again');
    const resumed = await resume('database');
    expect([resumed.code, resumed.out]).toEqual([0, expect.stringMatching(/is no longer paused; the next run is due at 20/)]);
    expect(schedule()).toMatchObject({ Description: said, State: 'ENABLED' });
    expect(schedule().StartDate).toBeUndefined();
    expect((await resume('database')).out).toMatch(/is not paused; the next run/);
  });

  test('a schedule that is disabled is not paused, for nothing would wake it', async () => {
    cloud.endpoint.schedules.change(schedule().Arn, { State: 'DISABLED' });
    const { code, err } = await pause('database', '--for', '2d', '--reason', 'r');
    expect([code, err]).toEqual([2, expect.stringContaining('is disabled by hand: nothing would wake it')]);
    expect(schedule().StartDate).toBeUndefined();
  });

  test('--json says what was done', async () => {
    const { out } = await pause('database', '--until', new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z'), '--reason', 'r', '--json');
    expect(JSON.parse(out)).toMatchObject({ protection: 'database', reason: 'r', pausedUntil: expect.stringMatching(/Z$/), nextSlot: expect.stringMatching(/Z$/) });
  });

  test.each<[string[], RegExp]>([
    [[], /say which protection/],
    [['database', 'again', '--for', '1d', '--reason', 'r'], /"again": name one protection/],
    [['database', '--reason', 'r'], /a pause has an end/],
    [['database', '--for', '1d', '--until', '2030-01-01T00:00:00Z', '--reason', 'r'], /either --until or --for/],
    [['database', '--for', '1d'], /a pause has a reason/],
    [['database', '--for', '1d', '--reason', '  '], /a pause has a reason/],
    [['database', '--for', 'soon', '--reason', 'r'], /write it as 90m, 6h, 2d/],
    [['database', '--for', '0m', '--reason', 'r'], /--for 0m lies in the past/],
    [['database', '--for', '32d', '--reason', 'r'], /31 days at most/],
    [['database', '--until', '2020-01-01T00:00:00Z', '--reason', 'r'], /lies in the past/],
    [['database', '--until', '2026-12-01 09:00', '--reason', 'r'], /is no instant/],
    [['databse', '--for', '1d', '--reason', 'r'], /no protection "databse"; did you mean database\?/],
    [['database', '--for', '1d', '--reason', 'x'.repeat(301)], /300 characters at most/],
  ])('%j is a wrong usage, and changes nothing', async (args, message) => {
    await expect(pause(...args)).rejects.toThrow(message);
    expect(schedule().StartDate).toBeUndefined();
  });
});

describe('run', () => {
  const run = async (...args: string[]): Promise<Ran> => await runOn(runCommand, ['--app', app.directory, ...args]);

  test('starts the protection\'s machine with now as its slot', async () => {
    const from = Math.floor(Date.now() / 1000) * 1000;
    const { code, out } = await run('database', '--reason', 'before the migration', '--json');
    expect(code).toBe(0);
    const [{ input, machineArn, name }] = cloud.started;
    const { slot, runId } = JSON.parse(out) as { slot: string; runId: string };
    expect(input).toEqual({ slot, reason: 'before the migration' });
    expect([name, machineArn]).toEqual([`run-${runId}`, app.resolver.resolve(app.resolver.assembly.stacks[0], cloud.declared.protections[0].stateMachine, '')]);
    expect(slot).toMatch(/:\d\dZ$/);
    expect(Date.parse(slot)).toBeGreaterThanOrEqual(from);
  });

  test.each([
    ['SUCCEEDED', { verify: { runId: 'r', verdictKey: 'k', outcome: 'proven', summary: 'Every row is back.', totalSeconds: 40 } }, 0, /is proven after \d+ s\. Every row is back\./],
    ['SUCCEEDED', { verify: { runId: 'r', verdictKey: 'k', outcome: 'checksums-only', summary: 'Nobody opened it.', totalSeconds: 4 } }, 0, /is checksums-only/],
    ['FAILED', undefined, 1, /failed after \d+ s\. RunError: the worker could not sign in/],
    ['TIMED_OUT', undefined, 1, /timed out/],
  ] as const)('--wait follows it to its end: %s', async (ending, output, code, words) => {
    const waiting = run('database', '--wait');
    while (cloud.started.length === 0) await new Promise(setImmediate);
    const failure = ending === 'FAILED' ? { error: 'RunError', cause: 'the worker could not sign in' } : {};
    cloud.endpoint.machines.entered(cloud.started[0].arn, 'Dump');
    cloud.endpoint.machines.ended(cloud.started[0].arn, { status: ending, output, ...failure });
    const ended = await waiting;
    expect([ended.code, ended.out]).toEqual([code, expect.stringMatching(words)]);
  });

  test.each<[string[], RegExp]>([[[], /say which protection/], [['databas'], /did you mean database\?/], [['database', '--reson', 'x'], /did you mean --reason\?/]])(
    '%j is a wrong usage', async (args, message) => {
      await expect(run(...args)).rejects.toThrow(message);
      expect(cloud.started).toEqual([]);
    },
  );

  test('a machine that is gone is exit code 2', async () => {
    for (const { identity } of app.resolver.resourcesOf('AWS::StepFunctions::StateMachine')) cloud.endpoint.machines.remove(identity.ref);
    const { code, err } = await run('database');
    expect([code, err]).toEqual([2, expect.stringMatching(/Step Functions did not start arn:.*StateMachineDoesNotExist/)]);
  });
});

describe('alarms', () => {
  const alarms = async (...args: string[]): Promise<Ran> => await runOn(alarmsCommand, ['--app', app.directory, ...args]);

  test('list --declared is every declared alarm with its limit and section', async () => {
    const { code, out } = await alarms('list', '--declared', '--json');
    const { alarms: all } = JSON.parse(out) as { alarms: { alarm: string; limit: string; runbook: string }[] };
    expect(code).toBe(0);
    expect(all).toHaveLength(cloud.declared.watching!.alarms.length);
    expect(all.find(({ alarm }) => alarm === 'recovery-point-old')).toMatchObject({ limit: expect.stringMatching(/^at most \d+ h/), severity: 'page', runbook: expect.stringMatching(/#recovery-point-old$/) });
    const text = (await alarms('list', '--declared', '--severity', 'page')).out;
    expect(text).toMatch(/^POLICY +PROTECTION +ALARM +TELLS +LIMIT\n/);
    expect(text).not.toMatch(/ notify /);
  });

  test('list --store holds them against a kept store', async () => {
    await cloud.copies(3, 3);
    await cloud.stop();
    const { code, out } = await alarms('list', '--store', cloud.directory);
    expect(code).toBe(1);
    expect(out).toMatch(/database +recovery-point-old +page +at most 26 h +ALARM/);
    expect(out).toMatch(/ OK\n/);
  });

  test('list asks CloudWatch, and knows an alarm by its mark', async () => {
    const marked = cloud.endpoint.alarms.in('us-east-1').find(({ description }) => description?.includes('cdk-backup-policy backupOverdue staging/shop/database'))!;
    cloud.endpoint.alarms.seed({ ...marked, state: 'ALARM' });
    const { code, out } = await alarms('list');
    expect(code).toBe(1);
    expect(out).toMatch(/database +backup-overdue +page +at most \d+ h +ALARM/);
    expect(out).toMatch(/database +recovery-point-old +page +at most 26 h +INSUFFICIENT_DATA/);
    expect(out).not.toMatch(/MISSING/);
    expect((await alarms('list', '--severity', 'notify')).code).toBe(0);
  });

  test('test publishes a marked notice to the topic of its severity, and says who should hear it', async () => {
    const { code, out } = await alarms('test');
    expect(code).toBe(0);
    expect(cloud.endpoint.messages).toHaveLength(1);
    await alarms('test', '--severity', 'notify');
    const sent = cloud.endpoint.messages.map(({ topicArn, message }) => ({ topicArn, notice: TestNotice.parse(JSON.parse(message)) }));
    expect(sent.map(({ notice: { severity, application } }) => [severity, application])).toEqual([['page', 'shop'], ['notify', 'shop']]);
    expect(new Set(sent.map(({ topicArn }) => topicArn)).size).toBe(2);
    expect(out).toMatch(/A test is on its way to 1 recipient of shop \(staging\), as pages go:\n {2}email team@example\.org \(en\)/);
  });

  test.each<[string[], RegExp]>([
    [[], /say list or test/], [['lst'], /did you mean list\?/], [['test', 'now'], /one word too many/], [['test', '--severity', 'loud'], /it is page or notify/],
    [['test', '--declared'], /--declared goes with list/], [['list', '--declared', '--store', 'x'], /--declared and --store/],
  ])('%j is a wrong usage', async (args, message) => {
    await expect(alarms(...args)).rejects.toThrow(message);
    expect(cloud.endpoint.messages).toEqual([]);
  });

  test('an alarm is known by the mark in its description', () => {
    expect(alarmMark({ kind: 'backupOverdue', environment: 'staging', application: 'shop', protection: 'database' })).toContain('staging/shop/database');
  });
});

test.each([['status', statusCommand], ['run', runCommand], ['pause', pauseCommand], ['resume', resumeCommand], ['alarms', alarmsCommand]] as const)(
  '%s --help says its exit codes, and needs nothing', async (name, command) => {
    const { code, out } = await runOn(command, ['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^usage: backup-policy ${name}`));
    expect(out).toContain('Exit code: 0');
  },
);
