// Starts rehearsal/endpoint/main.ts with the Node that the package brings, whatever the machine's own is.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const child = spawn(`${root}node_modules/.bin/node`, ['--import', 'tsx', `${root}rehearsal/endpoint/main.ts`, ...process.argv.slice(2)], { stdio: 'inherit' });
// Ctrl-C reaches the child by itself; a signal to this process alone does not.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  process.stderr.write(`cannot start Node 24 from node_modules (${error.message}): run npm ci\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
