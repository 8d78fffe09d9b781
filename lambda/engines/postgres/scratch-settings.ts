import { accessSync, constants } from 'node:fs';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;

/**
 * `postgresql.conf` of a server that is thrown away: nothing is promised to disk, and memory goes to loading and index builds.
 * Figures are of design section 12, scaled down with the memory there is.
 */
export function scratchSettings(
  props: { memoryBytes: number; freeDiskBytes: number; socketDirectory: string; sessions: number },
): Record<string, string> {
  const megabytes = (bytes: number): string => `${Math.max(16, Math.floor(bytes / MEBIBYTE))}MB`;
  // Half of it stays for the worker, the sessions' own needs and the page cache.
  const shared = Math.min(2 * GIBIBYTE, props.memoryBytes * 0.2);
  const maintenance = Math.min(GIBIBYTE, (props.memoryBytes * 0.3) / props.sessions);
  const writeAheadLog = Math.max(128 * MEBIBYTE, Math.min(64 * GIBIBYTE, props.freeDiskBytes * 0.2));
  return {
    listen_addresses: '',
    unix_socket_directories: props.socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '40',
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Below it a new table's pages would go through the write-ahead log at commit; syncing costs nothing here.
    wal_skip_threshold: '0',
    archive_mode: 'off',
    max_wal_size: megabytes(writeAheadLog),
    checkpoint_timeout: '1d',
    autovacuum: 'off',
    shared_buffers: megabytes(shared),
    maintenance_work_mem: megabytes(maintenance),
    work_mem: megabytes(Math.min(64 * MEBIBYTE, props.memoryBytes * 0.02)),
    max_parallel_maintenance_workers: '1',
    max_parallel_workers_per_gather: '0',
    max_locks_per_transaction: '512',
    jit: 'off',
    bgwriter_lru_maxpages: '0',
    // Large objects have owners, and the census reads them all.
    lo_compat_privileges: 'on',
    dynamic_shared_memory_type: hasSharedMemory() ? 'posix' : 'mmap',
    logging_collector: 'off',
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
}

/** Lambda has no /dev/shm. */
function hasSharedMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function configurationText(settings: Record<string, string>): string {
  return Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll('\'', '\'\'')}'\n`).join('');
}
