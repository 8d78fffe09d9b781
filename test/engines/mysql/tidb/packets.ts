/** A packet of the MySQL protocol without its four bytes of length and number. */
export interface Packet {
  readonly sequence: number;
  readonly payload: Buffer;
}

export function frame(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence & 0xff;
  return Buffer.concat([head, payload]);
}

/** Takes bytes as they come and gives whole packets. */
export class Packets {
  private rest = Buffer.alloc(0);

  /** Bytes of no whole packet yet. */
  left(): Buffer {
    return this.rest;
  }

  take(chunk: Buffer): Packet[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const packets: Packet[] = [];
    for (;;) {
      const length = this.rest.length < 4 ? Infinity : this.rest.readUIntLE(0, 3);
      if (this.rest.length < 4 + length) return packets;
      packets.push({ sequence: this.rest[3], payload: Buffer.from(this.rest.subarray(4, 4 + length)) });
      this.rest = Buffer.from(this.rest.subarray(4 + length));
    }
  }
}

const SSL = 1 << 11;
/** Flags of the protocol that TiDB does not offer, or that would have two servers answer in two forms. */
const WITHHELD = (1 << 5) | (1 << 11) | (1 << 23) | (1 << 24) | (1 << 25) | (1 << 26) | (1 << 27) | (1 << 28);

/** A server's greeting under another version, with TLS or without. */
export function regreet(greeting: Buffer, version: string, tls: boolean): Buffer {
  const end = greeting.indexOf(0, 1);
  const rest = Buffer.from(greeting.subarray(end));
  // Behind the version's zero: a thread's number, eight bytes of salt and a zero, the lower half of the flags, three bytes on the upper.
  const lower = 1 + 4 + 8 + 1;
  rest.writeUInt16LE(rest.readUInt16LE(lower) & ~WITHHELD & 0xffff | (tls ? SSL : 0), lower);
  rest.writeUInt16LE(rest.readUInt16LE(lower + 5) & ~(WITHHELD >>> 16) & 0xffff, lower + 5);
  return Buffer.concat([greeting.subarray(0, 1), Buffer.from(version), rest]);
}

/** A client's answer without what was withheld: some clients ask for it all the same. */
export function withoutWithheld(response: Buffer): Buffer {
  const answer = Buffer.from(response);
  answer.writeUInt32LE((answer.readUInt32LE(0) & ~WITHHELD) >>> 0, 0);
  return answer;
}

/** Who a client says it is in its answer to the greeting, and which database it wants. */
export function loginOf(response: Buffer): { readonly user: string; readonly database: string } {
  const end = response.indexOf(0, 32);
  const after = end + 2 + response[end + 1];
  const wants = (response.readUInt32LE(0) & 8) !== 0;
  return { user: response.toString('utf8', 32, end), database: wants ? response.toString('utf8', after, response.indexOf(0, after)) : '' };
}

export function okPacket(): Buffer {
  return Buffer.from([0, 0, 0, 2, 0, 0, 0]);
}

export function errorPacket(code: number, state: string, message: string): Buffer {
  const head = Buffer.from([0xff, code & 0xff, code >> 8]);
  return Buffer.concat([head, Buffer.from(`#${state}${message}`)]);
}

/** A result of texts, as the packets that follow a query. */
export function resultPackets(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Buffer[] {
  const eof = Buffer.from([0xfe, 0, 0, 2, 0]);
  return [
    Buffer.from([columns.length]),
    ...columns.map((name) => Buffer.concat([
      text('def'), text(''), text(''), text(''), text(name), text(name),
      // utf8mb4, so long, VAR_STRING.
      Buffer.from([0x0c, 45, 0, 0xff, 0xff, 0, 0, 0xfd, 0, 0, 0, 0, 0]),
    ])),
    eof,
    ...rows.map((row) => Buffer.concat(row.map((value) => (value === null ? Buffer.from([0xfb]) : text(value))))),
    eof,
  ];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 0xfb) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const head = Buffer.alloc(4);
  head[0] = 0xfd;
  head.writeUIntLE(bytes.length, 1, 3);
  return Buffer.concat([head, bytes]);
}
