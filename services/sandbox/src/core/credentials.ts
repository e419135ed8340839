import type { Principal } from './principal.ts';

/** What the sandbox knows of an access key that it issued. */
export interface IssuedCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present for temporary credentials; then every request must carry it. */
  readonly sessionToken: string | undefined;
  /** Milliseconds since the epoch; undefined for keys that do not expire. */
  readonly expiresAtMs: number | undefined;
  readonly principal: Principal;
}

/** Issues access keys and verifies them. Those that issue (Cognito, compose) and those that verify (front, broker) share one. */
export interface CredentialStore {
  issue(request: {
    readonly principal: Principal;
    readonly lifetimeMs: number | undefined;
  }): IssuedCredential;
  /** Takes a key that was agreed on beforehand, for services that run outside of this process. */
  add(credential: IssuedCredential): IssuedCredential;
  find(accessKeyId: string): IssuedCredential | undefined;
}
