import { randomUUID } from 'node:crypto';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { forgetful, type Keeper } from '../core/index.ts';
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
  /** Where identities are stored across restarts. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
}

const StoredIdentity = z.union([
  z.object({
    identityId: z.string(),
    login: z.object({ provider: z.string(), sub: z.string() }).optional(),
    createdAtMs: z.number(),
  }),
  z.object({ deletedLogin: z.string(), times: z.number() }),
]);

/**
 * The identities of one pool. A login's identity follows from the seed, so it is the same on every device and after a
 * restart; a deleted one is followed by another. Guests get a new identity each time, which lives as long as it is stored.
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
  const { region, identityPoolId, seed, now, keeper = forgetful } = options;
  const byId = new Map<string, Identity>();
  /** How many identities of a login were deleted so far. */
  const deletions = new Map<string, number>();
  const loginKey = (login: { provider: string; sub: string }) => JSON.stringify([login.provider, login.sub]);

  for (const [, text] of keeper.entries()) {
    const parsed = parseJson(StoredIdentity, text);
    if (!parsed.ok) continue;
    const { value } = parsed;
    if ('times' in value) deletions.set(value.deletedLogin, value.times);
    else byId.set(value.identityId, { ...value, login: value.login });
  }

  function keep(identity: Identity): Identity {
    byId.set(identity.identityId, identity);
    keeper.put(identity.identityId, JSON.stringify(identity));
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
      keeper.delete(identityId);
      if (identity.login !== undefined) {
        const key = loginKey(identity.login);
        const times = (deletions.get(key) ?? 0) + 1;
        deletions.set(key, times);
        keeper.put(`deleted ${key}`, JSON.stringify({ deletedLogin: key, times }));
      }
      return true;
    },
  };
}
