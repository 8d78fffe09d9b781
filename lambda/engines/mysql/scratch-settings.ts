import { DIALECTS } from './dialect';
import type { Family } from './flavors';
import type { MySqlNotes } from './notes';

export interface ScratchPlace {
  readonly family: Family;
  /** What the copy's own server had. */
  readonly settings: MySqlNotes['settings'];
  readonly freeDiskBytes: number;
  /** Of the worker as a whole. */
  readonly memoryBytes: number;
}

const MEBIBYTE = 1024 * 1024;

/** A server that is thrown away: nothing is promised to disk, and memory goes to loading (design section 12). */
export function scratchOptions({ family, settings, freeDiskBytes, memoryBytes }: ScratchPlace): string[] {
  const { sqlMode, lowerCaseTableNames, characterSet, collation } = settings;
  const megabytes = (bytes: number): string => `${Math.max(8, Math.floor(bytes / MEBIBYTE))}M`;
  return [
    '--skip-networking', '--skip-log-bin', '--skip-name-resolve', '--event-scheduler=OFF', '--symbolic-links=OFF',
    '--performance-schema=OFF', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync', '--innodb-use-native-aio=0',
    '--innodb-fast-shutdown=2', ...DIALECTS[family].options({ logBytes: Math.max(8 * MEBIBYTE, Math.min(2048 * MEBIBYTE, freeDiskBytes * 0.1)) }),
    `--innodb-buffer-pool-size=${megabytes(Math.min(2048 * MEBIBYTE, memoryBytes * 0.35))}`,
    `--innodb-sort-buffer-size=${megabytes(Math.min(64 * MEBIBYTE, memoryBytes * 0.02))}`,
    '--max-allowed-packet=1G', '--max-connections=40', '--default-time-zone=+00:00', '--log-bin-trust-function-creators=ON',
    `--sql-mode=${sqlMode}`, `--lower-case-table-names=${lowerCaseTableNames}`, `--character-set-server=${characterSet}`, `--collation-server=${collation}`,
  ];
}
