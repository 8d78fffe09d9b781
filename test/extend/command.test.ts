import { parseExtendReport } from '../../lib/contract/extend-report';
import { extendCommand } from '../../rehearsal/commands/extend';
import { UsageError } from '../../rehearsal/usage';
import { deployedShop, type Ran, runOn } from '../rehearsal/status/cloud';
import { shopApp } from '../rehearsal/shop-app';

jest.setTimeout(60_000);

const shop = deployedShop({ lockExtension: {} });

const extend = async (...args: string[]): Promise<Ran> => await runOn(extendCommand, ['--app', shop.app.directory, ...args]);

const locks = () => shop.cloud.endpoint.s3.allKeys(shop.cloud.bucket).flatMap((key) => (
  shop.cloud.endpoint.s3.versions(shop.cloud.bucket, key).map(({ retention }) => retention?.until)));

test('a dry run says of every copy until when it would be locked and why, by the deployed worker, and writes nothing', async () => {
  await shop.cloud.copies(6);
  const before = locks();
  const { code, out, err } = await extend('--dry-run');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^shop \(staging\) at 20\S+Z, nothing written\n\ndatabase: \d+ copies lengthened \(\d+ objects\)/);
  expect(out).toMatch(/\d{8}T\d{6}Z {2}would be locked until 20\S+Z {2}\S/);
  expect(out).toMatch(/\d{8}T\d{6}Z {2}is locked until 20\S+Z +\S/);
  expect(locks()).toEqual(before);
  expect(shop.cloud.asked).toEqual([{ name: expect.any(String), payload: expect.objectContaining({ dryRun: true, whole: true, execution: 'command-line' }) }]);
  const report = parseExtendReport(JSON.parse((await extend('--dry-run', '--json')).out));
  expect(report).toMatchObject({ dryRun: true, protections: [{ protection: 'database', ending: 0 }] });
  expect(report.protections[0].decisions).toHaveLength(6);
});

test('starts the declared machine with now as its slot', async () => {
  const { code, out } = await extend('--json');
  expect(code).toBe(0);
  const [{ input, machineArn, name }] = shop.cloud.started;
  const { slot } = JSON.parse(out) as { slot: string };
  expect(input).toEqual({ slot });
  expect(name).toMatch(/^extend-\d{8}T\d{6}Z$/);
  expect(machineArn).toBe(shop.app.resolver.resolve(shop.app.resolver.assembly.stacks[0], shop.cloud.declared.lockExtension!.stateMachine, ''));
  expect((await extend()).out).toMatch(/^shop \(staging\): a round is started, arn:/);
});

test('what the worker refuses is exit code 1, and what cannot be asked is 2', async () => {
  await shop.cloud.copies(1);
  // A damaged record says of nobody's copies which are kept.
  await shop.cloud.put('policies/staging/shop/database/damaged.json', '{');
  const { code, err } = await extend('--dry-run');
  expect([code, err]).toEqual([1, expect.stringContaining('POLICY_RECORD_DAMAGED')]);
  expect(await runOn(extendCommand, ['--app', '/nowhere'])).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') });
});

test.each<[string[], RegExp]>([
  [['--dry-run', '--wait'], /--dry-run goes without --wait/],
  [['--application', 'forum'], /no policy is meant; there are shop \(staging\)/],
  [['--dry-rum'], /did you mean --dry-run\?/],
])('%j is a wrong usage', async (args, message) => {
  const wrong = extend(...args);
  await expect(wrong).rejects.toThrow(UsageError);
  await expect(wrong).rejects.toThrow(message);
});

test('a policy without lock extension has nothing to start', async () => {
  const other = shopApp({ region: 'us-east-1' });
  try {
    await expect(runOn(extendCommand, ['--app', other.directory])).rejects.toThrow(/declares no `lockExtension`: each lock is left to end/);
  } finally {
    other.remove();
  }
});

test('--help says every option, and is no failure', async () => {
  const { code, out } = await extend('--help');
  expect(code).toBe(0);
  for (const option of ['--dry-run', '--wait', '--app', '--application', '--environment', '--region', '--json']) expect(out).toContain(option);
});
