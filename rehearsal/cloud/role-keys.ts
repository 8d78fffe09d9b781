import { randomBytes } from 'node:crypto';

export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Access keys for each role, as the platforms hand them out, so that every call is asked for in its role's name. */
export class RoleKeyring {
  readonly #keys = new Map<string, RoleKeys>();

  /** @param register told of new keys before they are handed out */
  constructor(private readonly register: (keys: RoleKeys, roleArn: string) => void) {}

  of(roleArn: string): RoleKeys {
    const known = this.#keys.get(roleArn);
    if (known) return known;
    const keys = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(48).toString('base64'),
    };
    this.register(keys, roleArn);
    this.#keys.set(roleArn, keys);
    return keys;
  }
}
