import { IdentityId, looksLikeUserPoolSub } from '@stepcast/contracts';
import type { AuthSession, AwsIdentity, CredentialSource } from './credentials.port.ts';
import { asError, CredentialsDeniedError, StepcastError } from './errors.ts';
import { type Runtime, withTimeout } from './runtime.ts';

/** Credentials, and whose they are. */
export interface ResolvedCredentials {
  readonly identityId: IdentityId;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly expiresAtMs: number | undefined;
  /** Add it to the clock of this device to get AWS's. */
  readonly clockOffsetMs: number;
}

/** Credentials with less than this left are not used to connect: a signature must outlive the handshake and a skewed clock. */
export const EXPIRY_MARGIN_MS = 5 * 60_000;
const providerTimeoutMs = 30_000;

/** Names of errors after which asking again with the same login is pointless: Cognito's, and Amplify's for "signed out". */
const deniedNames = new Set([
  'NotAuthorizedException',
  'ResourceNotFoundException',
  'InvalidIdentityPoolConfigurationException',
  'InvalidParameterException',
  'ResourceConflictException',
  'UserUnAuthenticatedException',
  'NoSignedUser',
]);

/** One source of credentials, asked once at a time however many callers wait. */
export class Credentials {
  readonly #source: CredentialSource;
  readonly #runtime: Runtime;
  #last: ResolvedCredentials | undefined;
  /** The refresh under way, and whether it is a forced one. */
  #running: { readonly forced: boolean; readonly promise: Promise<ResolvedCredentials> } | undefined;

  constructor(source: CredentialSource, runtime: Runtime) {
    this.#source = source;
    this.#runtime = runtime;
  }

  /** Credentials that last beyond the margin: those at hand, else new ones. */
  current(): Promise<ResolvedCredentials> {
    return this.#last !== undefined && this.#lasts(this.#last) ? Promise.resolve(this.#last) : this.refresh();
  }

  /**
   * Asks the source. Concurrent callers share one request; a forced refresh joins only a forced one.
   * @param forced tells the source not to answer from its cache
   * @throws CredentialsDeniedError when trying again is pointless
   * @throws StepcastError `credentialsUnavailable` otherwise
   */
  refresh(forced = false): Promise<ResolvedCredentials> {
    const running = this.#running;
    if (running !== undefined && (running.forced || !forced)) return running.promise;
    const promise = this.#refresh(forced).finally(() => {
      if (this.#running?.promise === promise) this.#running = undefined;
    });
    this.#running = { forced, promise };
    return promise;
  }

  async #refresh(forced: boolean): Promise<ResolvedCredentials> {
    let fresh = await this.#ask(forced);
    // A source with a cache of its own (Amplify) may hand out credentials that end within the minute.
    if (!forced && !this.#lasts(fresh)) fresh = await this.#ask(true);
    if (!this.#lasts(fresh, 0))
      throw new StepcastError(
        'credentialsUnavailable',
        'the credential provider gave credentials that have expired already; is the clock of this device right?',
      );
    this.#last = fresh;
    return fresh;
  }

  #lasts(credentials: ResolvedCredentials, marginMs = EXPIRY_MARGIN_MS): boolean {
    const { expiresAtMs, clockOffsetMs } = credentials;
    return expiresAtMs === undefined || expiresAtMs - (this.#runtime.now() + clockOffsetMs) > marginMs;
  }

  async #ask(forceRefresh: boolean): Promise<ResolvedCredentials> {
    const provider = typeof this.#source === 'function' ? this.#source : this.#source.credentials;
    const beside = typeof this.#source === 'function' ? undefined : this.#source.identityId;
    try {
      const answer = await withTimeout(
        this.#runtime,
        Promise.all([provider({ forceRefresh }), typeof beside === 'function' ? beside() : beside]),
        providerTimeoutMs,
        () => new Error(`the credential provider did not answer within ${providerTimeoutMs / 1000} s`),
      );
      return resolve(...answer);
    } catch (thrown) {
      if (thrown instanceof StepcastError) throw thrown;
      const cause = asError(thrown);
      const name =
        typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : cause.name;
      if (typeof name === 'string' && deniedNames.has(name))
        throw new CredentialsDeniedError(`the credential provider refused: ${cause.message}`, { cause });
      throw new StepcastError('credentialsUnavailable', `no credentials: ${cause.message}`, { cause });
    }
  }
}

function resolve(answer: AuthSession | AwsIdentity, beside: string | undefined): ResolvedCredentials {
  const identity: AwsIdentity | undefined = 'accessKeyId' in answer ? answer : answer.credentials;
  if (identity === undefined)
    throw new CredentialsDeniedError('the session holds no AWS credentials: nobody is signed in');
  const named = beside ?? answer.identityId;
  if (named === undefined)
    throw new CredentialsDeniedError(
      'the credentials come without an identity ID: give { credentials, identityId } instead of the provider alone',
    );
  const identityId = IdentityId.safeParse(named).data;
  if (identityId === undefined)
    throw new CredentialsDeniedError(
      looksLikeUserPoolSub(named)
        ? 'the identity ID has no region: this looks like the "sub" of a user pool; what is needed is the ID that the identity pool gave (region:guid)'
        : 'the identity ID does not have the form region:guid',
    );
  return {
    identityId,
    accessKeyId: identity.accessKeyId,
    secretAccessKey: identity.secretAccessKey,
    sessionToken: identity.sessionToken,
    expiresAtMs: identity.expiration?.getTime(),
    clockOffsetMs: identity.clockOffsetMs ?? 0,
  };
}
