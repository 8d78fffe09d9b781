import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bringDebianPackages, unpackedEnvironment } from '../../rehearsal/servers/debian-packages';
import { postgresEnvironment, type PostgresBinaries } from '../../rehearsal/servers/postgres-binaries';

/** What a person's shell needs for `restore.sh`: PostgreSQL's programs and zstd, brought where the machine has none. */
export async function shellEnvironment(binaries: PostgresBinaries): Promise<Record<string, string>> {
  const environment = postgresEnvironment(binaries);
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const there = await access(join(folder, 'zstd')).then(() => true, () => false);
    if (there) return { ...environment, PATH: [environment.PATH, folder].join(delimiter) };
  }
  const brought = await unpackedEnvironment(await bringDebianPackages(['zstd']));
  return {
    ...environment,
    PATH: [environment.PATH, brought.PATH].join(delimiter),
    LD_LIBRARY_PATH: [environment.LD_LIBRARY_PATH, brought.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}
