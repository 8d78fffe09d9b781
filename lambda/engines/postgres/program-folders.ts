import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface PackagePlace {
  readonly parent: string;
  /** Of a major version's folder, which has a `bin`. */
  readonly name: RegExp;
}

/** Where PostgreSQL's own packages put each major version side by side: Debian's, and those for Enterprise Linux. */
const PACKAGES: readonly PackagePlace[] = [{ parent: '/usr/lib/postgresql', name: /^\d+$/ }, { parent: '/usr', name: /^pgsql-\d+$/ }];

/** Folders that may have PostgreSQL's programs: PATH's first, which has one version only where several are installed. */
export async function programFolders(path: string, packages: readonly PackagePlace[] = PACKAGES): Promise<string[]> {
  const folders = path.split(delimiter).filter(Boolean);
  for (const { parent, name } of packages) {
    for (const entry of await readdir(parent).catch(() => [])) if (name.test(entry)) folders.push(join(parent, entry, 'bin'));
  }
  return [...new Set(folders)];
}
