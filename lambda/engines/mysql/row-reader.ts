import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { IntegrityError } from '../../runtime/errors';
import type { Family } from './flavors';
import type { RowDigest } from './row-digest';

/** One table of a dump as it passed. */
export interface PassedTable {
  readonly name: string;
  readonly rows: number;
  /** Bytes of the canonical form: every row as the tool writes it, a comma and what the family puts behind it between two. */
  readonly bytes: number;
  readonly sha256: string;
}

const NEWLINE = 0x0a;
const BACKTICK = 0x60;
/** A tool that is not buffered writes four kilobytes at a time: what follows is asked to look at more. A large piece is not copied. */
const BATCH = 32 * 1024;
const NONE = Buffer.alloc(0);
const TABLE = Buffer.from('-- Dumping data for table `');
const INSERT = Buffer.from('INSERT INTO ');
const VALUES = Buffer.from(' VALUES');
const END_OF_STATEMENT = Buffer.from(');\n');
const TRAILER = Buffer.from('-- Dump completed');
/** A statement's beginning and a comment end within it, whatever the names. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads what a dump tool writes of rows alone, table after table. No value holds a raw line break, for the tools escape them, so a line
 * is a row or a statement of the tool's; the bytes of rows are passed on in large pieces and never taken apart.
 */
export class RowReader {
  /** `file:position` of the binary log that the tool's snapshot stands at, when it said so. */
  position: string | undefined;
  private readonly source: AsyncIterator<Buffer>;
  private buffer: Buffer = NONE;
  private next: string | undefined;
  private completed = false;
  private ended = false;

  /** @param digestOf sums up a table's rows in its own way, in place of their bytes in their order */
  constructor(stdout: Readable, private readonly family: Family, private readonly digestOf?: (table: string) => RowDigest) {
    this.source = (stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Reads up to the next table, or to the end. */
  async seek(): Promise<void> {
    while (!await this.passLine(undefined)) { /* the next line */ }
  }

  /** Name of the table that comes next; undefined at the end. */
  get table(): string | undefined {
    return this.next;
  }

  /** Whether the tool said that its dump is complete. */
  get isComplete(): boolean {
    return this.completed;
  }

  /** Whether the tool writes nothing more. */
  get isAtEnd(): boolean {
    return this.ended;
  }

  /** Passes the next table's statements on. Call while `table` names one. */
  async copyTable(out: Writable): Promise<PassedTable> {
    const name = this.next ?? '';
    const counted: Counted = { hash: createHash('sha256'), rows: 0, bytes: 0 };
    const digest = this.digestOf?.(name);
    let header: Buffer | undefined;
    this.next = undefined;
    for (;;) {
      if (!await this.fill(INSERT.length)) break;
      if (!this.startsWith(INSERT)) {
        if (await this.passLine(out)) break;
        continue;
      }
      header ??= await this.statementHeader();
      if (!await this.fill(header.length) || !this.buffer.subarray(0, header.length).equals(header)) {
        throw damaged(`a statement of table ${name} begins otherwise than those before it`);
      }
      await write(out, header);
      this.buffer = this.buffer.subarray(header.length);
      await this.copyStatement(out, counted, digest);
    }
    if (digest) return { name, ...digest.end() };
    return { name, rows: counted.rows, bytes: counted.bytes, sha256: counted.hash.digest('hex') };
  }

  /** Up to the next table or the end; true when there is one of them. */
  private async passLine(out: Writable | undefined): Promise<boolean> {
    const line = await this.line();
    if (line === undefined) return true;
    if (startsWith(line, TABLE)) {
      this.next = tableOf(line);
      return true;
    }
    if (startsWith(line, TRAILER)) this.completed = true;
    const position = /^-- CHANGE (?:MASTER|REPLICATION SOURCE) TO (?:MASTER|SOURCE)_LOG_FILE='([^']+)', (?:MASTER|SOURCE)_LOG_POS=(\d+)/.exec(line.toString('latin1'));
    if (position) this.position = `${position[1]}:${position[2]}`;
    // Of what stands between the rows only the statements that frame a table's go with it.
    if (out && /^(set autocommit=0|commit);$/i.test(line.toString('latin1').trimEnd())) await write(out, line);
    return false;
  }

  /** `INSERT INTO … VALUES` with the one character behind it; names may hold anything, in backticks. */
  private async statementHeader(): Promise<Buffer> {
    for (let at = 0, quoted = false; ; at++) {
      if (at > LONGEST_LINE || !await this.fill(at + VALUES.length + 1)) throw damaged('a statement has no values');
      const byte = this.buffer[at];
      if (byte === BACKTICK) quoted = !quoted;
      else if (!quoted && byte === VALUES[0] && this.buffer.subarray(at, at + VALUES.length).equals(VALUES)) {
        return Buffer.from(this.buffer.subarray(0, at + VALUES.length + 1));
      }
    }
  }

