import { utils } from 'ssh2';

/** A new key as `ssh-keygen -t ed25519` writes it. One in some hundred that ssh2 makes cannot be read (mscdex/ssh2, issue 1514). */
export function ed25519KeyPair(passphrase?: string): { readonly public: string; readonly private: string } {
  for (;;) {
    const pair = passphrase === undefined
      ? utils.generateKeyPairSync('ed25519')
      : utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 4 });
    const read = [utils.parseKey(pair.public), utils.parseKey(pair.private, passphrase)];
    if (!read.some((key) => key instanceof Error)) return pair;
  }
}
