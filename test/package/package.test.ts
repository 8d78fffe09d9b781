import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

interface File {
  readonly path: string;
  readonly size: number;
}

const root = path.join(__dirname, '../..');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, unknown>;

/** Asks the build's own check, an ES module, in a process of its own. */
function ask<Answer>(expression: string, given: unknown): Answer {
  const code = `import * as check from './scripts/package-check.mjs'; let text = ''; for await (const chunk of process.stdin) text += chunk;`
    + ` const given = JSON.parse(text); console.log(JSON.stringify(${expression}));`;
  const output = execFileSync(path.join(root, 'node_modules/.bin/node'), ['--input-type=module', '-e', code], { cwd: root, input: JSON.stringify(given), encoding: 'utf8' });
  return JSON.parse(output) as Answer;
}

const built: File[] = [
  'dist/index.js', 'dist/index.d.ts', '.jsii', 'README.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'node_modules/zod/package.json',
  'bundles/cli/backup-policy.js', 'bundles/retire/index.js', 'bundles/postgres/index.js', 'bundles/postgres/task.js', 'bundles/postgres/Dockerfile', 'docs/runbook.md',
].map((name) => ({ path: name, size: 1000 }));

test('a whole package has no finding', () => {
  expect(ask('check.findingsOf(given, ["postgres"])', built)).toEqual([]);
});

test.each(built.map((file) => file.path).filter((name) => !['package.json', 'docs/runbook.md'].includes(name)))('%s must be in the package', (name) => {
  expect(ask('check.findingsOf(given, ["postgres"])', built.filter((file) => file.path !== name))).toEqual([`${name} is missing from the package`]);
});

test.each(['lib/index.ts', 'test/package/package.test.ts', 'scripts/build.mjs', 'node_modules/esbuild/package.json', 'dist/tsconfig.tsbuildinfo',
  'bundles/.digest', '.env', 'lambda/workers/dump.ts', 'docs/notes.txt'])('%s must not be in the package', (name) => {
  expect(ask('check.findingsOf(given, ["postgres"])', [...built, { path: name, size: 1 }])).toEqual([`${name} does not belong in the package`]);
});

test('a package that grew past its measure is found', () => {
  expect(ask<string[]>('check.findingsOf(given, ["postgres"])', [...built, { path: 'dist/large.js', size: 30 * 1024 * 1024 }])[0]).toContain('unpacks to');
});

test('what npm would pack of this checkout holds nothing foreign', () => {
  expect(ask('check.foreignFiles(check.filesOfPackage("."))', null)).toEqual([]);
});

test('a user installs zod, which is bundled, and nothing else of ours', () => {
  expect(ask('check.dependencyFindings(given)', manifest)).toEqual([]);
});

test.each([
  ['a tool among the dependencies', { dependencies: { zod: '^4', esbuild: '^0' } }, 'esbuild is in dependencies'],
  ['a third peer', { peerDependencies: { 'aws-cdk-lib': '^2', 'cdk-nag': '^3' } }, 'cdk-nag is in peerDependencies'],
  ['zod not bundled', { bundledDependencies: [], bundleDependencies: [] }, 'zod must be in bundledDependencies'],
  ['a script on install', { scripts: { postinstall: 'node x' } }, 'script "postinstall"'],
])('%s is found', (_, change, sentence) => {
  expect(ask<string[]>('check.dependencyFindings(given)', { ...manifest, ...change })[0]).toContain(sentence);
});

test('no bundle holds code of a licence that ours cannot pass on', () => {
  const command = fs.readFileSync(path.join(root, 'bundles', 'cli', 'backup-policy.js'), 'utf8');
  expect(command).toContain('require("@cloud-copilot/iam-simulate")');
  expect(command).not.toContain('node_modules/@cloud-copilot');
});

test('the licence is whole', () => {
  const text = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8');
  for (const heading of ['TERMS AND CONDITIONS FOR USE', '3. Grant of Patent License.', 'END OF TERMS AND CONDITIONS', 'Copyright 2026 The cdk-backup-policy authors']) {
    expect(text).toContain(heading);
  }
  expect(manifest.license).toBe('Apache-2.0');
});
