import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  /** Clock ticks after boot: with the pid it names a process for good. */
  readonly startTime: string;
  /** Of everything it maps, shared pages too. */
  readonly residentPages: number;
}

const GONE_PATIENCE_MILLISECONDS = 5_000;
const GONE_POLL_MILLISECONDS = 10;
const GROWTH = 1.01;
/** From here on growth is measured at once. */
const LEAP = 1.5;
/** Share of all time that measuring may take otherwise: what is measured has the same processors. */
const MEASURING_SHARE = 0.01;

/**
 * A process and whatever descends from it, by Linux's `/proc`. A descendant stays known when its parent ends before it (a daemon).
 * Where there is no `/proc`, the tree is the process group alone and its memory is unknown.
 */
export class ProcessTree {
  private readonly seen = new Map<number, string>();
  private peak = 0;
  private measured = 0;
  private measuredPages = 0;
  private notBefore = 0;

  /**
   * @param root must lead a process group of its own
   * @param folder what runs in this folder, or has it in its environment, belongs to the tree too, however it was started
   */
  public constructor(private readonly root: number, private readonly folder: string) {}

  /** Bytes, the largest `sample()` until now; undefined where nothing could be measured. */
  public get peakBytes(): number | undefined {
    return this.peak || undefined;
  }

  /**
   * Resident bytes, pages shared between processes of the tree counted once (PSS), as a memory cgroup counts them. The kernel walks page
   * tables for that (50 ms for a server with 1 GB), so it is asked again only when the cheap figure changed by 1 %, and, unless it leapt,
   * after a pause that its last answer's time sets.
   */
  public sample(): number {
    const living = this.living(false);
    const pages = living.reduce((sum, { residentPages }) => sum + residentPages, 0);
    const began = performance.now();
    const changed = pages > this.measuredPages * GROWTH || pages < this.measuredPages / GROWTH;
    if (!changed || (began < this.notBefore && pages < this.measuredPages * LEAP)) return this.measured;
    this.measuredPages = pages;
    this.measured = living.reduce((sum, { pid }) => sum + proportionalBytes(pid), 0);
    this.peak = Math.max(this.peak, this.measured);
    this.notBefore = began + (performance.now() - began) / MEASURING_SHARE;
    return this.measured;
  }

  /** Kills all of it and waits until it is gone. Safe to call twice. */
  public async end(): Promise<void> {
    const patience = Date.now() + GONE_PATIENCE_MILLISECONDS;
    for (;;) {
      const living = this.living(true);
      kill(-this.root);
      for (const { pid } of living) kill(pid);
      if (living.length === 0 || Date.now() > patience) return;
      await pause(GONE_POLL_MILLISECONDS);
    }
  }

  private living(searchFolder: boolean): ProcessLine[] {
    const lines = processLines();
    const children = new Map<number, ProcessLine[]>();
    for (const line of lines.values()) {
      const siblings = children.get(line.parent);
      if (siblings) siblings.push(line);
      else children.set(line.parent, [line]);
    }
    const found = new Map<number, ProcessLine>();
    const add = (line: ProcessLine | undefined): void => {
      if (!line || line.state === 'Z' || line.state === 'X' || found.has(line.pid)) return;
      found.set(line.pid, line);
      this.seen.set(line.pid, line.startTime);
      children.get(line.pid)?.forEach(add);
    };
    if (!this.seen.has(this.root)) add(lines.get(this.root));
    for (const [pid, startTime] of [...this.seen]) {
      const line = lines.get(pid);
      if (line?.startTime === startTime) add(line);
    }
    if (searchFolder) for (const line of lines.values()) if (!found.has(line.pid) && this.runsInFolder(line.pid)) add(line);
    return [...found.values()];
  }

  private runsInFolder(pid: number): boolean {
    if (pid === process.pid) return false;
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`);
      return cwd === this.folder || cwd.startsWith(`${this.folder}/`) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.folder);
    } catch {
      return false;
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the look and the kill.
  }
}

function processLines(): Map<number, ProcessLine> {
  const lines = new Map<number, ProcessLine>();
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return lines;
  }
  for (const entry of entries) {
    if (entry < '1' || entry > '9999999999') continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      // The command stands in parentheses and may hold any character, parentheses too.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const pid = Number(entry);
      const [state, parent, startTime, residentPages] = [fields[0], Number(fields[1]), fields[19], Number(fields[21])];
      if (pid > 0) lines.set(pid, { pid, state, parent, startTime, residentPages });
    } catch {
      continue;
    }
  }
  return lines;
}

function proportionalBytes(pid: number): number {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    if (pss) return Number(pss[1]) * 1024;
  } catch {
    // Another user's process, or one just ended: its plain resident size is what is left to ask.
  }
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return resident ? Number(resident[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}
