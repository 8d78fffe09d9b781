import { postgresEnvironment, type PostgresBinaries } from '../../rehearsal/servers/postgres-binaries';
import { withProgram } from '../../rehearsal/servers/with-program';

/** What a person's shell needs for `restore.sh`: PostgreSQL's programs and others, brought where the machine has none. */
export async function shellEnvironment(binaries: PostgresBinaries, programs: readonly string[] = ['zstd']): Promise<Record<string, string>> {
  let environment = postgresEnvironment(binaries);
  for (const program of programs) environment = await withProgram(program, environment);
  return environment;
}
