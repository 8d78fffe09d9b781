import type { Readable } from 'node:stream';
import { IntegrityError } from '../../runtime/errors';
import { END_OF_ROWS } from './database-dump';

const NEWLINE = 0x0a;
const BACKTICK = 0x60;
const NONE = Buffer.alloc(0);
const INSERT = Buffer.from('INSERT INTO ');
const VALUES = Buffer.from(' VALUES');
const END_OF_STATEMENT = Buffer.from(');\n');
const BETWEEN_ROWS = Buffer.from('),\n');
/** What stands between the rows of a part that our dump wrote; a session of ours has set the same. */
const FRAME = /^(\/\*!40101 SET NAMES utf8mb4 \*\/;|SET time_zone='\+00:00', .*;|set autocommit=0;|commit;|)$/i;
const LONGEST_LINE = 1024 * 1024;

/** What begins the statements of one table. */
export interface RowsOf {
  readonly table: string;
  /** The columns that the statement names. @default all that a statement may write */
  readonly columns?: readonly string[];
}

/** A part of a copy. */
export interface StoredRows {
  readonly name: string;
  open(): Promise<Readable>;
}

/** A part that says something else than our dumps do: its statements have to be run as they are. */
export class OtherFormError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'OtherFormError';
  }
}

/**
 * Reads the rows of parts of MariaDB's tool, one behind the other and table after table, as `(…),` lines without the statements around
 * them. No value holds a raw line break, so that they can be cut out without looking into the values.
 */
export class PartRows {
  private stream: Readable | undefined;
  private source: AsyncIterator<Buffer> | undefined;
  private buffer: Buffer = NONE;
  private header: Buffer = NONE;
  private ended = false;
  private opened = 0;

  constructor(private readonly parts: readonly StoredRows[]) {}

  /** Lets go of what is open. */
  close(): void {
    this.stream?.destroy();
  }

  /**
   * The table that comes next; undefined at the end.
   *
   * @throws OtherFormError, IntegrityError PART_CUT and what the part's stream fails with
   */
  async next(): Promise<RowsOf | undefined> {
    if (this.opened === 0 && !await this.openNext()) return undefined;
    for (;;) {
      if (await this.fill(INSERT.length) && startsWith(this.buffer, INSERT)) return this.begin();
      const line = await this.line();
      if (line === undefined) throw this.cut();
      if (line === END_OF_ROWS) {
        if (await this.fill(1)) throw new OtherFormError('something stands behind its last line');
        if (!await this.openNext()) return undefined;
        continue;
      }
      if (!FRAME.test(line.trimEnd())) throw new OtherFormError('it holds another statement');
    }
  }

  /** All rows of the table that `next` told, each followed by a comma and a line break. */
  async *rows(): AsyncGenerator<Buffer> {
    do {
      this.buffer = this.buffer.subarray(this.header.length);
      yield* this.statement();
    } while (await this.fill(this.header.length) && startsWith(this.buffer, this.header));
  }

  private async *statement(): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.buffer.indexOf(END_OF_STATEMENT);
      const until = end >= 0 ? end : this.buffer.length - END_OF_STATEMENT.length + 1;
      if (until > 0) yield this.buffer.subarray(0, until);
      if (end >= 0) {
        yield BETWEEN_ROWS;
        this.buffer = this.buffer.subarray(end + END_OF_STATEMENT.length);
        return;
      }
      this.buffer = this.buffer.subarray(Math.max(0, until));
      if (!await this.more()) throw this.cut();
    }
  }

  private async openNext(): Promise<boolean> {
    if (this.opened === this.parts.length) return false;
    this.stream = await this.parts[this.opened++].open();
    this.source = (this.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.ended = false;
    return true;
  }

  /** `INSERT INTO … VALUES` with the one character behind it; names may hold anything, in backticks. */
  private async begin(): Promise<RowsOf> {
    for (let at = 0, quoted = false; ; at++) {
      if (at > LONGEST_LINE || !await this.fill(at + VALUES.length + 1)) throw new OtherFormError('a statement has no rows');
      const byte = this.buffer[at];
      if (byte === BACKTICK) quoted = !quoted;
      else if (!quoted && byte === VALUES[0] && startsWith(this.buffer.subarray(at), VALUES)) {
        this.header = Buffer.from(this.buffer.subarray(0, at + VALUES.length + 1));
        return parseHeader(this.header.toString('utf8', INSERT.length, at));
      }
    }
  }

  private async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.buffer.indexOf(NEWLINE);
      if (end >= 0) {
        const line = this.buffer.toString('utf8', 0, end + 1);
        this.buffer = this.buffer.subarray(end + 1);
        return line;
      }
      if (this.buffer.length > LONGEST_LINE) throw new OtherFormError('a line has no end');
      if (!await this.more()) return undefined;
    }
  }

  private async fill(length: number): Promise<boolean> {
    while (this.buffer.length < length) if (!await this.more()) return false;
    return true;
  }

  private async more(): Promise<boolean> {
    if (this.ended || !this.source) return false;
    const { done, value } = await this.source.next();
    if (done) {
      this.ended = true;
      return false;
    }
    this.buffer = this.buffer.length === 0 ? value : Buffer.concat([this.buffer, value]);
    return true;
  }

  private cut(): IntegrityError {
    return new IntegrityError('PART_CUT', `Part ${this.parts[this.opened - 1]?.name} ends without its last line.`, 'Do not count on this run.');
  }
}

function startsWith(buffer: Buffer, text: Buffer): boolean {
  return buffer.length >= text.length && buffer.compare(text, 0, text.length, 0, text.length) === 0;
}

const NAME = '`((?:[^`]|``)*)`';

function parseHeader(text: string): RowsOf {
  const match = new RegExp(`^${NAME}(?: \\((${NAME}(?:, ?${NAME})*)\\))?$`, 's').exec(text);
  if (!match) throw new OtherFormError(`a statement begins with ${text.slice(0, 100)}`);
  const unquoted = (name: string): string => name.replaceAll('``', '`');
  const columns = match[2] === undefined ? undefined : [...match[2].matchAll(new RegExp(NAME, 'gs'))].map(([, name]) => unquoted(name));
  return { table: unquoted(match[1]), ...columns ? { columns } : {} };
}
