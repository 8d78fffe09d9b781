import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const NAME = 'cdk-backup-policy';

/**
 * The folder for what is costly to make and safe to lose: unpacked packages, cluster templates.
 *
 * `$XDG_CACHE_HOME/cdk-backup-policy`, else `~/.cache/cdk-backup-policy`. Root's servers run as an unprivileged uid that
 * cannot pass through a closed home (`/root` is 0700), so root then uses `/var/cache/cdk-backup-policy`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  const own = join(base, NAME);
  const folder = isRoot() && !passableByOthers(base) ? join('/var/cache', NAME) : own;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Ancestors of a path (itself included) that exist and that other users may not pass through, nearest first. */
export function closedAncestors(path: string): string[] {
  const closed: string[] = [];
  for (let current = path; ; current = dirname(current)) {
    const stat = statSync(current, { throwIfNoEntry: false });
    if (stat && (stat.mode & 0o001) === 0) closed.push(current);
    if (current === dirname(current)) return closed;
  }
}

function passableByOthers(path: string): boolean {
  return closedAncestors(path).length === 0;
}
