// npm run rehearse [-- options]: bundles, synthesizes the examples and rehearses them. Options are those of `backup-policy rehearse`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules/.bin/node');
const given = process.argv.slice(2);

/** What stands for the databases of the examples where nothing else is asked for. */
const EXAMPLE_DATA = ['host.sql', 'schema.sql', 'seed.sql'].map((file) => `database=${join('examples/montoit/data', file)}`);

let running;

function run(args) {
  return new Promise((resolve, reject) => {
    running = spawn(node, args, { cwd: root, stdio: 'inherit' });
    running.on('error', reject);
    running.on('exit', (code, signal) => resolve(code ?? (signal ? 130 : 1)));
  });
}

// Ctrl-C reaches the child by itself; a signal to this process alone does not.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => running?.kill(signal));

if (!existsSync(node)) {
  console.error('node_modules is not there: run npm ci first');
  process.exit(2);
}
const asked = (name) => given.some((argument) => argument === `--${name}` || argument.startsWith(`--${name}=`));
const defaults = [
  ...(asked('app') ? [] : ['--app', 'cdk.out']),
  ...(asked('source-sql') || asked('connection') || asked('app') ? [] : EXAMPLE_DATA.flatMap((file) => ['--source-sql', file])),
];
const steps = [
  ...(asked('app') || asked('help') ? [['scripts/bundle.mjs']] : [['scripts/synth.mjs']]),
  ['bundles/cli/backup-policy.js', 'rehearse', ...defaults, ...given],
];
for (const step of steps) {
  process.exitCode = await run(step);
  if (process.exitCode !== 0) break;
}
