import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutPackages } from '../../rehearsal/servers/debian-packages';
import { findPostgresBinaries, postgresEnvironment } from '../../rehearsal/servers/postgres-binaries';
import { runCommand } from '../../rehearsal/servers/run-command';

test('finds programs of one version, with their share folder', async () => {
  const binaries = await findPostgresBinaries();
  expect(binaries.majorVersion).toBeGreaterThanOrEqual(13);
  expect(binaries.version.startsWith(`${binaries.majorVersion}`)).toBe(true);
  const said = await runCommand(join(binaries.bin, 'pg_dump'), ['--version'], { env: postgresEnvironment(binaries) });
  expect(said).toContain(binaries.version);
});

test('BACKUP_POLICY_POSTGRES_BIN goes first, and is refused where it is not whole', async () => {
  const { bin, libraryPath, majorVersion } = await findPostgresBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'binaries-test-'));
  try {
    const named = { ...process.env, BACKUP_POLICY_POSTGRES_BIN: folder, LD_LIBRARY_PATH: libraryPath };
    await expect(findPostgresBinaries({ env: named })).rejects.toThrow(/BACKUP_POLICY_POSTGRES_BIN names .* not all of initdb/);
    for (const tool of ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'psql']) symlinkSync(join(bin, tool), join(folder, tool));
    expect(await findPostgresBinaries({ env: named })).toMatchObject({ bin: folder, majorVersion });
    expect((await findPostgresBinaries({ env: named, major: majorVersion })).bin).toBe(folder);
    rmSync(join(folder, 'psql'));
    writeFileSync(join(folder, 'psql'), '#!/bin/sh\necho "cannot open shared object" >&2\nexit 127\n', { mode: 0o755 });
    await expect(findPostgresBinaries({ env: named })).rejects.toThrow(/psql does not run .*cannot open shared object/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([[9], [15.5], [Number.NaN]])('major version %p is refused', async (major) => {
  await expect(findPostgresBinaries({ major })).rejects.toThrow(/is no major version/);
});

test('a package state loses what is asked for, its family, and what cannot live without', () => {
  const stanza = (name: string, depends?: string): string =>
    `Package: ${name}\nStatus: install ok installed\n${depends ? `Depends: ${depends}\n` : ''}`;
  const status = [
    stanza('libc6'), stanza('postgresql', 'postgresql-15'), stanza('postgresql-15', 'libc6 (>= 2.36), libpq5'), stanza('libpq5', 'libc6'),
    stanza('app', 'libc6, postgresql-15 (>= 15)'), stanza('either', 'postgresql-15 | libc6'), stanza('postgresqlish', 'libc6:any'),
  ].join('\n');
  const left = [...withoutPackages(status, ['postgresql']).matchAll(/^Package: (.*)$/gm)].map(([, name]) => name);
  expect(left).toEqual(['libc6', 'libpq5', 'either', 'postgresqlish']);
});
