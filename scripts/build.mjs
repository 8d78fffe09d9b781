// npm run build: bundles, the library compiled and checked by jsii, and a look at what the package would hold.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dependencyFindings, enginesOf, filesOfPackage, findingsOf } from './package-check.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const environment = { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH ?? ''}` };

function step(name, ...args) {
  const began = Date.now();
  const { status, stdout, stderr, error } = spawnSync(node, args, { cwd: root, env: environment, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  if (status !== 0) {
    process.stdout.write(`${stdout}${stderr}\n${name} failed\n`);
    process.exit(1);
  }
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return stdout;
}

step('bundles', `${root}scripts/bundle.mjs`);

// Nothing of an earlier build may pass for a part of this one.
for (const stale of ['dist', '.jsii', 'tsconfig.jsii.json']) fs.rmSync(`${root}${stale}`, { recursive: true, force: true });
// The peers are tried at their newest, not at the oldest version that the range allows: JSII6 asks for the oldest.
step('library (jsii)', `${root}node_modules/jsii/bin/jsii`, '--generate-tsconfig', 'tsconfig.jsii.json', '--silence-warnings', 'metadata/missing-dev-dependency');

const names = JSON.parse(step('library loads', '-e', 'console.log(JSON.stringify(Object.keys(require("./dist/index.js"))))'));
if (names.length === 0) {
  console.error('dist/index.js exports nothing');
  process.exit(1);
}

const files = filesOfPackage(root);
const findings = [...findingsOf(files, enginesOf(root)), ...dependencyFindings(JSON.parse(fs.readFileSync(`${root}package.json`, 'utf8')))];
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exit(1);
const megabytes = files.reduce((sum, file) => sum + file.size, 0) / 1024 / 1024;
console.log(`package: ${files.length} files, ${megabytes.toFixed(1)} MiB unpacked, ${names.length} public names`);
