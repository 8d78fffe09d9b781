import { delimiter } from 'node:path';

/** A worker finds its tools on PATH, as in its image; programs of an unpacked package need their libraries too. */
export function programsOnPath({ path, libraryPath }: { readonly path: readonly string[]; readonly libraryPath?: string }): void {
  process.env.PATH = [...path, process.env.PATH].join(delimiter);
  if (libraryPath) process.env.LD_LIBRARY_PATH = [libraryPath, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
}

/** PostgreSQL's programs are in one folder. */
export function postgresOnPath({ bin, libraryPath }: { readonly bin: string; readonly libraryPath?: string }): void {
  programsOnPath({ path: [bin], libraryPath });
}
