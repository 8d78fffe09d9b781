import { hash } from 'node:crypto';

/** Of a column's values only these are written otherwise by another server although they are the same. */
export type ValueKind = 'json' | 'double' | 'float' | 'other';

export interface Digest {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const LANES = 8;
/** So many numbers below 2^32 fit into one without loss. */
const CARRY_AFTER = 2 ** 20;

/**
 * Sums up the rows of INSERT statements in whatever order they come: each row's SHA-256 is added to the others' as a number of 256 bits.
 * For a server that returns rows in no order, and beside another that writes the same value in another way: numbers and JSON are brought to
 * one form first.
 */
export class RowDigest {
  private readonly sums = new Float64Array(LANES);
  private rows = 0;
  private bytes = 0;
  private carried = 0;
  /** Bytes of the row whose end has not come yet. */
  private rest: Buffer[] = [];
  private depth = 0;
  private inText = false;
  private escaped = false;
  private readonly plain: boolean;

  /** @param kinds of the columns that a statement has values for, in its order */
  constructor(private readonly kinds: readonly ValueKind[]) {
    this.plain = kinds.every((kind) => kind === 'other');
  }

  /** The next bytes of `(…),(…)`, cut anywhere. */
  see(piece: Buffer): void {
    let begin = this.depth > 0 ? 0 : -1;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (this.inText) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inText = false;
      } else if (byte === QUOTE) {
        this.inText = true;
      } else if (byte === OPEN) {
        if (this.depth++ === 0) begin = at + 1;
      } else if (byte === CLOSE && --this.depth === 0) {
        this.add(this.rest.length === 0 ? piece.subarray(begin, at) : Buffer.concat([...this.rest, piece.subarray(begin, at)]));
        this.rest = [];
        begin = -1;
      }
    }
    if (begin >= 0) this.rest.push(Buffer.from(piece.subarray(begin)));
  }

  end(): Digest {
    this.carry();
    const total = Buffer.alloc(LANES * 4);
    this.sums.forEach((sum, lane) => total.writeUInt32BE(sum, lane * 4));
    return { rows: this.rows, bytes: this.bytes, sha256: hash('sha256', total) };
  }

  private add(row: Buffer): void {
    const form = this.plain ? row : Buffer.from(valuesOf(row).map((value, at) => oneForm(value, this.kinds[at] ?? 'other')).join(','), 'latin1');
    const one = hash('sha256', form, 'buffer');
    for (let lane = 0; lane < LANES; lane++) this.sums[lane] += one.readUInt32BE(lane * 4);
    this.rows++;
    this.bytes += form.length;
    if (++this.carried >= CARRY_AFTER) this.carry();
  }

  private carry(): void {
    this.carried = 0;
    let over = 0;
    for (let lane = LANES - 1; lane >= 0; lane--) {
      const sum = this.sums[lane] + over;
      over = Math.floor(sum / 2 ** 32);
      this.sums[lane] = sum % 2 ** 32;
    }
  }
}

/** The values of a row as they are written, a byte a character. */
function valuesOf(row: Buffer): string[] {
  const values: string[] = [];
  let begin = 0;
  let inText = false;
  for (let at = 0; at < row.length; at++) {
    const byte = row[at];
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) {
      inText = true;
    } else if (byte === COMMA) {
      values.push(row.toString('latin1', begin, at));
      begin = at + 1;
    }
  }
  values.push(row.toString('latin1', begin));
  return values;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', Z: '\x1a', b: '\b' };

function oneForm(value: string, kind: ValueKind): string {
  if (kind === 'double' || kind === 'float') {
    const number = Number(value.replaceAll('\'', ''));
    // MySQL Reference Manual, "Problems with Floating-Point Values": a FLOAT is shown with six digits, whatever it holds.
    return Number.isNaN(number) ? value : kind === 'float' ? String(Number(number.toPrecision(6))) : String(number);
  }
  if (kind !== 'json' || !value.startsWith('\'')) return value;
  const text = Buffer.from(value.slice(1, -1).replaceAll(/\\(.)/gs, (_all, character: string) => ESCAPES[character] ?? character), 'latin1').toString('utf8');
  try {
    return Buffer.from(`'${canonical(text)}'`, 'utf8').toString('latin1');
  } catch {
    return value;
  }
}

/** Keys in order, no blanks, whole numbers with all of their digits. @throws SyntaxError */
function canonical(text: string): string {
  const parse = JSON.parse as (source: string, reviver: (key: string, value: unknown, place: { source?: string }) => unknown) => unknown;
  const write = (value: unknown): string => {
    if (typeof value === 'bigint') return value.toString();
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    const fields = value as Record<string, unknown>;
    return `{${Object.keys(fields).sort().map((key) => `${JSON.stringify(key)}:${write(fields[key])}`).join(',')}}`;
  };
  return write(parse(text, (_key, value, { source }) => (typeof value === 'number' && source !== undefined && /^-?\d{16,}$/.test(source) ? BigInt(source) : value)));
}
