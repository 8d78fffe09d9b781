// npm run docs: writes the parts of the pages that come from the code.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status, error } = spawnSync(`${root}node_modules/node/bin/node`, ['node_modules/tsx/dist/cli.mjs', 'test/docs/write-generated.ts'], { cwd: root, stdio: 'inherit' });
if (error) throw error;
process.exit(status ?? 1);
