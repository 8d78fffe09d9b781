import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { DAY } from '../clock';
import { ApiError } from '../errors';
import type { Settings } from '../exchange';
import type { ConditionContext } from '../types';
import { text, type Input, type Operation, type Service } from './service';

/** KMS has more states; these are those that an existing key of a policy can come to. */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface KeySeed {
  aliases?: string[];
  /** @default Enabled */
  state?: KeyState;
  /** Days between rotations. @default undefined, it is not rotated */
  rotationDays?: number;
  /** JSON. @default its account may do everything, as KMS has it */
  policy?: string;
}

interface Key { arn: string; state: KeyState; rotationDays?: number; policy?: string; created: number }

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The keys that exist. Their material follows from their ARN, so that a restart can still decrypt what was encrypted. */
export class KeyRing {
  private readonly keys = new Map<string, Key>();
  private readonly aliases = new Map<string, string>();

  constructor(private readonly settings: Settings) {}

  seed(idOrArn: string, { aliases = [], state = 'Enabled', rotationDays, policy }: KeySeed = {}): string {
    const arn = idOrArn.startsWith('arn:') ? idOrArn : `arn:aws:kms:${this.settings.region}:${this.settings.account}:key/${idOrArn}`;
    this.keys.set(arn, { arn, state, rotationDays, policy, created: this.settings.now().getTime() });
    for (const alias of aliases) this.aliases.set(alias.startsWith('alias/') ? alias : `alias/${alias}`, arn);
    return arn;
  }

  /** As by an administrator's hand. @throws ApiError NotFoundException */
  change(id: string, change: Pick<KeySeed, 'state' | 'rotationDays' | 'policy'>): void {
    Object.assign(this.find(id), change);
  }

  has(id: string): boolean {
    return this.keys.has(this.arnOf(id));
  }

  /** The ARN that an id, ARN or alias stands for, whether the key exists or not. */
  arnOf(id: string): string {
    const { region, account } = this.settings;
    const alias = id.includes(':alias/') ? id.slice(id.indexOf('alias/')) : id.startsWith('alias/') ? id : undefined;
    if (alias === 'alias/aws/s3' && !this.aliases.has(alias)) this.seed('aws-managed-s3', { aliases: [alias] });
    if (alias) return this.aliases.get(alias) ?? `arn:aws:kms:${region}:${account}:${alias}`;
    return id.startsWith('arn:') ? id : `arn:aws:kms:${region}:${account}:key/${id}`;
  }

  /** @param prefix of the error codes: S3 says `KMS.DisabledException` where KMS says `DisabledException`. @throws ApiError */
  usable(id: string, prefix = ''): Key {
    const key = this.find(id, prefix);
    if (key.state === 'Disabled') throw new ApiError(`${prefix}DisabledException`, 400, `${key.arn} is disabled.`);
    if (key.state !== 'Enabled') throw new ApiError(`${prefix}KMSInvalidStateException`, 400, `${key.arn} is pending deletion.`);
    return key;
  }

  find(id: string, prefix = ''): Key {
    const arn = this.arnOf(id);
    const key = this.keys.get(arn);
    if (!key) throw new ApiError(`${prefix}NotFoundException`, 400, `${arn.includes(':alias/') ? 'Alias' : 'Key'} '${arn}' does not exist`);
    return key;
  }

  encrypt(key: Key, plaintext: Buffer, context: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', material(key), iv).setAAD(Buffer.from(context));
    const name = Buffer.from(key.arn);
    return Buffer.concat([
      Buffer.from([name.length >> 8, name.length & 255]), name, iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag(),
    ]);
  }

  /** The ARN of the key that made a ciphertext. @throws ApiError InvalidCiphertextException */
  keyOf(blob: Buffer): string {
    const length = blob.length > 2 ? blob.readUInt16BE(0) : 0;
    const arn = blob.subarray(2, 2 + length).toString();
    if (!arn.startsWith('arn:') || blob.length < 2 + length + IV_BYTES + TAG_BYTES) throw invalidCiphertext();
    return arn;
  }

  decrypt(blob: Buffer, context: string): Buffer {
    const key = this.usable(this.keyOf(blob));
    const start = 2 + blob.readUInt16BE(0);
    const decipher = createDecipheriv('aes-256-gcm', material(key), blob.subarray(start, start + IV_BYTES)).setAAD(Buffer.from(context));
    decipher.setAuthTag(blob.subarray(blob.length - TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(blob.subarray(start + IV_BYTES, blob.length - TAG_BYTES)), decipher.final()]);
    } catch {
      throw invalidCiphertext();
    }
  }
}

const invalidCiphertext = (): ApiError => new ApiError(
  'InvalidCiphertextException', 400, 'The ciphertext is not valid for this key and encryption context.',
);

function material(key: Key): Buffer {
  return createHmac('sha256', 'local endpoint key material').update(key.arn).digest();
}

