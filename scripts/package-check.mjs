import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** What may lie in the package; all else is a source, a test or a tool that a user never asked for. */
const ALLOWED = [
  /^dist\/.+\.(js|d\.ts)$/, /^bundles\/(?!\.).+/, /^docs\/.+\.(md|svg|png)$/, /^node_modules\/zod\//,
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|\.jsii)$/,
];

/** What a user cannot do without, once built. */
const NEEDED = ['dist/index.js', 'dist/index.d.ts', '.jsii', 'README.md', 'CHANGELOG.md', 'LICENSE', 'node_modules/zod/package.json', 'bundles/cli/backup-policy.js', 'bundles/retire/index.js'];

/** The only packages a user's install may bring besides the peers. */
const DEPENDENCIES = ['zod'];
const PEERS = ['aws-cdk-lib', 'constructs'];

/** Bytes of the unpacked package: zod is 6 MB of it, the rest mostly bundles of two engines, four workers and the command line. */
const LARGEST_UNPACKED_BYTES = 28 * 1024 * 1024;

/** Names and sizes that `npm pack` would put into the package. */
export function filesOfPackage(root) {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const answer = JSON.parse(said);
  // npm 12 answers by package name, those before it with a list.
  return (Array.isArray(answer) ? answer[0] : Object.values(answer)[0]).files;
}

/** Sentences on what is wrong with the package's files; empty when nothing is. */
export function findingsOf(files, engines) {
  const names = new Set(files.map((file) => file.path));
  const needed = [...NEEDED, ...engines.flatMap((engine) => ['index.js', 'task.js', 'Dockerfile'].map((name) => `bundles/${engine}/${name}`))];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return [
    ...foreignFiles(files),
    ...needed.filter((name) => !names.has(name)).map((name) => `${name} is missing from the package`),
    ...(bytes > LARGEST_UNPACKED_BYTES ? [`the package unpacks to ${bytes} bytes, more than ${LARGEST_UNPACKED_BYTES}`] : []),
  ];
}

export function foreignFiles(files) {
  return files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file.path))).map((file) => `${file.path} does not belong in the package`);
}

/** Sentences on what a user would install with the package and should not. */
export function dependencyFindings(manifest) {
  const strangers = (field, allowed) => Object.keys(manifest[field] ?? {})
    .filter((name) => !allowed.includes(name))
    .map((name) => `${name} is in ${field} of package.json: a tool of ours is a devDependency, and reaches users in a bundle`);
  const bundled = [...new Set([...(manifest.bundledDependencies ?? []), ...(manifest.bundleDependencies ?? [])])];
  return [
    ...strangers('dependencies', DEPENDENCIES), ...strangers('peerDependencies', PEERS), ...strangers('optionalDependencies', []),
    ...DEPENDENCIES.filter((name) => !bundled.includes(name)).map((name) => `${name} must be in bundledDependencies`),
    ...['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => manifest.scripts?.[name]).map((name) => `script "${name}" would run on a user's machine`),
  ];
}

/** The engines are the folders of their run-time halves. */
export function enginesOf(root) {
  const folder = path.join(root, 'lambda/engines');
  return fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
