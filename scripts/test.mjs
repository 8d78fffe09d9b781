// npm test [-- jest's arguments]: bundles first when a source is newer, then jest under Node 24, whatever the machine's own Node is.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const environment = { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH ?? ''}` };

function run(...args) {
  const { status, signal, error } = spawnSync(node, args, { cwd: root, env: environment, stdio: 'inherit' });
  if (error) throw error;
  if (signal) console.error(`${args[0]} ended by ${signal}`);
  if (status !== 0) process.exit(status ?? 1);
}

run(`${root}scripts/bundle.mjs`);
// What was given comes first: jest takes every bare word after `--reporters` for one more reporter.
run(`${root}node_modules/jest/bin/jest.js`, ...process.argv.slice(2), '--maxWorkers=2', '--reporters=default', `--reporters=${root}scripts/test-reporter.mjs`);
