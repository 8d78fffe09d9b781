/** CRC-32C and CRC-64/NVME, which Node's zlib lacks, eight bytes a step; and the joining of two sums of neighbouring data. */

const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

let crc32cTables: Int32Array[] | undefined;

function tables32(): Int32Array[] {
  if (crc32cTables) return crc32cTables;
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n += 1) {
    let value = n;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
    tables[0][n] = value;
  }
  for (let t = 1; t < 8; t += 1) {
    for (let n = 0; n < 256; n += 1) tables[t][n] = (tables[t - 1][n] >>> 8) ^ tables[0][tables[t - 1][n] & 255];
  }
  crc32cTables = tables;
  return tables;
}

/** CRC-32C of `data`, continuing from `start` as zlib.crc32 does. */
export function crc32c(data: Uint8Array, start = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables32();
  let crc = ~start;
  let i = 0;
  for (const end = data.length - 7; i < end; i += 8) {
    crc ^= data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);
    crc = t7[crc & 255] ^ t6[(crc >>> 8) & 255] ^ t5[(crc >>> 16) & 255] ^ t4[crc >>> 24]
      ^ t3[data[i + 4]] ^ t2[data[i + 5]] ^ t1[data[i + 6]] ^ t0[data[i + 7]];
  }
  for (; i < data.length; i += 1) crc = (crc >>> 8) ^ t0[(crc ^ data[i]) & 255];
  return ~crc >>> 0;
}

interface Tables64 { low: Int32Array[]; high: Int32Array[] }
let crc64Tables: Tables64 | undefined;

function tables64(): Tables64 {
  if (crc64Tables) return crc64Tables;
  const low = Array.from({ length: 8 }, () => new Int32Array(256));
  const high = Array.from({ length: 8 }, () => new Int32Array(256));
  const first: bigint[] = [];
  for (let n = 0; n < 256; n += 1) {
    let value = BigInt(n);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ CRC64_POLYNOMIAL : value >> 1n;
    first.push(value);
  }
  let current = first;
  for (let t = 0; t < 8; t += 1) {
    for (let n = 0; n < 256; n += 1) {
      low[t][n] = Number(current[n] & 0xffffffffn) | 0;
      high[t][n] = Number(current[n] >> 32n) | 0;
    }
    current = current.map((value) => (value >> 8n) ^ first[Number(value & 255n)]);
  }
  crc64Tables = { low, high };
  return crc64Tables;
}

/** Running CRC-64/NVME, kept as two halves because a BigInt a byte would be a hundred times slower. */
export class Crc64 {
  private low = -1;
  private high = -1;

  update(data: Uint8Array): void {
    const tables = tables64();
    const [l0, l1, l2, l3, l4, l5, l6, l7] = tables.low;
    const [h0, h1, h2, h3, h4, h5, h6, h7] = tables.high;
    let { low, high } = this;
    let i = 0;
    for (const end = data.length - 7; i < end; i += 8) {
      const a = low ^ (data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24));
      const b = high ^ (data[i + 4] | (data[i + 5] << 8) | (data[i + 6] << 16) | (data[i + 7] << 24));
      const a0 = a & 255, a1 = (a >>> 8) & 255, a2 = (a >>> 16) & 255, a3 = a >>> 24;
      const b0 = b & 255, b1 = (b >>> 8) & 255, b2 = (b >>> 16) & 255, b3 = b >>> 24;
      low = l7[a0] ^ l6[a1] ^ l5[a2] ^ l4[a3] ^ l3[b0] ^ l2[b1] ^ l1[b2] ^ l0[b3];
      high = h7[a0] ^ h6[a1] ^ h5[a2] ^ h4[a3] ^ h3[b0] ^ h2[b1] ^ h1[b2] ^ h0[b3];
    }
    for (; i < data.length; i += 1) {
      const index = (low ^ data[i]) & 255;
      low = ((low >>> 8) | (high << 24)) ^ l0[index];
      high = (high >>> 8) ^ h0[index];
    }
    this.low = low;
    this.high = high;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeInt32BE(~this.high, 0);
    out.writeInt32BE(~this.low, 4);
    return out;
  }
}

/** The CRCs whose sum over a whole follows from the sums over its pieces. */
const POLYNOMIALS: Record<string, { width: number; polynomial: bigint }> = {
  CRC32: { width: 32, polynomial: 0xedb88320n },
  CRC32C: { width: 32, polynomial: BigInt(CRC32C_POLYNOMIAL) },
  CRC64NVME: { width: 64, polynomial: CRC64_POLYNOMIAL },
};

function multiply(a: bigint, b: bigint, width: number, polynomial: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let mask = 1n << BigInt(width - 1); mask; mask >>= 1n) {
    if (a & mask) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
  }
  return product;
}

/** x to the power of 8 times `bytes`, modulo the polynomial; parts of one upload share their length, so the last one is kept. */
const shifts = new Map<string, bigint>();

function shiftFor(name: string, bytes: number): bigint {
  const id = `${name}:${bytes}`;
  const known = shifts.get(id);
  if (known !== undefined) return known;
  const { width, polynomial } = POLYNOMIALS[name];
  let power = 1n << BigInt(width - 2);
  for (let i = 0; i < 3; i += 1) power = multiply(power, power, width, polynomial);
  let result = 1n << BigInt(width - 1);
  for (let n = BigInt(bytes); n; n >>= 1n) {
    if (n & 1n) result = multiply(power, result, width, polynomial);
    power = multiply(power, power, width, polynomial);
  }
  if (shifts.size > 1000) shifts.clear();
  shifts.set(id, result);
  return result;
}

/** The CRC of `first` followed by `second`, from their sums and the length of the second (Mark Adler's crc32_combine, for any width). */
export function joinCrc(name: string, first: Buffer, second: Buffer, secondBytes: number): Buffer {
  const { width, polynomial } = POLYNOMIALS[name];
  const moved = multiply(shiftFor(name, secondBytes), BigInt(`0x${first.toString('hex')}`), width, polynomial);
  const joined = moved ^ BigInt(`0x${second.toString('hex')}`);
  return Buffer.from(joined.toString(16).padStart(width / 4, '0'), 'hex');
}
