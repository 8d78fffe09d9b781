// The examples into cdk.out: no AWS account, no network, no Docker. Arguments: --out FOLDER, and -c key=value as the CDK's own.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

function options() {
  try {
    return parseArgs({ options: { out: { type: 'string', default: 'cdk.out' }, context: { type: 'string', short: 'c', multiple: true, default: [] } } }).values;
  } catch (error) {
    console.error(`${error.message}\nusage: npm run synth -- [--out FOLDER] [-c KEY=VALUE]…`);
    process.exit(2);
  }
}

function valueOf(pair) {
  const at = pair.indexOf('=');
  if (at < 1) {
    console.error(`-c ${pair}: write it as KEY=VALUE`);
    process.exit(2);
  }
  return [pair.slice(0, at), pair.slice(at + 1)];
}

const { out, context } = options();
// What the CDK's own command line sets: paths and assets in the template's metadata, which a rehearsal reads.
const values = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  ...Object.fromEntries(context.map(valueOf)),
};

function run(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

run(process.execPath, ['scripts/bundle.mjs']);
const folder = resolve(root, out);
rmSync(folder, { recursive: true, force: true });
run(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'bin/app.ts'], { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(values) });
console.error(`synthesized into ${out}`);
