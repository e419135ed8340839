import type { GuestAccess, IdentityId, ProvisionReply } from '@stepcast/contracts';
import { CallerRejectedError } from '../errors.ts';
import type { IdentityAttacher, ProvisionOptions } from './attach-identity.ts';

/** Who signed a request, as AWS says in the request's context; nothing of it is the caller's own word. */
export interface SignedCaller {
  readonly identityId: IdentityId;
  readonly identityPoolId: string;
  readonly authenticated: boolean;
}

export interface ProvisionCallerDependencies {
  readonly attacher: IdentityAttacher;
  readonly identityPoolId: string;
  readonly guestAccess: () => Promise<GuestAccess>;
}

/**
 * Provisions the caller that signed a request with credentials of the identity pool. A guest gets nothing attached, because IoT Core
 * ignores policies attached to guests; the reply says what works for them.
 *
 * @throws CallerRejectedError for credentials of another pool; otherwise as the attacher
 */
export function createProvisionCaller(
  dependencies: ProvisionCallerDependencies,
): (caller: SignedCaller, options?: ProvisionOptions) => Promise<ProvisionReply> {
  const { attacher, identityPoolId, guestAccess } = dependencies;
  return async (caller, options) => {
    if (caller.identityPoolId !== identityPoolId) throw new CallerRejectedError('anotherIdentityPool');
    if (caller.authenticated) return attacher.provision(caller.identityId, 'signedRequest', options);
    return { status: 'ready', identityId: caller.identityId, guest: await guestAccess() };
  };
}
