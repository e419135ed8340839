import type { IdentityId, ProvisionReply } from '@stepcast/contracts';
import type { IdentityDirectory } from '../ports/identity-directory.port.ts';
import type { TokenVerifier } from '../ports/token-verifier.port.ts';
import type { Cache, IdentityAttacher, ProvisionOptions } from './attach-identity.ts';

export interface ProvisionDependencies {
  readonly tokens: TokenVerifier;
  readonly identities: IdentityDirectory;
  readonly attacher: IdentityAttacher;
  /** User-pool `sub` to identity: GetId has 25 calls a second in an account. */
  readonly cache: Cache<string, IdentityId>;
}

/**
 * Gives the caller of a proven ID token its IoT policy.
 *
 * The token is verified, Cognito says which identity it belongs to, and that identity, never one that a caller names, gets
 * the policy. Concurrent calls of one user are one call; a user that is known needs no call to AWS after the token's check,
 * unless the caller says that the broker refused.
 */
export function createProvisionIdentity(
  dependencies: ProvisionDependencies,
): (idToken: string, options?: ProvisionOptions) => Promise<ProvisionReply> {
  const { tokens, identities, attacher, cache } = dependencies;
  const underWay = new Map<string, Promise<IdentityId>>();

  async function identityOf(sub: string, idToken: string): Promise<IdentityId> {
    const known = cache.get(sub);
    if (known !== undefined) return known;
    let asking = underWay.get(sub);
    if (asking === undefined) {
      asking = identities.identityOf(idToken).finally(() => underWay.delete(sub));
      underWay.set(sub, asking);
    }
    const identityId = await asking;
    cache.set(sub, identityId);
    return identityId;
  }

  return async (idToken, options) => {
    const { sub } = await tokens.verify(idToken);
    return attacher.provision(await identityOf(sub, idToken), 'idToken', options);
  };
}
