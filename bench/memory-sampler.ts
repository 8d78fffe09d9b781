import { readFileSync, readdirSync } from 'node:fs';

const INTERVAL_MILLISECONDS = 100;

/** Peaks in bytes; undefined where there is no `/proc`. */
export interface MemoryPeaks {
  /** Everything that was started meanwhile, at its worst moment. */
  readonly tree: number | undefined;
  readonly worker: number | undefined;
  /** All but Node processes, at their worst moment. */
  readonly children: number | undefined;
}

interface Sample {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly highWater: number;
  readonly anonymous: number;
  readonly file: number;
  readonly shared: number;
}

/**
 * Watches what this process starts from now on, and all that descends from it. What several processes map together (a server's
 * shared buffers, a program's text) counts once: the largest mapping of each kind stands for all.
 */
export function watchMemory(): () => MemoryPeaks {
  const before = new Set(samples().filter(({ parent }) => parent === process.pid).map(({ pid }) => pid));
  let tree = 0;
  let worker = 0;
  let children = 0;
  const look = (): void => {
    const started = descendants(samples(), before);
    const isNode = ({ name }: Sample): boolean => /^(node|MainThread)/.test(name);
    tree = Math.max(tree, together(started));
    children = Math.max(children, together(started.filter((one) => !isNode(one))));
    for (const one of started) if (isNode(one)) worker = Math.max(worker, one.highWater);
  };
  const timer = setInterval(look, INTERVAL_MILLISECONDS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return { tree: tree || undefined, worker: worker || undefined, children: children || undefined };
  };
}

function together(some: readonly Sample[]): number {
  const greatest = (of: (one: Sample) => number): number => some.reduce((most, one) => Math.max(most, of(one)), 0);
  return some.reduce((sum, one) => sum + one.anonymous, 0) + greatest((one) => one.file) + greatest((one) => one.shared);
}

function descendants(all: readonly Sample[], before: ReadonlySet<number>): Sample[] {
  const found = new Set<number>();
  const list: Sample[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const one of all) {
      if (found.has(one.pid) || before.has(one.pid) || !(one.parent === process.pid || found.has(one.parent))) continue;
      found.add(one.pid);
      list.push(one);
      grew = true;
    }
  }
  return list;
}

function samples(): Sample[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    try {
      const status = readFileSync(`/proc/${entry}/status`, 'latin1');
      const kilobytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
      return [{
        pid: Number(entry),
        name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '',
        parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]),
        highWater: kilobytes('VmHWM'),
        anonymous: kilobytes('RssAnon'), file: kilobytes('RssFile'), shared: kilobytes('RssShmem'),
      }];
    } catch {
      // It ended between the listing and the look.
      return [];
    }
  });
}
