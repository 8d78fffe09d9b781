import { concurrently } from '../concurrently';
import type { VersionName } from '../store-marks';
import type { StoreReaderOptions } from '../store-reader';
import { readLock, writeLock, type LockMode } from './version-lock';

const AT_ONCE = 16;

export interface Lengthening {
  readonly store: StoreReaderOptions;
  /** End to be reached, in seconds since 1970. */
  readonly until: number;
  /** Of the store: of a version that has no lock yet. */
  readonly mode: LockMode;
  /** Looks, and writes nothing. */
  readonly dryRun: boolean;
}

export interface Lengthened {
  /** Versions that were given a later end. */
  readonly versions: number;
  /** Versions whose lock is of compliance, which this store's role may not lengthen. */
  readonly foreign: number;
  /** Versions that are not there any more. */
  readonly gone: number;
}

/** Gives each version a lock that ends no sooner than asked for; one that ends later stays, and no lock changes its mode. */
export async function lengthen(
  versions: AsyncIterable<VersionName> | Iterable<VersionName>, { store, until, mode, dryRun }: Lengthening,
): Promise<Lengthened> {
  const counts = { versions: 0, foreign: 0, gone: 0 };
  await concurrently(versions, AT_ONCE, async (version) => {
    const lock = await readLock(store, version);
    if (lock === 'gone') counts.gone++;
    else if (lock !== 'none' && lock.until >= until) return;
    else if (lock !== 'none' && lock.mode === 'COMPLIANCE' && mode === 'GOVERNANCE') counts.foreign++;
    else {
      if (!dryRun) await writeLock(store, version, { mode: lock === 'none' ? mode : lock.mode, until });
      counts.versions++;
    }
  });
  return counts;
}
