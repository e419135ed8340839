import type { IdentityId } from '@stepcast/contracts';

/** The one IoT policy, and who has it. */
export interface PolicyAttachments {
  /** Whether the policy is attached already. @throws DirectoryUnavailableError */
  isAttached(identityId: IdentityId): Promise<boolean>;
  /** Attaches; attaching again is no error. @throws PolicyNotAttachableError, DirectoryUnavailableError */
  attach(identityId: IdentityId): Promise<void>;
  /** Detaches; detaching what was not attached is no error. @throws DirectoryUnavailableError */
  detach(identityId: IdentityId): Promise<void>;
  /**
   * Everything that the policy is attached to, a page at a time. Certificates and thing groups can be among it.
   * @throws PolicyNotAttachableError when there is no such policy; DirectoryUnavailableError
   */
  targets(): AsyncIterable<string>;
  /**
   * Whether IoT would let the identity in: true or false as AWS says, `undefined` where nobody can tell.
   * Never throws: an answer that cannot be had is `undefined`.
   */
  isInForce(identityId: IdentityId): Promise<boolean | undefined>;
}
