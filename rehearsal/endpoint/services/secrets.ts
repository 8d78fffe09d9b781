import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors';
import type { Settings } from '../exchange';
import type { KeyRing } from './kms';
import { text, type Input, type Service, type ServiceCall } from './service';

export interface SecretSeed {
  /** Key the secret is encrypted with: reading then needs kms:Decrypt on it too. @default the account's own, which asks for nothing */
  kmsKeyArn?: string;
  /** Stage of the value; seeding AWSCURRENT again moves the old one to AWSPREVIOUS, as a rotation does. @default AWSCURRENT */
  stage?: string;
  /** Region of a secret that is named; an ARN says its own. @default the endpoint's */
  region?: string;
}

interface Value { versionId: string; value: string | Buffer; stages: string[]; created: number }
interface Secret { arn: string; name: string; region: string; kmsKeyArn?: string; values: Value[]; created: number }

/** Each secret is of one region, and another region does not know it: a replica there would be a secret of its own. */
export class SecretBook {
  private readonly secrets: Secret[] = [];

  constructor(private readonly settings: Settings) {}

  /** @returns the ARN. An object is stored as its JSON. */
  seed(arnOrName: string, value: string | Buffer | object, { kmsKeyArn, stage = 'AWSCURRENT', region }: SecretSeed = {}): string {
    const stored = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value);
    const where = regionOf(arnOrName) ?? region ?? this.settings.region;
    const secret = this.lookUp(arnOrName, where) ?? this.add(arnOrName, where);
    if (kmsKeyArn) secret.kmsKeyArn = kmsKeyArn;
    const moved = secret.values.find((old) => old.stages.includes(stage));
    if (moved && stage === 'AWSCURRENT') {
      for (const old of secret.values) old.stages = old.stages.filter((name) => name !== 'AWSPREVIOUS');
      moved.stages = ['AWSPREVIOUS'];
    } else if (moved) {
      moved.stages = moved.stages.filter((name) => name !== stage);
    }
    secret.values.push({ versionId: randomUUID(), value: stored, stages: [stage], created: this.settings.now().getTime() });
    return secret.arn;
  }

  private add(arnOrName: string, region: string): Secret {
    const { account, now } = this.settings;
    const isArn = arnOrName.startsWith('arn:');
    const name = isArn ? arnOrName.split(':').slice(6).join(':').replace(/-[A-Za-z0-9]{6}$/, '') : arnOrName;
    const arn = isArn ? arnOrName : `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${randomUUID().slice(0, 6)}`;
    const secret: Secret = { arn, name, region, values: [], created: now().getTime() };
    this.secrets.push(secret);
    return secret;
  }

  private lookUp(id: string, region: string): Secret | undefined {
    // A partial ARN, without the six random characters, finds its secret too.
    const isPartial = (arn: string): boolean => id.startsWith('arn:') && arn.replace(/-[A-Za-z0-9]{6}$/, '') === id;
    return this.secrets.find((secret) => secret.region === region && (secret.arn === id || secret.name === id || isPartial(secret.arn)));
  }

  find(id: string, region: string): Secret {
    const secret = this.lookUp(id, region);
    if (!secret) throw new ApiError('ResourceNotFoundException', 400, "Secrets Manager can't find the specified secret.");
    return secret;
  }

  /** What IAM is asked about: a secret that does not exist is still a name one may or may not use. */
  arnOf(id: string, region: string): string {
    const { account } = this.settings;
    return this.lookUp(id, region)?.arn ?? (id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${account}:secret:${id}`);
  }
}

function regionOf(arnOrName: string): string | undefined {
  return arnOrName.startsWith('arn:') ? arnOrName.split(':')[3] : undefined;
}

async function demandKey(secret: Secret, keys: KeyRing, { gate, exchange, settings }: ServiceCall): Promise<void> {
  if (!secret.kmsKeyArn) return;
  const resource = keys.arnOf(secret.kmsKeyArn);
  await gate.demand(exchange, {
    service: 'kms', operation: 'Decrypt', action: 'kms:Decrypt', resource, via: 'secretsmanager',
    context: {
      'kms:ViaService': `secretsmanager.${secret.region}.amazonaws.com`, 'kms:CallerAccount': settings.account,
      'kms:EncryptionContext:SecretARN': secret.arn, 'kms:EncryptionContextKeys': ['SecretARN', 'SecretVersionId'],
    },
  });
}

export function secretsService(secrets: SecretBook, keys: KeyRing): Service {
  const id = (input: Input): string => text(input, 'SecretId') ?? '';
  const resource = (input: Input, { exchange }: ServiceCall): string => secrets.arnOf(id(input), exchange.identity.region);
  const context = (input: Input): Record<string, string> => ({
    'secretsmanager:SecretId': id(input), 'secretsmanager:VersionStage': text(input, 'VersionStage') ?? 'AWSCURRENT',
  });
  return {
    name: 'secretsmanager',
    operations: {
      GetSecretValue: {
        resource, context,
        run: async (input, call) => {
          const secret = secrets.find(id(input), call.exchange.identity.region);
          const versionId = text(input, 'VersionId');
          const stage = text(input, 'VersionStage') ?? (versionId === undefined ? 'AWSCURRENT' : undefined);
          const found = secret.values
            .find((value) => (versionId ?? value.versionId) === value.versionId && (stage === undefined || value.stages.includes(stage)));
          if (!found) {
            throw new ApiError(
              'ResourceNotFoundException', 400,
              `Secrets Manager can't find the specified secret value for ${stage ? `staging label: ${stage}` : `VersionId: ${versionId}`}`,
            );
          }
          await demandKey(secret, keys, call);
          const content = Buffer.isBuffer(found.value) ? { SecretBinary: found.value.toString('base64') } : { SecretString: found.value };
          return {
            ARN: secret.arn, Name: secret.name, VersionId: found.versionId, VersionStages: found.stages, CreatedDate: found.created / 1000,
            ...content,
          };
        },
      },
      DescribeSecret: {
        resource, context,
        run: (input, { exchange }) => {
          const secret = secrets.find(id(input), exchange.identity.region);
          const staged = secret.values.filter((value) => value.stages.length);
          return {
            ARN: secret.arn, Name: secret.name, KmsKeyId: secret.kmsKeyArn, CreatedDate: secret.created / 1000,
            LastChangedDate: Math.max(...secret.values.map((value) => value.created)) / 1000,
            VersionIdsToStages: Object.fromEntries(staged.map((value) => [value.versionId, value.stages])),
          };
        },
      },
    },
  };
}
