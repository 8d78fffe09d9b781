import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { bringDebianPackages, unpackedEnvironment } from './debian-packages';

/** An environment that has a program whose Debian package is named as it is, brought where this machine's PATH has none. */
export async function withProgram(program: string, environment: Record<string, string>): Promise<Record<string, string>> {
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
