import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { notAuthorized } from './errors.ts';

/** A proven login: who it is at the provider, and the claims that role mappings read. */
export interface ProvenLogin {
  readonly provider: string;
  readonly sub: string;
  readonly claims: Readonly<JWTPayload>;
}

/** One of the providers that an identity pool takes logins from. */
export interface LoginProvider {
  /** Key of `Logins`, for example `cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh`. */
  readonly providerName: string;
  readonly clientId: string;
  /**
   * Verifies an ID token.
   * @throws AwsError `NotAuthorizedException` "Invalid login token. …"
   */
  verify(token: string): Promise<ProvenLogin>;
}

export interface UserPoolLoginOptions {
  readonly providerName: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly jwks: () => JSONWebKeySet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** ID tokens of a user pool: signature against its keys (RS256 and nothing else), `iss`, `aud`, `exp`, `token_use`. */
export function userPoolLogins(options: UserPoolLoginOptions): LoginProvider {
  const { providerName, issuer, clientId, now } = options;
  return {
    providerName,
    clientId,
    async verify(token) {
      const { payload } = await jwtVerify(token, createLocalJWKSet(options.jwks()), {
        algorithms: ['RS256'],
        issuer,
        audience: clientId,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(now()),
      }).catch((cause: unknown) => {
        throw notAuthorized(`Invalid login token. ${reasonOf(cause, now())}`, { cause });
      });
      if (payload['token_use'] !== 'id' || payload.sub === undefined)
        throw notAuthorized('Invalid login token. Not a valid OpenId Connect identity token.');
      return { provider: providerName, sub: payload.sub, claims: payload };
    },
  };
}

function reasonOf(cause: unknown, nowMs: number): string {
  if (cause instanceof errors.JWTExpired)
    return `Token expired: ${String(cause.payload.exp)} >= ${Math.floor(nowMs / 1_000)}`;
  if (cause instanceof errors.JWTClaimValidationFailed) {
    if (cause.claim === 'iss') return "Issuer doesn't match providerName";
    // Access tokens have no audience at all.
    if (cause.claim === 'aud' && cause.payload.aud !== undefined) return 'Incorrect token audience.';
    return 'Not a valid OpenId Connect identity token.';
  }
  if (
    cause instanceof errors.JWSSignatureVerificationFailed ||
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JOSEAlgNotAllowed ||
    cause instanceof errors.JOSENotSupported
  )
    return "Couldn't verify signed token.";
  return 'Not a valid OpenId Connect identity token.';
}
