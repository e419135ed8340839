import type { IdentityId } from '@stepcast/contracts';

/** An identity as the identity pool keeps it. */
export interface KnownIdentity {
  readonly identityId: IdentityId;
  /** Whether a login is linked to it. Guests have none. */
  readonly signedIn: boolean;
}

/** Which identities there are. Cognito is the source of truth; nothing here keeps a list of its own. */
export interface IdentityCensus {
  /** Every identity of the pool, as far as it existed when its page was read. @throws DirectoryUnavailableError */
  list(): AsyncIterable<KnownIdentity>;
  /** One identity of this account and region; undefined when there is none. @throws DirectoryUnavailableError */
  find(identityId: IdentityId): Promise<KnownIdentity | undefined>;
}
