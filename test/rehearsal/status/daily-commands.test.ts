import { pauseReason } from '../../../lib/contract/pause';
import { TestNotice } from '../../../lib/contract/notification';
import { alarmsCommand } from '../../../rehearsal/commands/alarms';
import { pauseCommand, resumeCommand } from '../../../rehearsal/commands/pause';
import { runCommand } from '../../../rehearsal/commands/run';
import { statusCommand } from '../../../rehearsal/commands/status';
import { deployedShop, type Ran, runOn } from './cloud';

jest.setTimeout(60_000);

const shop = deployedShop();

const schedule = () => shop.cloud.endpoint.schedules.list().find(({ Target }) => String(Target.Arn).includes('stateMachine') && String(Target.Arn).toLowerCase().includes('databaserun'))!;

describe('pause and resume', () => {
  const pause = async (...args: string[]): Promise<Ran> => await runOn(pauseCommand, ['--app', shop.app.directory, ...args]);
  const resume = async (...args: string[]): Promise<Ran> => await runOn(resumeCommand, ['--app', shop.app.directory, ...args]);

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
    shop.cloud.endpoint.schedules.change(schedule().Arn, { State: 'DISABLED' });
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
  const run = async (...args: string[]): Promise<Ran> => await runOn(runCommand, ['--app', shop.app.directory, ...args]);

  test('starts the protection\'s machine with now as its slot', async () => {
    const from = Math.floor(Date.now() / 1000) * 1000;
    const { code, out } = await run('database', '--reason', 'before the migration', '--json');
    expect(code).toBe(0);
    const [{ input, machineArn, name }] = shop.cloud.started;
    const { slot, runId } = JSON.parse(out) as { slot: string; runId: string };
    expect(input).toEqual({ slot, reason: 'before the migration' });
    expect([name, machineArn]).toEqual([`run-${runId}`, shop.app.resolver.resolve(shop.app.resolver.assembly.stacks[0], shop.cloud.declared.protections[0].stateMachine, '')]);
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
    while (shop.cloud.started.length === 0) await new Promise(setImmediate);
    const failure = ending === 'FAILED' ? { error: 'RunError', cause: 'the worker could not sign in' } : {};
    shop.cloud.endpoint.machines.entered(shop.cloud.started[0].arn, 'Dump');
    shop.cloud.endpoint.machines.ended(shop.cloud.started[0].arn, { status: ending, output, ...failure });
    const ended = await waiting;
    expect([ended.code, ended.out]).toEqual([code, expect.stringMatching(words)]);
  });

  test.each<[string[], RegExp]>([[[], /say which protection/], [['databas'], /did you mean database\?/], [['database', '--reson', 'x'], /did you mean --reason\?/]])(
    '%j is a wrong usage', async (args, message) => {
      await expect(run(...args)).rejects.toThrow(message);
      expect(shop.cloud.started).toEqual([]);
    },
  );

  test('a machine that is gone is exit code 2', async () => {
    for (const { identity } of shop.app.resolver.resourcesOf('AWS::StepFunctions::StateMachine')) shop.cloud.endpoint.machines.remove(identity.ref);
    const { code, err } = await run('database');
    expect([code, err]).toEqual([2, expect.stringMatching(/Step Functions did not start arn:.*StateMachineDoesNotExist/)]);
  });
});

describe('alarms', () => {
  const alarms = async (...args: string[]): Promise<Ran> => await runOn(alarmsCommand, ['--app', shop.app.directory, ...args]);

  test('list --declared is every declared alarm with its limit and section', async () => {
    const { code, out } = await alarms('list', '--declared', '--json');
    const { alarms: all } = JSON.parse(out) as { alarms: { alarm: string; limit: string; runbook: string }[] };
    expect(code).toBe(0);
    expect(all).toHaveLength(shop.cloud.declared.watching!.alarms.length);
    expect(all.find(({ alarm }) => alarm === 'recovery-point-old')).toMatchObject({ limit: expect.stringMatching(/^at most \d+ h/), severity: 'page', runbook: expect.stringMatching(/#recovery-point-old$/) });
    const text = (await alarms('list', '--declared', '--severity', 'page')).out;
    expect(text).toMatch(/^POLICY +PROTECTION +ALARM +TELLS +LIMIT\n/);
    expect(text).not.toMatch(/ notify /);
  });

  test('list --store holds them against a kept store', async () => {
    await shop.cloud.copies(3, 3);
    await shop.cloud.stop();
    const { code, out } = await alarms('list', '--store', shop.cloud.directory);
    expect(code).toBe(1);
    expect(out).toMatch(/database +recovery-point-old +page +at most 26 h +ALARM/);
    expect(out).toMatch(/ OK\n/);
  });

  test('list asks CloudWatch, and knows an alarm by its mark', async () => {
    const marked = shop.cloud.endpoint.alarms.in('us-east-1').find(({ description }) => description?.includes('cdk-backup-policy backupOverdue staging/shop/database'))!;
    shop.cloud.endpoint.alarms.seed({ ...marked, state: 'ALARM' });
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
    expect(shop.cloud.endpoint.messages).toHaveLength(1);
    await alarms('test', '--severity', 'notify');
    const sent = shop.cloud.endpoint.messages.map(({ topicArn, message }) => ({ topicArn, notice: TestNotice.parse(JSON.parse(message)) }));
    expect(sent.map(({ notice: { severity, application } }) => [severity, application])).toEqual([['page', 'shop'], ['notify', 'shop']]);
    expect(new Set(sent.map(({ topicArn }) => topicArn)).size).toBe(2);
    expect(out).toMatch(/A test is on its way to 1 recipient of shop \(staging\), as pages go:\n {2}email team@example\.org \(en\)/);
  });

  test.each<[string[], RegExp]>([
    [[], /say list or test/], [['lst'], /did you mean list\?/], [['test', 'now'], /one word too many/], [['test', '--severity', 'loud'], /it is page or notify/],
    [['test', '--declared'], /--declared goes with list/], [['list', '--declared', '--store', 'x'], /--declared and --store/],
  ])('%j is a wrong usage', async (args, message) => {
    await expect(alarms(...args)).rejects.toThrow(message);
    expect(shop.cloud.endpoint.messages).toEqual([]);
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
