import { randomBytes } from 'node:crypto';
import type { CredentialStore, IssuedCredential } from './credentials.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** How long an expired key is still remembered, so that its use is answered "expired" and not "unknown". */
const REMEMBER_EXPIRED_MS = 3_600_000;

export interface CredentialStoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default: the system's generator. */
  readonly randomBytes?: (size: number) => Buffer;
}

/**
 * Access keys in memory. Temporary ones begin with `ASIA` and carry a session token that, like AWS's, holds `+`, `/`
 * and `=`, so that a client that forgets to encode it in a query fails here too. Lasting ones begin with `AKIA`.
 */
export function createCredentialStore(options: CredentialStoreOptions): CredentialStore {
  const { now } = options;
  const random = options.randomBytes ?? randomBytes;
  const byKeyId = new Map<string, IssuedCredential>();

  const keyId = (prefix: string) =>
    prefix + Array.from(random(16), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');

  function forgetLongExpired(): void {
    // Issued in order and nearly all with one lifetime: the oldest stand first, so this ends at once.
    for (const [id, credential] of byKeyId) {
      if (credential.expiresAtMs === undefined) continue;
      if (credential.expiresAtMs + REMEMBER_EXPIRED_MS > now()) return;
      byKeyId.delete(id);
    }
  }

  return {
    issue({ principal, lifetimeMs }) {
      forgetLongExpired();
      const temporary = lifetimeMs !== undefined;
      const credential: IssuedCredential = {
        accessKeyId: keyId(temporary ? 'ASIA' : 'AKIA'),
        secretAccessKey: random(30).toString('base64'),
        sessionToken: temporary ? `IQoJb3JpZ2luX2VjE+/${random(280).toString('base64')}` : undefined,
        expiresAtMs: temporary ? now() + lifetimeMs : undefined,
        principal,
      };
      byKeyId.set(credential.accessKeyId, credential);
      return credential;
    },
    add(credential) {
      byKeyId.set(credential.accessKeyId, credential);
      return credential;
    },
    find: (accessKeyId) => byKeyId.get(accessKeyId),
  };
}
