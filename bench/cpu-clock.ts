import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts processor time in hundredths, whatever the kernel's own tick. */
const TICKS_A_SECOND = 100;
/** Fields of `/proc/<pid>/stat` after the command's name, from 0. */
const [PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM] = [1, 11, 12, 13, 14];

const names = new Map<number, string>();

/** Gives a process that lasts longer than one measurement its own line in `watchCpu`. */
export function nameProcess(pid: number, name: string): void {
  names.set(pid, name);
}

/**
 * Processor seconds from now on: by named process with all below it, and `command` for what this process starts and sees end. On a
 * machine that has other work too they say more than the wall does. Empty where there is no `/proc`.
 */
export function watchCpu(): () => Readonly<Record<string, number>> {
  const before = spent();
  return () => Object.fromEntries([...spent()].map(([name, ticks]) => [name, (ticks - (before.get(name) ?? 0)) / TICKS_A_SECOND]));
}

/** A process that was waited for is counted in its parent's figure for children; one that lives, in its own. */
function spent(): Map<string, number> {
  const lines = new Map<number, number[]>();
  for (const entry of listed()) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      lines.set(Number(entry), stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number));
    } catch {
      // It ended between the listing and the look: its parent has its time.
    }
  }
  const totals = new Map<string, number>();
  const own = lines.get(process.pid);
  if (own) totals.set('command', own[CHILDREN_USER] + own[CHILDREN_SYSTEM]);
  for (const [pid, fields] of lines) {
    const name = owner(pid, lines);
    if (name) totals.set(name, (totals.get(name) ?? 0) + fields[USER] + fields[SYSTEM] + fields[CHILDREN_USER] + fields[CHILDREN_SYSTEM]);
  }
  return totals;
}

function owner(pid: number, lines: ReadonlyMap<number, readonly number[]>): string | undefined {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = lines.get(at)?.[PARENT]) {
    const name = names.get(at);
    if (name) return name;
  }
  return undefined;
}

function listed(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}
