import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bringDebianPackages, unpackedEnvironment } from '../../rehearsal/servers/debian-packages';
import { postgresEnvironment, type PostgresBinaries } from '../../rehearsal/servers/postgres-binaries';

/** What a person's shell needs for `restore.sh`: PostgreSQL's programs and others, brought where the machine has none. */
export async function shellEnvironment(binaries: PostgresBinaries, programs: readonly string[] = ['zstd']): Promise<Record<string, string>> {
  let environment = postgresEnvironment(binaries);
  for (const program of programs) environment = await withProgram(program, environment);
  return environment;
}

/** Debian's packages of these programs are named as they are. */
async function withProgram(program: string, environment: Record<string, string>): Promise<Record<string, string>> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const there = await access(join(folder, program)).then(() => true, () => false);
    if (there) return { ...environment, PATH: [environment.PATH, folder].join(delimiter) };
  }
  const brought = await unpackedEnvironment(await bringDebianPackages([program]));
  return {
    ...environment,
    PATH: [environment.PATH, brought.PATH].join(delimiter),
    LD_LIBRARY_PATH: [environment.LD_LIBRARY_PATH, brought.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}
