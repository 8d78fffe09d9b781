import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'environment-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Results {
  readonly success: boolean;
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

/** How a test file of its own ends under this project's test environment. */
async function outcome(text: string): Promise<{ success: boolean; tests: Record<string, string> }> {
  const { transform } = jest.requireActual<{ transform: unknown }>('../../jest.config.js');
  writeFileSync(join(folder, 'some.test.ts'), text);
  const config = { rootDir: folder, testEnvironment: join(root, 'test/environment.ts'), testMatch: ['**/*.test.ts'], transform };
  const resolved = JSON.stringify(config).replaceAll('"@swc/jest"', JSON.stringify(require.resolve('@swc/jest')));
  const args = [join(root, 'node_modules/jest/bin/jest.js'), '--json', '-i', '--config', resolved];
  const stdout = await new Promise<string>((done) => execFile(process.execPath, args, { cwd: root }, (_, text) => done(text)));
  const { success, testResults: [{ assertionResults }] } = JSON.parse(stdout) as Results;
  return { success, tests: Object.fromEntries(assertionResults.map(({ title, status }) => [title, status])) };
}

const LACK = `const { lacks } = require(${JSON.stringify(join(__dirname, 'lacks.ts'))});`;

test('what the machine lacks skips a test, with the reason in its name; any other failure fails it', async () => {
  expect(await outcome(`${LACK}
    test('a', () => lacks('no age here'));
    test('b', async () => { await Promise.resolve(); lacks('no network'); });
    test('c', () => undefined);`)).toEqual({
    success: true, tests: { 'a (skipped: no age here)': 'pending', 'b (skipped: no network)': 'pending', 'c': 'passed' },
  });
  const { success, tests } = await outcome(`${LACK}
    let ended = false;
    describe('without a server', () => {
      beforeAll(() => lacks('no server here'));
      test('a', () => { ended = true; });
    });
    describe('with one', () => {
      afterEach(() => { throw new Error('broken'); });
      test('b', () => lacks('no age here'));
    });
    test('c', () => { throw new Error('no server here'); });
    test('d', () => expect(ended).toBe(false));`);
  expect(tests).toEqual({ 'a (skipped: no server here)': 'pending', 'b': 'failed', 'c': 'failed', 'd': 'passed' });
  expect(success).toBe(false);
});
