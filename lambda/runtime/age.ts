import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import type { CopyEncryption } from '../../lib/contract/encryption';
import type { Part } from '../../lib/contract/manifest';
import { IntegrityError, messageOf, RefusedError } from './errors';

/** What a part's name gets when it is encrypted. */
export const AGE_SUFFIX = '.age';

const MEND = 'Do not restore from this run; take the newest proven one, and look at the release that wrote it.';

type Bytes = AsyncIterable<Uint8Array>;

/** A stage of a pipeline: bytes to an age file, in constant memory. Each file has a key of its own. */
export function ageEncryption({ recipients }: Pick<CopyEncryption, 'recipients'>): (source: Bytes) => AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return async function* (source) {
    yield* await encrypter.encrypt(ReadableStream.from(source));
  };
}

/** The identities of a drill. Nothing that it throws or holds in a message is of a key's text. */
export class DrillIdentity {
  /**
   * @param text an identity file as `age-keygen` writes it: keys one a line, comments behind `#`
   * @throws RefusedError IDENTITY_INVALID, without the text and without the library's words, which quote it
   */
  static async parse(text: string): Promise<DrillIdentity> {
    const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
    const wrong = (what: string): RefusedError => new RefusedError(
      'IDENTITY_INVALID', `The secret of the drill's identity ${what}.`, 'Store the file that `age-keygen` writes, whole and as text: AGE-SECRET-KEY-1…, one a line.',
    );
    if (lines.length === 0) throw wrong('holds no key');
    const decrypter = new Decrypter();
    const recipients: string[] = [];
    for (const [index, line] of lines.entries()) {
      // Of a hybrid identity too the library would make a recipient, that no policy of ours can declare.
      if (!line.startsWith('AGE-SECRET-KEY-1')) throw wrong(`has something else than an X25519 identity of age as its key ${index + 1}`);
      try {
        recipients.push(await identityToRecipient(line));
        decrypter.addIdentity(line);
      } catch {
        throw wrong(`has a mistyped or cut key ${index + 1}`);
      }
    }
    return new DrillIdentity(decrypter, recipients);
  }

  private constructor(private readonly decrypter: Decrypter, private readonly recipients: readonly string[]) {}

  /** @throws RefusedError IDENTITY_DOES_NOT_FIT when it opens nothing of a copy: said before the first byte is read */
  requireFor(encryption: CopyEncryption, runId: string): void {
    if (this.recipients.some((own) => encryption.recipients.includes(own))) return;
    throw new RefusedError(
      'IDENTITY_DOES_NOT_FIT',
      `Run ${runId} is encrypted to ${encryption.recipients.join(', ')}; the drill's identity opens what is encrypted to ${this.recipients.join(', ')}.`,
      'Put an identity of one of the copy\'s recipients into the secret (it may hold several, one a line), or add its public key to the policy\'s recipients.',
    );
  }

  /**
   * A stage of a pipeline: an age file to its bytes. When it cannot be opened the rest of the source is read all the same, so that a
   * source that checks its bytes says first what became of them.
   *
   * @throws IntegrityError PART_NOT_DECRYPTED when the stored bytes are whole and are no age file of these recipients
   */
  decryption(part: Part): (source: Bytes) => AsyncGenerator<Uint8Array> {
    const { decrypter } = this;
    return async function* (source) {
      const reader = new SourceReader(source);
      try {
        yield* await decrypter.decrypt(reader.stream());
      } catch (error) {
        await reader.drain();
        throw new IntegrityError('PART_NOT_DECRYPTED', `Part ${part.name} is stored as it was written, and cannot be decrypted: ${messageOf(error)}.`, MEND, { cause: error });
      }
    };
  }
}

/** A source that outlives whoever reads it, and whose own failure is never taken for the reader's. */
class SourceReader {
  private readonly bytes: AsyncIterator<Uint8Array>;
  private failed?: { readonly error: unknown };

  constructor(source: Bytes) {
    this.bytes = source[Symbol.asyncIterator]();
  }

  /** Not `ReadableStream.from`, which ends its source when the reader goes away. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        const next = await this.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
    }, { highWaterMark: 0 });
  }

  /** To the end of the source. @throws what the source itself failed with, before or now */
  async drain(): Promise<void> {
    while (!this.failed && !(await this.next()).done);
    if (this.failed) throw this.failed.error;
  }

  private async next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.bytes.next();
    } catch (error) {
      this.failed = { error };
      throw error;
    }
  }
}
