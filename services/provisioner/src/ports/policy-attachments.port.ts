import type { IdentityId } from '@stepcast/contracts';

/** The one IoT policy, and who has it. */
export interface PolicyAttachments {
  /** Whether the policy is attached already. @throws DirectoryUnavailableError */
  isAttached(identityId: IdentityId): Promise<boolean>;
  /** Attaches; attaching again is no error. @throws PolicyNotAttachableError, DirectoryUnavailableError */
  attach(identityId: IdentityId): Promise<void>;
  /**
   * Whether the broker already lets the identity in: true or false as AWS says, `undefined` where nobody can tell.
   * Never throws: an answer that cannot be had is `undefined`.
   */
  isInForce(identityId: IdentityId): Promise<boolean | undefined>;
}