  private async copyStatement(out: Writable, counted: Counted, digest: RowDigest | undefined): Promise<void> {
    const separator = this.family === 'mariadb' ? Buffer.from(',\n') : Buffer.from(',');
    if (counted.rows > 0) count(counted, separator);
    const rows = this.family === 'mariadb' ? lineRows() : listedRows();
    for (;;) {
      const end = this.buffer.indexOf(END_OF_STATEMENT);
      const until = end >= 0 ? end + 1 : this.buffer.length - begunEnd(this.buffer);
      if (until > 0) {
        const piece = this.buffer.subarray(0, until);
        if (digest) {
          digest.see(piece);
        } else {
          rows.see(piece);
          count(counted, piece);
        }
        this.buffer = this.buffer.subarray(until);
        await write(out, piece);
      }
      if (end >= 0) {
        await write(out, END_OF_STATEMENT.subarray(1));
        this.buffer = this.buffer.subarray(END_OF_STATEMENT.length - 1);
        counted.rows += rows.count();
        return;
      }
      if (!await this.more(BATCH)) throw damaged('the dump ends within a statement');
    }
  }

  private async line(): Promise<Buffer | undefined> {
    for (let from = 0; ;) {
      const end = this.buffer.indexOf(NEWLINE, from);
      if (end >= 0) {
        const line = this.buffer.subarray(0, end + 1);
        this.buffer = this.buffer.subarray(end + 1);
        return line;
      }
      from = this.buffer.length;
      if (from > LONGEST_LINE) throw damaged('a line has no end');
      if (!await this.more()) {
        const rest = this.buffer;
        this.buffer = NONE;
        return rest.length > 0 ? rest : undefined;
      }
    }
  }

  private startsWith(text: Buffer): boolean {
    return startsWith(this.buffer, text);
  }

  /** Whether so many bytes are at hand. */
  private async fill(length: number): Promise<boolean> {
    while (this.buffer.length < length) if (!await this.more()) return this.buffer.length >= length;
    return true;
  }

  /** Whether there is more; as much as asked for, unless the tool ends before. */
  private async more(least = 1): Promise<boolean> {
    const pieces = this.buffer.length === 0 ? [] : [this.buffer];
    let read = 0;
    while (!this.ended && read < least) {
      const { done, value } = await this.source.next();
      if (done) {
        this.ended = true;
      } else {
        pieces.push(value);
        read += value.length;
      }
    }
    this.buffer = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    return read > 0;
  }
}

interface Counted { readonly hash: Hash; rows: number; bytes: number }

function count(counted: Counted, piece: Buffer): void {
  counted.hash.update(piece);
  counted.bytes += piece.length;
}

interface RowCounter {
  see(piece: Buffer): void;
  count(): number;
}

/** MariaDB's tool writes a line a row. */
function lineRows(): RowCounter {
  let rows = 1;
  return {
    see: (piece) => {
      for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) rows++;
    },
    count: () => rows,
  };
}

/** MySQL's tool writes all rows of a statement in one line: parentheses are counted, but for those in texts. */
function listedRows(): RowCounter {
  let rows = 0;
  let depth = 0;
  let inText = false;
  let escaped = false;
  return {
    see: (piece) => {
      for (let at = 0; at < piece.length; at++) {
        const byte = piece[at];
        if (inText) {
          if (escaped) escaped = false;
          else if (byte === 0x5c) escaped = true;
          else if (byte === 0x27) inText = false;
        } else if (byte === 0x27) inText = true;
        else if (byte === 0x28 && depth++ === 0) rows++;
        else if (byte === 0x29) depth--;
      }
    },
    count: () => rows,
  };
}

/** How much of a statement's end a buffer ends with, without being all of it. */
function begunEnd(buffer: Buffer): number {
  for (let length = Math.min(END_OF_STATEMENT.length - 1, buffer.length); length > 0; length--) {
    if (buffer.subarray(buffer.length - length).equals(END_OF_STATEMENT.subarray(0, length))) return length;
  }
  return 0;
}

function startsWith(buffer: Buffer, text: Buffer): boolean {
  return buffer.length >= text.length && buffer.subarray(0, text.length).equals(text);
}

/** Quoted as in a statement. */
function tableOf(line: Buffer): string {
  const text = line.toString('utf8').trimEnd();
  return text.slice(TABLE.length, text.lastIndexOf('`')).replaceAll('``', '`');
}

function damaged(what: string): IntegrityError {
  return new IntegrityError('DUMP_CUT', `The dump tool's output is not whole: ${what}.`, 'It is tried again; look at the tool\'s and the server\'s log.');
}

export async function write(out: Writable, data: Buffer | string): Promise<void> {
  if (!out.write(data)) await once(out, 'drain');
}
