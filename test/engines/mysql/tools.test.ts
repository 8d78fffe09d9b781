import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools } from '../../../lambda/engines/mysql/tools';

const folder = mkdtempSync(join(tmpdir(), 'bp-my-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VERSION = 'mariadb-dump from 11.4.5-MariaDB, client 10.19 for Linux (x86_64)';

/** A folder with programs that say so much and no more; `stdbuf` is looked for beside the tool first. */
function programs(name: string, scripts: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [program, script] of Object.entries({ 'mariadb-dump': `echo '${VERSION}'`, 'mariadb': 'exit 0', ...scripts })) {
    writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, program), 0o755);
  }
  return path;
}

test('the dump tool is started through stdbuf where that does what it says, silently', async () => {
  const found = async (name: string, stdbuf: string) => findTools('mariadb', programs(name, { stdbuf }));
  expect(await found('works', 'test "$1" = -o65536 || exit 9; shift; exec "$@"')).toMatchObject({ before: ['stdbuf', '-o65536'], version: '11.4.5-MariaDB' });
  expect(await found('warns', 'shift; echo "ERROR: ld.so: object cannot be preloaded: ignored." >&2; exec "$@"')).toMatchObject({ before: [], version: '11.4.5-MariaDB' });
  expect(await found('fails', 'exit 125')).toMatchObject({ before: [], version: '11.4.5-MariaDB' });
  expect(await found('another', 'echo "stdbuf (other) 1.0"')).toMatchObject({ before: [] });
});
