import { Duration } from 'aws-cdk-lib';
import { scrubCommand } from '../../../rehearsal/commands/scrub';
import { shopApp } from '../shop-app';
import { deployedShop, type Ran, runOn } from './cloud';

jest.setTimeout(60_000);

const shop = deployedShop({ scrub: { within: Duration.days(30) } });

const scrub = async (...args: string[]): Promise<Ran> => await runOn(scrubCommand, ['--app', shop.app.directory, ...args]);
const machine = () => String(shop.app.resolver.resolve(shop.app.resolver.assembly.stacks[0], shop.cloud.declared.scrub!.stateMachine, ''));
const counts = { protection: 'database', read: 2, due: 1, resting: 4, damaged: 0, failed: 0, readBytes: 3_000_000, oldestSeconds: 60 };
const report = { version: 1, environment: 'staging', application: 'shop', at: '2026-11-20T07:15:00.000Z', dryRun: false, protections: [counts] };

test('starts a round of the policy\'s own machine, with now as its slot', async () => {
  const { code, out } = await scrub('--json');
  const { slot, execution } = JSON.parse(out) as { slot: string; execution: string };
  expect(code).toBe(0);
  expect(shop.cloud.started).toMatchObject([{ machineArn: machine(), input: { slot }, name: `scrub-${slot.replace(/[-:]/g, '')}` }]);
  expect(execution).toContain('scrub-');
  expect((await scrub()).code).toBe(0);
});

test.each([
  ['SUCCEEDED', { scrub: report }, 0, /every copy that was read is as it was written\.\n {2}database: 2 copies read, 3\S* MB; 1 go on with the next round, 4 rest/],
  ['FAILED', undefined, 1, /the round failed\. IntegrityError: \[PART_HASH_DIFFERS\] Part a has SHA-256/],
] as const)('--wait follows it to its end: %s', async (ending, output, code, words) => {
  const going = scrub('--wait');
  while (shop.cloud.started.length === 0) await new Promise(setImmediate);
  const failure = output ? {} : { error: 'IntegrityError', cause: '[PART_HASH_DIFFERS] Part a has SHA-256 b.' };
  shop.cloud.endpoint.machines.entered(shop.cloud.started[0].arn, 'Scrub');
  shop.cloud.endpoint.machines.ended(shop.cloud.started[0].arn, { status: ending, output, ...failure });
  const ended = await going;
  expect([ended.code, ended.out]).toEqual([code, expect.stringMatching(words)]);
});

describe('--dry-run', () => {
  test('says of every copy when it was last read and when its turn comes; nothing is written', async () => {
    await shop.cloud.copy('2026-11-19T02:00:00Z');
    await shop.cloud.copy('2026-11-20T02:00:00Z');
    shop.cloud.endpoint.setClock(new Date());
    const keys = shop.cloud.endpoint.s3.keys(shop.cloud.bucket);
    const { code, out } = await scrub('--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/nothing read and nothing written\n\ndatabase: 2 copies; a round would read 0 copies now, 0 B/);
    expect(out).toMatch(/20261119T020000Z {2}resting {2}last read 2026-11-19, again by 20/);
    expect(shop.cloud.asked[0].payload).toMatchObject({ dryRun: true, whole: true, execution: 'command-line' });
    expect(shop.cloud.endpoint.s3.keys(shop.cloud.bucket)).toEqual(keys);
    const json = JSON.parse((await scrub('--dry-run', '--json')).out) as typeof report;
    expect(json).toMatchObject({ dryRun: true, protections: [{ resting: 2 }] });
  });
});

test('a machine that is gone is exit code 2', async () => {
  for (const { identity } of shop.app.resolver.resourcesOf('AWS::StepFunctions::StateMachine')) shop.cloud.endpoint.machines.remove(identity.ref);
  const { code, err } = await scrub();
  expect([code, err]).toEqual([2, expect.stringMatching(/Step Functions did not start arn:.*StateMachineDoesNotExist/)]);
});

test('--help says what it does; wrong words change nothing; a policy without a scrub says so', async () => {
  expect(await scrub('--help')).toMatchObject({ code: 0, out: expect.stringContaining('usage: backup-policy scrub') as string });
  await expect(scrub('--dry-run', '--wait')).rejects.toThrow('--dry-run goes without --wait');
  await expect(scrub('--dry-rum')).rejects.toThrow('did you mean --dry-run?');
  const without = shopApp({ region: 'us-east-1' });
  try {
    await expect(runOn(scrubCommand, ['--app', without.directory])).rejects.toThrow('declares no `scrub`');
  } finally {
    without.remove();
  }
  expect(shop.cloud.started).toEqual([]);
});
