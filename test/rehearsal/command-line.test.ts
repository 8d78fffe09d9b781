import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BackupPolicy, BackupSchedule, BackupStore, PostgresFlavor, PostgresSource, Recipient, Retention } from '../../lib';
import { rehearseCommand, type Terminal } from '../../rehearsal/command-line';
import { findPostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { nearest, UsageError } from '../../rehearsal/usage';
import { lacks } from '../support/lacks';
import { synthesize, type Synthesized } from './synthesize';

const COMMAND = join(__dirname, '..', '..', 'bundles', 'cli', 'backup-policy.js');

function terminal(env: NodeJS.ProcessEnv = {}): Terminal & { said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said, env, signal: new AbortController().signal,
    stdout: { write: (text) => { said.out += text; } },
    stderr: { write: (text) => { said.err += text; } },
  };
}

test.each<[string[], RegExp]>([
  [['--protektion', 'x'], /Unknown option '--protektion'; did you mean --protection\?/],
  [['--slot', 'gestern'], /--slot gestern is no instant: write it as 2026-11-20T02:00:00Z/],
  [['--days', '0'], /--days 0: give a whole number of days from 1 to 400/],
  [['--days', '1.5'], /--days 1\.5: give a whole number/],
  [['--days', '401'], /--days 401: give a whole number/],
  [['--alarms', '--days', '3'], /--alarms and --days do not go together/],
  [['--alarms', '--every-slot', '--days', '3'], /--alarms and --days do not go/],
  [['--alarms', '--keep'], /--alarms and --keep do not go/],
  [['--alarms', '--connection', 'database=postgres://user@localhost/shop'], /faults are done to the database/],
  [['--every-slot'], /--every-slot: say with --days how many/],
  [['--connection', 'database'], /--connection: write it as ID=\w+:\/\/user@host/],
  [['--connection', 'database=env:NOT_THERE'], /there is no variable NOT_THERE/],
  [['--parameter', '=x'], /--parameter =x: write it as NAME=VALUE/],
  [['--app'], /'--app <value>' argument missing/],
  [['stray'], /Unexpected argument 'stray'/],
])('%j is a wrong usage', async (args, message) => {
  const wrong = rehearseCommand(args, terminal());
  await expect(wrong).rejects.toThrow(UsageError);
  await expect(wrong).rejects.toThrow(message);
});

test('--help says every option, and is no failure', async () => {
  const to = terminal();
  expect(await rehearseCommand(['--help'], to)).toBe(0);
  for (const option of ['--alarms', '--days', '--every-slot', '--app', '--protection', '--slot', '--source-sql', '--connection', '--parameter', '--report', '--keep', '--json', '--verbose', '--no-sandbox']) {
    expect(to.said.out).toContain(option);
  }
});

test('what cannot begin is exit 2 and one sentence, without a password', async () => {
  const to = terminal({ ADDRESS: 'postgres//somebody:geheim@nowhere' });
  expect(await rehearseCommand(['--app', join(tmpdir(), 'nowhere'), '--connection', 'database=env:ADDRESS'], to)).toBe(2);
  expect(to.said.err).toMatch(/^backup-policy: .*manifest\.json cannot be read/);
  expect(to.said.err).not.toContain('geheim');
});

test.each([['reherse', 'rehearse'], ['rehearsal', 'rehearse'], ['xyz', undefined]])('%s is near %s', (typed, expected) => {
  expect(nearest(typed, ['rehearse', 'list'])).toBe(expected);
});

describe('as a process', () => {
  let made: Synthesized;
  const folder = mkdtempSync(join(tmpdir(), 'command-line-'));

  beforeAll(() => {
    // Started by root, the servers run as nobody, who must pass through.
    chmodSync(folder, 0o755);
    made = synthesize((app) => {
      const stack = new Stack(app, 'Shop');
      new BackupPolicy(stack, 'Backup', { application: 'shop', environment: 'staging', store: new BackupStore(stack, 'Store'), recipients: [Recipient.email('team@example.org')] })
        .protect('database', {
          source: new PostgresSource({ connection: new Secret(stack, 'Connection'), flavor: PostgresFlavor.SELF_HOSTED }),
          schedule: BackupSchedule.daily({ at: '02:00' }), retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
          objectives: { rpo: Duration.hours(26), rto: Duration.hours(1) },
        });
    });
  });

  afterAll(() => {
    made?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: string[]): { child: ChildProcess; ended: Promise<number | null>; said: () => string } {
    const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { said += String(chunk); });
    return { child, said: () => said, ended: new Promise((resolve) => child.once('close', resolve)) };
  }

  test('a wrong command is exit 2 with the usage', async () => {
    const { ended, said } = start(['reherse']);
    expect(await ended).toBe(2);
    expect(said()).toMatch(/there is no command "reherse"; did you mean rehearse\?[\s\S]*usage: backup-policy COMMAND/);
  });

  test('Ctrl-C leaves no process, no folder and no report', async () => {
    const missing = await findPostgresBinaries().then(() => undefined, (error: Error) => error.message);
    if (missing !== undefined) lacks(missing);
    const report = join(folder, 'report');
    const { child, ended, said } = start(['rehearse', '--app', made.directory, '--report', report, '--verbose']);
    // In the middle of the dump: its server, its worker and the endpoint are all there.
    for (let waited = 0; !said().includes('source inspected') && child.exitCode === null && waited < 60_000; waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(said()).toContain('source inspected');
    expect(processesIn(folder)).not.toEqual([]);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said()).toContain('nothing is left running');
    expect(existsSync(report)).toBe(false);
    expect(readdirSync(folder).filter((name) => name !== 'report')).toEqual([]);
    // The server's watcher sweeps for a second after the server is gone, then ends too.
    for (let waited = 0; processesIn(folder).length > 0 && waited < 60_000; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(processesIn(folder)).toEqual([]);
  });
});

/** Ids of processes whose command or environment names the folder. */
function processesIn(folder: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid)).filter((pid) => {
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder));
    } catch {
      return false;
    }
  });
}
