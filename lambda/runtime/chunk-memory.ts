import { setFlagsFromString } from 'node:v8';

/** ES2024; Node has it since 22, TypeScript's library of our target not. */
type Transferable = ArrayBuffer & { transfer(length: number): ArrayBuffer };

/**
 * Gives the memory behind a chunk that a socket brought back at once, instead of leaving it to the collector. Nobody may look at the
 * chunk again. What shares its memory with other buffers is left alone.
 */
export function releaseChunk(chunk: Buffer): void {
  if (chunk.length === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer) (chunk.buffer as Transferable).transfer(0);
}

/**
 * The collector marks the whole heap each time that it grew by a share of itself, and buffers count. A worker's heap is small and its
 * rows are many buffers: left as it is, it marks 160 times in a drill of 1 GB, for a tenth of all processor time; so, 50 times, with as
 * much memory. A flag of V8's, for Lambda has no other place for it; Node takes flags at any time, and this one is read at each collection.
 */
export function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=300');
}