function contextText(input: Input): string {
  const context = (input.EncryptionContext ?? {}) as Record<string, string>;
  return JSON.stringify(Object.keys(context).sort().map((name) => [name, context[name]]));
}

function conditions(input: Input): ConditionContext {
  const context = (input.EncryptionContext ?? {}) as Record<string, string>;
  const named = Object.fromEntries(Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]));
  return Object.keys(context).length ? { ...named, 'kms:EncryptionContextKeys': Object.keys(context) } : {};
}

/** KMS Developer Guide, "Default key policy". */
function defaultPolicy(account: string): string {
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }] });
}

const SPEC_BYTES: Record<string, number> = { AES_256: 32, AES_128: 16 };

export function kmsService(keys: KeyRing): Service {
  const onKey: Pick<Operation, 'resource' | 'context'> = {
    resource: (input) => keys.arnOf(text(input, 'KeyId') ?? ''), context: conditions,
  };
  const blobOf = (input: Input): Buffer => Buffer.from(text(input, 'CiphertextBlob') ?? '', 'base64');
  const dataKey = (input: Input): { KeyId: string; CiphertextBlob: string; plain: Buffer } => {
    const key = keys.usable(text(input, 'KeyId') ?? '');
    const bytes = Number(input.NumberOfBytes ?? SPEC_BYTES[text(input, 'KeySpec') ?? 'AES_256']);
    if (!(bytes >= 1 && bytes <= 1024)) throw new ApiError(
      'ValidationException', 400, 'Specify either KeySpec or NumberOfBytes from 1 to 1024.',
    );
    const plain = randomBytes(bytes);
    return { KeyId: key.arn, CiphertextBlob: keys.encrypt(key, plain, contextText(input)).toString('base64'), plain };
  };
  return {
    name: 'kms',
    operations: {
      DescribeKey: {
        ...onKey,
        run: (input, { settings }) => {
          const key = keys.find(text(input, 'KeyId') ?? '');
          return {
            KeyMetadata: {
              AWSAccountId: settings.account, Arn: key.arn, KeyId: key.arn.slice(key.arn.lastIndexOf('/') + 1),
              Enabled: key.state === 'Enabled', KeyState: key.state, KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'SYMMETRIC_DEFAULT',
              KeyManager: 'CUSTOMER',
              CreationDate: key.created / 1000, Origin: 'AWS_KMS', MultiRegion: false, EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
            },
          };
        },
      },
      GetKeyRotationStatus: {
        ...onKey,
        run: (input, { settings }) => {
          const { arn, rotationDays, created, state } = keys.find(text(input, 'KeyId') ?? '');
          // KMS does not rotate a key that is not in use (KMS Developer Guide, "Rotating AWS KMS keys").
          const rotated = rotationDays !== undefined && state !== 'PendingDeletion';
          const period = (rotationDays ?? 0) * DAY;
          const next = created + Math.ceil((settings.now().getTime() - created + 1) / period) * period;
          return {
            KeyId: arn, KeyRotationEnabled: rotated,
            ...(rotated ? { RotationPeriodInDays: rotationDays, NextRotationDate: next / 1000 } : {}),
          };
        },
      },
      GetKeyPolicy: {
        ...onKey,
        run: (input, { settings }) => {
          const { policy = defaultPolicy(settings.account) } = keys.find(text(input, 'KeyId') ?? '');
          return { Policy: policy, PolicyName: 'default' };
        },
      },
      GenerateDataKey: {
        ...onKey,
        run: (input) => {
          const { plain, ...answer } = dataKey(input);
          return { ...answer, Plaintext: plain.toString('base64') };
        },
      },
      GenerateDataKeyWithoutPlaintext: {
        ...onKey,
        run: (input) => {
          const { KeyId, CiphertextBlob } = dataKey(input);
          return { KeyId, CiphertextBlob };
        },
      },
      Encrypt: {
        ...onKey,
        run: (input) => {
          const key = keys.usable(text(input, 'KeyId') ?? '');
          const plain = Buffer.from(text(input, 'Plaintext') ?? '', 'base64');
          if (plain.length < 1 || plain.length > 4096) throw new ApiError(
            'ValidationException', 400, 'Plaintext must have 1 to 4096 bytes.',
          );
          return {
            KeyId: key.arn, CiphertextBlob: keys.encrypt(key, plain, contextText(input)).toString('base64'),
            EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
          };
        },
      },
      Decrypt: {
        resource: (input) => keys.keyOf(blobOf(input)), context: conditions,
        run: (input) => {
          const arn = keys.keyOf(blobOf(input));
          const named = text(input, 'KeyId');
          if (named !== undefined && keys.arnOf(named) !== arn) {
            throw new ApiError(
              'IncorrectKeyException', 400, 'The key ID in the request does not identify a CMK that can perform this operation.',
            );
          }
          const plain = keys.decrypt(blobOf(input), contextText(input));
          return { KeyId: arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
        },
      },
    },
  };
}
