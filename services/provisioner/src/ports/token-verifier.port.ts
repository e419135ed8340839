/** What is known of the caller once the token is proven. */
export interface VerifiedToken {
  /** User-pool `sub`: a bare GUID, *not* the identity ID. */
  readonly sub: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Proves an ID token. */
export interface TokenVerifier {
  /**
   * @throws TokenRejectedError when the token is not what it says
   * @throws KeysUnavailableError when that cannot be found out now
   */
  verify(idToken: string): Promise<VerifiedToken>;
}
