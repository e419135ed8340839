import { randomUUID } from 'node:crypto';
import { derivedGuid } from './derived-ids.ts';
import type { ProvenLogin } from './login-verifier.ts';

export interface Identity {
  readonly identityId: string;
  /** The login it belongs to; undefined for a guest. */
  readonly login: { readonly provider: string; readonly sub: string } | undefined;
  readonly createdAtMs: number;
}

export interface IdentityRegistryOptions {
  readonly region: string;
  readonly identityPoolId: string;
  readonly seed: string;
  readonly now: () => number;
}

/**
 * The identities of one pool. A login's identity follows from the seed, so it is the same on every device and after a
 * restart; a deleted one is followed by another. Guests get a new identity each time and live as long as the process.
 */
export interface IdentityRegistry {
  /** The identity of a login; made at its first use. */
  ofLogin(login: ProvenLogin): Identity;
  newGuest(): Identity;
  find(identityId: string): Identity | undefined;
  /** In order of creation. */
  list(): readonly Identity[];
  remove(identityId: string): boolean;
}

export function createIdentityRegistry(options: IdentityRegistryOptions): IdentityRegistry {
  const { region, identityPoolId, seed, now } = options;
  const byId = new Map<string, Identity>();
  /** How many identities of a login were deleted so far. */
  const deletions = new Map<string, number>();
  const loginKey = (login: { provider: string; sub: string }) => JSON.stringify([login.provider, login.sub]);

  function keep(identity: Identity): Identity {
    byId.set(identity.identityId, identity);
    return identity;
  }

  return {
    ofLogin({ provider, sub }) {
      const deleted = deletions.get(loginKey({ provider, sub })) ?? 0;
      const identityId = `${region}:${derivedGuid(seed, 'identity', identityPoolId, provider, sub, String(deleted))}`;
      return byId.get(identityId) ?? keep({ identityId, login: { provider, sub }, createdAtMs: now() });
    },
    newGuest: () => keep({ identityId: `${region}:${randomUUID()}`, login: undefined, createdAtMs: now() }),
    find: (identityId) => byId.get(identityId),
    list: () => [...byId.values()],
    remove(identityId) {
      const identity = byId.get(identityId);
      if (identity === undefined) return false;
      byId.delete(identityId);
      if (identity.login !== undefined) {
        const key = loginKey(identity.login);
        deletions.set(key, (deletions.get(key) ?? 0) + 1);
      }
      return true;
    },
  };
}
