import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pauseCommand } from '../../../rehearsal/commands/pause';
import { statusCommand } from '../../../rehearsal/commands/status';
import type { Status } from '../../../rehearsal/status/model';
import { UsageError } from '../../../rehearsal/usage';
import { shopApp } from '../shop-app';
import { deployedShop, type Ran, runOn } from './cloud';

jest.setTimeout(60_000);

const shop = deployedShop();

const status = async (...args: string[]): Promise<Ran> => await runOn(statusCommand, ['--app', shop.app.directory, ...args]);
const schedule = () => shop.cloud.endpoint.schedules.list().find(({ Target }) => String(Target.Arn).includes('stateMachine') && String(Target.Arn).toLowerCase().includes('databaserun'))!;

describe('status', () => {
  test('a healthy store: the deployed sentinel is asked once more, silently, and says that all is well', async () => {
    await shop.cloud.copies(5);
    const { code, out, err } = await status();
    expect(err).toBe('');
    expect(out).toMatch(/^✓ shop staging us-east-1, looked at /);
    expect(out).toMatch(/✓ database {2}well {2}A proven copy, \d+ (h|min)/);
    expect(out).toMatch(/last drill +20\S+ \S+ UTC, restored in 42 s of 1 h \(RTO\)/);
    expect(code).toBe(0);
    expect(shop.cloud.asked).toMatchObject([{ payload: { silent: true, application: 'shop', store: { bucket: shop.cloud.bucket } } }]);
    expect(shop.cloud.asked[0].name).toContain('Sentinel');
  });

  test('a store whose copies stopped three days ago: exit code 1, each breach with its section', async () => {
    await shop.cloud.copies(5, 3);
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
    await shop.cloud.copies(3);
    const file = join(shop.cloud.directory, 'status.html');
    const { code, out } = await status('--json', '--html', file);
    const parsed = JSON.parse(out) as Status;
    expect(parsed).toMatchObject({ version: 1, condition: 'well', unread: [], policies: [{ application: 'shop', protections: [{ protection: 'database', provenCopies: 3 }] }] });
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('<h1 class="is-well">All is well.</h1>');
    const { out: text } = await status('--prometheus');
    expect(text).toContain('backup_policy_proven_copies{environment="staging",application="shop",protection="database"} 3\n');
  });

  test('--local runs the deployed code here, and asks no function', async () => {
    await shop.cloud.copies(3);
    const { code, out } = await status('--local', '--json');
    expect([code, (JSON.parse(out) as Status).condition, shop.cloud.asked]).toEqual([0, 'well', []]);
  });

  test.each([
    ['not deployed', {}, /cannot be read: The stack Shop is not deployed in eu-central-1 with these credentials/, 'eu-central-1'],
    ['deployed before it had a sentinel', { Other: 'other' }, /is in the template and not in what is deployed/, 'us-east-1'],
  ] as const)('an app that is %s is exit code 2, with the mend', async (_what, resources, message, region) => {
    shop.cloud.endpoint.stacks.seed({ name: 'Shop', resources });
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
      await shop.cloud.copies(1);
      expect((await runOn(statusCommand, ['--app', open.directory, '--region', 'us-east-1'])).out).not.toMatch(/--region/);
    } finally {
      open.remove();
    }
  });

  test('a sentinel that fails is not well, and says why', async () => {
    await shop.cloud.copies(1);
    await shop.cloud.put('policies/staging/shop/database/zzz.json', '{}');
    const { code, out } = await status();
    expect([code, out]).toEqual([2, expect.stringMatching(/not known|cannot be read/)]);
    expect(out).not.toMatch(/✓/);
  });

  test('a store that cannot be read is exit code 2, never well', async () => {
    const { code, out } = await status('--region', 'us-east-1');
    expect(code).toBe(0);
    expect(out).toContain('waiting');
    shop.cloud.endpoint.loseRegion('us-east-1');
    const lost = await status();
    expect(lost.code).toBe(2);
    expect(lost.out).toMatch(/\? shop staging\n {2}cannot be read: CloudFormation in us-east-1 did not say/);
    expect(lost.out).not.toMatch(/well/);
    expect((await status('--prometheus')).out).toContain('backup_policy_readable{environment="staging",application="shop"} 0\n');
  });

  test('a manifest that cannot be parsed is named, and in nobody\'s way', async () => {
    await shop.cloud.copies(3);
    await shop.cloud.put('runs/staging/shop/database/20260101T020000Z.json', '{"half":');
    await shop.cloud.copies(1);
    const { code, out } = await status();
    expect([0, 1]).toContain(code);
    expect(out).toMatch(/newest proven copy {2}20/);
  });

  test('a pause is said, with its end and reason, and is not trouble', async () => {
    await shop.cloud.copies(3);
    await runOn(pauseCommand, ['database', '--for', '2d', '--reason', 'move to PostgreSQL 17', '--app', shop.app.directory]);
    const { code, out } = await status();
    expect([code, out]).toEqual([0, expect.stringMatching(/‖ database {2}paused {2}Paused until 20\S+ \S+ UTC: move to PostgreSQL 17\n/)]);
  });

  test('a schedule that was disabled by hand is trouble', async () => {
    await shop.cloud.copies(3);
    shop.cloud.endpoint.schedules.change(schedule().Arn, { State: 'DISABLED' });
    const { code, out } = await status();
    expect([code, out]).toEqual([1, expect.stringContaining('#schedule-changed')]);
  });

  test('a store that a rehearsal kept is opened again: by its own clock, with nothing of AWS', async () => {
    await shop.cloud.copies(3);
    await shop.cloud.stop();
    const { code, out } = await status('--store', shop.cloud.directory);
    expect([code, out]).toEqual([0, expect.stringMatching(/✓ database {2}well/)]);
    const later = await status('--store', shop.cloud.directory, '--at', new Date(Date.now() + 3 * 86_400_000).toISOString().replace(/\.\d+Z/, 'Z'));
    expect([later.code, later.out]).toEqual([1, expect.stringContaining('#recovery-point-old')]);
  });

  test('a folder without a store, and another app\'s, are refused before anything is made there', async () => {
    const nothing = await status('--store', join(tmpdir(), 'nowhere'));
    expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining('holds no store: keep a rehearsal\'s')]);
    await shop.cloud.stop();
    const other = shopApp({ region: 'eu-west-3' });
    try {
      const foreign = await runOn(statusCommand, ['--app', other.directory, '--store', shop.cloud.directory]);
      expect([foreign.code, foreign.err]).toEqual([2, expect.stringMatching(/has no bucket shop-\S+; it has shop-/)]);
    } finally {
      other.remove();
    }
  });

  test('--watch refreshes in place and leaves the terminal as it was', async () => {
    await shop.cloud.copies(2);
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
    const { code } = await runOn(statusCommand, ['--app', shop.app.directory, '--watch', '--every', '5'], { stdout, signal: controller.signal, env: { ...process.env, NO_COLOR: '1' } });
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
