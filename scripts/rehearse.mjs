// npm run rehearse [-- options]: bundles, synthesizes the examples and rehearses them. Options are those of `backup-policy rehearse`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules/.bin/node');
const given = process.argv.slice(2);

/** What stands for the databases of the examples where nothing else is asked for. */
const EXAMPLE_DATA = Object.entries({ 'montoit': ['host.sql', 'schema.sql', 'seed.sql'], 'selmai': ['schema.sql', 'seed.sql'], 'ifn-connect': ['schema.sql', 'seed.sql'] })
  .flatMap(([application, files]) => files.map((file) => `${application}/database=${join('examples', application, 'data', file)}`));

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
/** Of all that the synthesized examples are made of, the bundles among them: the same digest, the same assembly. */
function digestOfApp() {
  const hash = createHash('sha256');
  const add = (path) => {
    if (!existsSync(join(root, path))) return;
    if (statSync(join(root, path)).isDirectory()) for (const entry of readdirSync(join(root, path)).sort()) add(join(path, entry));
    else hash.update(path).update(readFileSync(join(root, path)));
  };
  for (const path of ['bin/app.ts', 'lib', 'examples', 'bundles/.digest', 'cdk.json', 'package-lock.json', 'scripts/synth.mjs']) add(path);
  return hash.digest('hex');
}

/** Bundles, then synthesizes the examples unless they are as they were. Beside the assembly a file says what it was made of. */
async function synthesize() {
  const status = await run(['scripts/bundle.mjs']);
  if (status !== 0) return status;
  const stamp = join(root, 'cdk.out/.made-of');
  const digest = digestOfApp();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return 0;
  const synthesized = await run(['scripts/synth.mjs']);
  if (synthesized === 0) writeFileSync(stamp, digest);
  return synthesized;
}

const asked = (name) => given.some((argument) => argument === `--${name}` || argument.startsWith(`--${name}=`));
const defaults = [
  ...(asked('app') ? [] : ['--app', 'cdk.out']),
  ...(asked('source-sql') || asked('connection') || asked('app') ? [] : EXAMPLE_DATA.flatMap((file) => ['--source-sql', file])),
];
const ready = asked('app') || asked('help') ? await run(['scripts/bundle.mjs']) : await synthesize();
process.exitCode = ready === 0 ? await run(['bundles/cli/backup-policy.js', 'rehearse', ...defaults, ...given]) : ready;
