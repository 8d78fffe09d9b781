// npm run lint [-- --fix] [paths]: types by the compiler, style and import zones by ESLint. Says nothing but a line when all is well.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const given = process.argv.slice(2);
const paths = given.filter((argument) => !argument.startsWith('-'));
const began = Date.now();

/** Runs one check; resolves with its exit code and prints what it said only when it has something to say. */
function check(name, script, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [`${root}node_modules/${script}`, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk) => { said += chunk; });
    child.stderr.on('data', (chunk) => { said += chunk; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) process.stdout.write(`${said}\n${name} failed${signal ? ` by ${signal}` : ''}\n`);
      else if (said.trim()) process.stdout.write(said);
      resolve(code ?? 1);
    });
  });
}

const codes = await Promise.all([
  check('types (tsc)', 'typescript/bin/tsc', '--noEmit', '--pretty', 'false'),
  check('style and import zones (eslint)', 'eslint/bin/eslint.js', '--max-warnings', '0',
    ...given.filter((argument) => argument.startsWith('-')), ...(paths.length > 0 ? paths : ['.'])),
]);
if (codes.some((code) => code !== 0)) process.exit(1);
console.log(`lint: types, style and import zones hold (${((Date.now() - began) / 1000).toFixed(1)} s)`);
