import { createHash, timingSafeEqual, type Hash } from 'node:crypto';
import { ApiError } from './errors';
import { hmac, sha256Hex } from './sigv4';

/** What a signed stream is checked with: the request's own signature is the seed of the chain. */
export interface ChunkSigner { signature: string; signingKey: Buffer; scope: string; timestamp: string }

/** S3 refuses smaller chunks, but for the last one. */
export const SMALLEST_CHUNK_BYTES = 8192;
const LONGEST_LINE_BYTES = 16_384;
const EMPTY_HASH = sha256Hex('');

const incomplete = (): ApiError => new ApiError('IncompleteBody', 400, 'The request body terminated unexpectedly');

/**
 * Takes `aws-chunked` framing off a body, whatever way the bytes are cut up, without copying the data.
 * With a signer, every chunk's signature and that of the trailer must hold; without one, chunk extensions are ignored.
 */
export class ChunkDecoder {
  readonly trailers: Record<string, string> = {};
  private state: 'size' | 'data' | 'end-of-data' | 'trailer' | 'done' = 'size';
  private line: Buffer[] = [];
  private lineBytes = 0;
  private left = 0;
  private small = false;
  private chunkSignature = '';
  private previousSignature: string;
  private chunkHash: Hash | undefined;
  private signedTrailer = '';

  constructor(private readonly emit: (data: Buffer) => void, private readonly signer?: ChunkSigner) {
    this.previousSignature = signer?.signature ?? '';
  }

  /** @throws ApiError IncompleteBody, InvalidChunkSizeError, SignatureDoesNotMatch */
  push(input: Buffer): void {
    let at = 0;
    while (at < input.length && this.state !== 'done') {
      if (this.state === 'data') {
        const piece = input.subarray(at, at + Math.min(this.left, input.length - at));
        at += piece.length;
        this.left -= piece.length;
        this.chunkHash?.update(piece);
        this.emit(piece);
        if (this.left === 0) this.state = 'end-of-data';
        continue;
      }
      const newline = input.indexOf(10, at);
      const end = newline < 0 ? input.length : newline + 1;
      this.line.push(input.subarray(at, end));
      this.lineBytes += end - at;
      at = end;
      if (this.lineBytes > LONGEST_LINE_BYTES) throw incomplete();
      if (newline >= 0) this.takeLine();
    }
  }

  /** @throws ApiError IncompleteBody when the last chunk is missing. */
  finish(): void {
    // Some clients leave out the empty line after the trailer.
    if (this.state === 'trailer') {
      this.line.push(Buffer.from('\n'));
      if (this.lineBytes > 0) this.takeLine();
      if (this.state === 'trailer') this.endTrailer();
    }
    if (this.state !== 'done') throw incomplete();
  }

  private takeLine(): void {
    const text = (this.line.length === 1 ? this.line[0] : Buffer.concat(this.line)).toString('latin1').replace(/\r?\n$/, '');
    this.line = [];
    this.lineBytes = 0;
    if (this.state === 'size') this.takeSize(text);
    else if (this.state === 'end-of-data') this.endChunk(text);
    else if (text === '') this.endTrailer();
    else this.takeTrailer(text);
  }

  private takeSize(text: string): void {
    const [size, ...extensions] = text.split(';');
    if (!/^[0-9a-fA-F]{1,12}$/.test(size.trim())) throw incomplete();
    this.left = parseInt(size.trim(), 16);
    if (this.left > 0 && this.small) {
      throw new ApiError(
        'InvalidChunkSizeError', 403, `Only the last chunk is allowed to have a size less than ${SMALLEST_CHUNK_BYTES} bytes`,
      );
    }
    this.small = this.left < SMALLEST_CHUNK_BYTES;
    if (this.signer) {
      this.chunkSignature = extensions.find((word) => word.startsWith('chunk-signature='))?.slice('chunk-signature='.length) ?? '';
      this.chunkHash = createHash('sha256');
    }
    if (this.left === 0) {
      this.verifyChunk();
      this.state = 'trailer';
    } else {
      this.state = 'data';
    }
  }

  private endChunk(text: string): void {
    if (text !== '') throw incomplete();
    this.verifyChunk();
    this.state = 'size';
  }

  private takeTrailer(text: string): void {
    const at = text.indexOf(':');
    if (at < 1) throw new ApiError(
      'MalformedTrailerError', 400,
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
    const name = text.slice(0, at).trim().toLowerCase();
    const value = text.slice(at + 1).trim();
    this.trailers[name] = value;
    if (name !== 'x-amz-trailer-signature') this.signedTrailer += `${name}:${value}\n`;
  }

  private endTrailer(): void {
    if (this.signer && this.signedTrailer) {
      const given = this.trailers['x-amz-trailer-signature'] ?? '';
      this.check(
        given,
        ['AWS4-HMAC-SHA256-TRAILER', this.signer.timestamp, this.signer.scope, this.previousSignature, sha256Hex(this.signedTrailer)],
      );
    }
    this.state = 'done';
  }

  private verifyChunk(): void {
    if (!this.signer || !this.chunkHash) return;
    const hash = this.chunkHash.digest('hex');
    this.check(
      this.chunkSignature, ['AWS4-HMAC-SHA256-PAYLOAD', this.signer.timestamp, this.signer.scope, this.previousSignature, EMPTY_HASH, hash],
    );
    this.previousSignature = this.chunkSignature;
  }

  private check(given: string, lines: string[]): void {
    const wanted = hmac(this.signer!.signingKey, lines.join('\n'));
    const raw = Buffer.from(given, 'hex');
    if (raw.length !== wanted.length || !timingSafeEqual(raw, wanted)) {
      throw new ApiError(
        'SignatureDoesNotMatch', 403,
        'The request signature we calculated does not match the signature you provided for a chunk of the body.',
      );
    }
  }
}
