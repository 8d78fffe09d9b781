import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Connection, Submittable } from 'pg';
import { releaseChunk } from '../../runtime/chunk-memory';

/** Message types of the protocol (section "Message Formats" of PostgreSQL's documentation). */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
const ERROR_RESPONSE = 0x45;
const HEADER_BYTES = 5;

/** Rows are gathered into buffers of this size: one hash call, one write and one turn of the compressor for each. */
const GATHER_BYTES = 256 * 1024;
const NONE: Buffer = Buffer.alloc(0);

/**
 * One `COPY … TO STDOUT` as a query of node-postgres, its data into `out`, or to be looked at only where there is none.
 *
 * The server sends a message a row. This reads the socket below node-postgres's parser and moves each row's bytes once, into a large
 * buffer: no object, no event and no slice a row. Backpressure of `out` pauses the socket, and so the server.
 * `pg-copy-streams` was tried in its place: as fast, but a session that the server ends while the part is slow is not noticed by it, and
 * the run hangs until its time is over (the tests of disturbed dumps show it).
 */
export class CopyStream implements Submittable {
  /** Resolves with the rows by the server's own `COPY n`, only when it said that all was sent; the session is free again then. */
  readonly done: Promise<number>;
  /** Rows by the messages that passed. */
  messages = 0;
  bytes = 0;

  private resolve!: (rows: number) => void;
  private reject!: (error: Error) => void;
  private socket?: Socket;
  private parser?: (chunk: Buffer) => void;
  private gathered = NONE;
  private filled = 0;
  /** Bytes of the present message that are still to come. */
  private remaining = 0;
  private inCopyData = false;
  /** A header cut by the end of a chunk. */
  private head: Buffer = NONE;
  private reported = -1;
  private settled = false;

  constructor(
    private readonly statement: string,
    private readonly out: Writable | undefined,
    /** Sees each gathered buffer before it is written. */
    private readonly onData: (data: Buffer) => void,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined);
    this.out?.once('error', this.onOutError);
    this.out?.once('close', this.onOutClose);
  }

  submit(connection: Connection): void {
    const socket = (connection as unknown as { stream: Socket }).stream;
    const listeners = socket.listeners('data') as ((chunk: Buffer) => void)[];
    if (listeners.length !== 1) {
      this.fail(new Error('the socket of node-postgres has not the one reader that was expected'));
      return;
    }
    this.socket = socket;
    this.parser = listeners[0];
    socket.removeListener('data', this.parser);
    socket.on('data', this.onChunk);
    connection.query(this.statement);
  }

  private readonly onChunk = (chunk: Buffer): void => {
    let at = 0;
    if (this.head.length > 0) {
      chunk = Buffer.concat([this.head, chunk]);
      this.head = NONE;
    }
    const { length } = chunk;
    for (;;) {
      if (this.remaining > 0) {
        if (at === length) return releaseChunk(chunk);
        const part = Math.min(this.remaining, length - at);
        if (this.inCopyData) this.gather(chunk, at, part);
        at += part;
        this.remaining -= part;
        if (this.remaining > 0) return releaseChunk(chunk);
      }
      if (length - at < HEADER_BYTES) {
        // A copy, so that the large chunk can go.
        if (at < length) this.head = Buffer.from(chunk.subarray(at));
        return releaseChunk(chunk);
      }
      const type = chunk[at];
      if (type === COPY_DATA) {
        this.messages++;
        this.inCopyData = true;
      } else if (type === COPY_DONE || type === ERROR_RESPONSE) {
        this.giveBack(chunk.subarray(type === COPY_DONE ? at + HEADER_BYTES : at), type === COPY_DONE);
        return;
      } else {
        // CopyOutResponse, ParameterStatus, NoticeResponse: nothing that a copy needs.
        this.inCopyData = false;
      }
      this.remaining = chunk.readUInt32BE(at + 1) - 4;
      at += HEADER_BYTES;
    }
  };

  private gather(chunk: Buffer, start: number, count: number): void {
    while (count > 0) {
      if (this.gathered === NONE) this.gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
      const part = Math.min(count, GATHER_BYTES - this.filled);
      chunk.copy(this.gathered, this.filled, start, start + part);
      this.filled += part;
      start += part;
      count -= part;
      if (this.filled === GATHER_BYTES) this.flush();
    }
  }

  private flush(): void {
    if (this.filled === 0) return;
    const data = this.gathered.subarray(0, this.filled);
    this.filled = 0;
    this.bytes += data.length;
    this.onData(data);
    if (!this.out) return;
    // Its reader keeps what it was given: a new buffer for the next rows.
    this.gathered = NONE;
    if (this.out.destroyed || this.out.write(data) || !this.socket) return;
    const { socket } = this;
    socket.pause();
    this.out.once('drain', () => socket.resume());
  }

  /** From here on node-postgres reads: the completion, or the error. */
  private giveBack(rest: Buffer, whole: boolean): void {
    const { socket, parser } = this;
    if (!socket || !parser) return;
    this.parser = undefined;
    if (whole) this.flush();
    socket.removeListener('data', this.onChunk);
    socket.on('data', parser);
    if (rest.length > 0) parser(rest);
  }

  /** Called by node-postgres. */
  handleCommandComplete(message: { text?: string }): void {
    const match = /^COPY (\d+)$/.exec(message.text ?? '');
    this.reported = match ? Number(match[1]) : -1;
  }

  handleReadyForQuery(): void {
    if (this.reported < 0) this.fail(new Error('the server ended a COPY without saying how many rows it had'));
    else this.settle(() => this.resolve(this.reported));
  }

  handleError(error: Error): void {
    this.fail(error);
  }

  private readonly onOutError = (error: Error): void => this.fail(error);
  private readonly onOutClose = (): void => this.fail(new Error('the part was closed before all rows were written'));

  private fail(error: Error): void {
    this.settle(() => this.reject(error));
  }

  private settle(how: () => void): void {
    if (this.settled) return;
    this.settled = true;
    this.out?.removeListener('error', this.onOutError);
    this.out?.removeListener('close', this.onOutClose);
    how();
  }
}
