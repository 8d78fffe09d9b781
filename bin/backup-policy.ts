import { rehearseCommand, type Terminal } from '../rehearsal/command-line';
import { alarmsCommand } from '../rehearsal/commands/alarms';
import { checkCommand } from '../rehearsal/commands/check';
import { costCommand } from '../rehearsal/commands/cost';
import { extendCommand } from '../rehearsal/commands/extend';
import { pauseCommand, resumeCommand } from '../rehearsal/commands/pause';
import { retireCommand } from '../rehearsal/commands/retire';
import { runCommand } from '../rehearsal/commands/run';
import { scrubCommand } from '../rehearsal/commands/scrub';
import { statusCommand } from '../rehearsal/commands/status';
import { nearest, UsageError } from '../rehearsal/usage';

/** `Promise.withResolvers` and zstd, which the rehearsal needs, came with it. */
const NODE_MAJOR = 22;

const USAGE = `usage: backup-policy COMMAND [options]

  before a deployment
    check       what the proof says of the policies of a synthesized app
    cost        what each policy costs a month
    rehearse    run the backups of a synthesized app on this machine, up to the verdict

  day to day
    status      how the backups are, by what the store really holds
    run         a run now, such as before a migration
    pause       no runs until an instant, with a reason
    resume      end a pause now
    alarms      list what is watched; test every channel
    retire      what becomes of every copy, and why; keep one by hand
    extend      lengthen the locks of kept copies now, or say what would be
    scrub       read the stored copies again that were read longest ago

backup-policy COMMAND --help says more.
`;

const COMMANDS: Readonly<Record<string, (args: readonly string[], terminal: Terminal) => Promise<number>>> = {
  alarms: alarmsCommand,
  check: checkCommand,
  cost: costCommand,
  extend: extendCommand,
  pause: pauseCommand,
  rehearse: rehearseCommand,
  resume: resumeCommand,
  retire: retireCommand,
  run: runCommand,
  scrub: scrubCommand,
  status: statusCommand,
};

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [major] = process.versions.node.split('.');
  if (Number(major) < NODE_MAJOR) {
    terminal.stderr.write(`backup-policy needs Node ${NODE_MAJOR} or newer; this is ${process.versions.node} (${process.execPath})\n`);
    return 2;
  }
  const [name, ...rest] = args;
  if (name === '--help' || name === 'help') {
    terminal.stdout.write(USAGE);
    return 0;
  }
  try {
    const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command) return await command(rest, terminal);
    const meant = name && nearest(name, Object.keys(COMMANDS));
    throw new UsageError(name === undefined ? 'a command is missing' : `there is no command "${name}"${meant ? `; did you mean ${meant}?` : ''}`, USAGE);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.stderr.write(`backup-policy: ${error.message}\n\n${error.usage}`);
    return 2;
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Asked twice, it goes at once; what the servers' watchers end, they end by themselves.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

main(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, env: process.env, signal: stop.signal }).then(
  (code) => { process.exitCode = code; },
  (error: unknown) => {
    process.stderr.write(`backup-policy: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
