import type { Readable } from 'node:stream';
import { IntegrityError } from '../../runtime/errors';

/** First line of a COPY block, as its text has it: names quoted where needed. */
export interface CopyBlock {
  /** `schema.table`. */
  readonly table: string;
  /** `(a, "B")`, or nothing for a table without a column. */
  readonly columns: string;
}

/** Takes one block's COPY text. */
export interface BlockSink {
  /** Resolves, or returns nothing, when more may come. */
  write(data: Buffer): Promise<void> | undefined;
  /** All of the block was written. */
  end(): Promise<void>;
}

export interface BlockHandlers {
  block(block: CopyBlock): Promise<BlockSink>;
  /** A `SET name = value;` of the script. */
  set?(name: string, value: string): void;
}

const NAME = '(?:"(?:[^"]|"")+"|[^\\s".,();]+)';
const HEADER = new RegExp(`^COPY (${NAME}\\.${NAME})( \\(${NAME}(?:, ${NAME})*\\))? FROM stdin;$`, 'u');
const SETTING = /^SET ([a-z_]+) (?:=|TO) '?([^']*)'?;$/i;
const TERMINATOR = Buffer.from('\n\\.\n');
/** `\.` and the newline behind it, at a line's beginning. */
const MARK = TERMINATOR.subarray(1);
/** A table's widest header: 1,600 columns of 63 bytes, doubled quotes. */
const LONGEST_STATEMENT = 1024 * 1024;
const NEWLINE = 0x0a;
const QUOTES = new Set([0x22, 0x27]);

/**
 * Splits a rows part into its COPY blocks. Data passes without being copied or decoded: COPY text escapes backslashes, so the only
 * line that is `\.` is the block's end.
 *
 * @throws IntegrityError PART_CUT when the stream ends within a block or a statement, PART_DAMAGED for a line that is neither
 */
export async function readBlocks(name: string, stream: Readable, handlers: BlockHandlers): Promise<void> {
  const script = new Script(name);
  let data: DataScan | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let at = 0;
    while (at < chunk.length) {
      if (data) {
        at = await data.take(chunk, at);
        if (data.ended) data = undefined;
      } else {
        at = script.take(chunk, at);
        const statement = script.statement();
        if (statement === undefined) continue;
        const block = HEADER.exec(statement);
        const setting = SETTING.exec(statement);
        if (block) data = new DataScan(await handlers.block({ table: block[1], columns: block[2]?.trim() ?? '' }));
        else if (setting) handlers.set?.(setting[1].toLowerCase(), setting[2]);
        else throw new IntegrityError('PART_DAMAGED', `Part ${name} has a line that is no COPY and no SET.`, 'Do not count on this run; look at what wrote to the store since.');
      }
    }
  }
  if (data || !script.isIdle()) {
    throw new IntegrityError('PART_CUT', `Part ${name} ends within a COPY block: its \\. is missing.`, 'Do not count on this run; look at what the dump of it said.');
  }
}

/** Lines outside of data: blank ones, comments, and statements up to a `;` at a line's end, outside of quotes. */
class Script {
  private pieces: Buffer[] = [];
  private size = 0;
  private quote = 0;
  private before = NEWLINE;
  private inComment = false;
  private complete = false;

  constructor(private readonly name: string) {}

  take(chunk: Buffer, start: number): number {
    let from = start;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.quote) {
        if (byte === this.quote) this.quote = 0;
      } else if (byte === NEWLINE && (this.inComment || this.size + at - from === 0)) {
        this.discard();
        from = at + 1;
      } else if (byte === NEWLINE && this.before === 0x3b) {
        this.keep(chunk.subarray(from, at));
        this.complete = true;
        this.before = NEWLINE;
        return at + 1;
      } else if (!this.inComment && byte === 0x2d && this.before === 0x2d && this.size + at - from === 1) {
        this.inComment = true;
      } else if (!this.inComment && QUOTES.has(byte)) {
        this.quote = byte;
      }
      this.before = byte;
    }
    this.keep(chunk.subarray(from));
    return chunk.length;
  }

  /** The statement that is complete, once. */
  statement(): string | undefined {
    if (!this.complete) return undefined;
    const text = Buffer.concat(this.pieces).toString('utf8');
    this.discard();
    return text;
  }

  isIdle(): boolean {
    return this.size === 0 || this.inComment;
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.pieces.push(Buffer.from(piece));
    this.size += piece.length;
    if (this.size > LONGEST_STATEMENT) throw new IntegrityError('PART_DAMAGED', `Part ${this.name} has a statement without an end.`, 'Do not count on this run; look at what wrote to the store since.');
  }

  private discard(): void {
    this.pieces = [];
    this.size = 0;
    this.inComment = false;
    this.complete = false;
  }
}

/** The data of one block. Bytes that may be the beginning of its end are held back at a chunk's border. */
class DataScan {
  ended = false;
  private atLineStart = true;
  /** Bytes of `\.` and newline seen at a line's beginning. */
  private matched = 0;

  constructor(private readonly sink: BlockSink) {}

  async take(chunk: Buffer, start: number): Promise<number> {
    let at = start;
    while (this.atLineStart && at < chunk.length) {
      if (chunk[at] === MARK[this.matched]) {
        this.matched++;
        at++;
        if (this.matched < MARK.length) continue;
        this.ended = true;
        await this.sink.end();
        return at;
      }
      const held = MARK.subarray(0, this.matched);
      this.matched = 0;
      this.atLineStart = false;
      // What was held back is data after all.
      if (held.length > 0) await this.sink.write(held);
    }
    if (at === chunk.length) return at;
    const end = chunk.indexOf(TERMINATOR, at);
    const stop = end >= 0 ? end + 1 : dataEnd(chunk, at);
    if (stop > at) {
      const more = this.sink.write(chunk.subarray(at, stop));
      if (more) await more;
    }
    this.atLineStart = stop > at ? chunk[stop - 1] === NEWLINE : this.atLineStart;
    return stop;
  }
}

/** Where certain data ends: before a `\` or `\.` that follows the last newline. */
function dataEnd(chunk: Buffer, from: number): number {
  const { length } = chunk;
  for (const held of [1, 2]) {
    const at = length - held;
    if (at > from && chunk[at - 1] === NEWLINE && chunk.subarray(at).equals(MARK.subarray(0, held))) return at;
  }
  return length;
}
