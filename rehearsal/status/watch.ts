import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from '../command-line';
import type { Status } from './model';

export interface WatchProps {
  readonly look: () => Promise<Status>;
  readonly show: (status: Status) => string;
  readonly seconds: number;
  readonly terminal: Terminal;
}

/** The terminal's other screen, so that what stood there before comes back; no cursor on it. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** To the corner; what the new text leaves of the old goes. */
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/**
 * Looks until it is stopped: in place on a terminal, one after the other elsewhere.
 *
 * @returns the last look, which then stands on the terminal for good
 */
export async function watch({ look, show, seconds, terminal: { stdout, signal } }: WatchProps): Promise<Status> {
  const inPlace = stdout.isTTY === true;
  let last = await look();
  if (inPlace) stdout.write(ENTER);
  try {
    for (;;) {
      stdout.write(inPlace ? screen(show(last), seconds, stdout.rows) : show(last));
      await sleep(seconds * 1000, undefined, { signal });
      last = await look();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return last;
  } finally {
    if (inPlace) stdout.write(`${LEAVE}${show(last)}`);
  }
}

/** As many lines as the terminal has: one more would scroll what stands above away. */
function screen(text: string, seconds: number, rows = 24): string {
  const lines = text.trimEnd().split('\n');
  const room = rows - 2;
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} lines more`] : lines;
  return `${HOME}${[...shown, '', `every ${seconds} s, Ctrl-C ends`].join(`${REST_OF_LINE}\n`)}${REST_OF_LINE}${REST_OF_SCREEN}`;
}
