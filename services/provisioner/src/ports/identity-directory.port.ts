import type { IdentityId } from '@stepcast/contracts';

/** Knows which identity a login has. */
export interface IdentityDirectory {
  /**
   * The identity that Cognito maps a proven ID token to. The only source of an identity ID here.
   * @throws IdentityRefusedError, DirectoryUnavailableError
   */
  identityOf(idToken: string): Promise<IdentityId>;
}
