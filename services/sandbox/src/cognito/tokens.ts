import { randomUUID } from 'node:crypto';
import {
  createLocalJWKSet,
  EncryptJWT,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtDecrypt,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
} from 'jose';

/** The one who signed in, as the tokens name him. */
export interface TokenSubject {
  readonly sub: string;
  readonly username: string;
  readonly email: string | undefined;
  readonly groups: readonly string[];
}

/** What stays the same over all tokens that come from one sign-in. */
export interface SignIn {
  readonly originJti: string;
  readonly authTimeSeconds: number;
}

export interface TokenLifetimes {
  readonly idSeconds: number;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

/** Cognito's defaults: an hour for ID and access tokens, 30 days for refresh tokens. */
export const DEFAULT_LIFETIMES: TokenLifetimes = {
  idSeconds: 3_600,
  accessSeconds: 3_600,
  refreshSeconds: 30 * 86_400,
};

export interface TokenMintOptions {
  /** `https://cognito-idp.<region>.amazonaws.com/<userPoolId>`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly lifetimes: TokenLifetimes;
  readonly now: () => number;
  /** RSA private key, to keep tokens valid over a restart. Default: a new one. */
  readonly signingKey?: JWK;
}

export interface TokenMint {
  readonly jwks: JSONWebKeySet;
  readonly signingKey: JWK;
  mintId(subject: TokenSubject, signIn: SignIn, eventId: string): Promise<string>;
  mintAccess(subject: TokenSubject, signIn: SignIn, eventId: string): Promise<string>;
  mintRefresh(subject: TokenSubject, signIn: SignIn): Promise<string>;
  /** Who an access token belongs to. @throws when it is not one of ours, or expired. */
  readAccess(token: string): Promise<{ readonly username: string }>;
  /** Who a refresh token belongs to. @throws when it is not one of ours, or expired. */
  readRefresh(token: string): Promise<{ readonly username: string; readonly signIn: SignIn }>;
}

/** Makes the tokens of one user pool and its one app client. Claims as in the fact sheet of Cognito, section 8. */
export async function createTokenMint(options: TokenMintOptions): Promise<TokenMint> {
  const { issuer, clientId, lifetimes, now } = options;
  const privateJwk = options.signingKey ?? (await newSigningKey());
  const { n, e, kid } = privateJwk;
  if (privateJwk.kty !== 'RSA' || n === undefined || e === undefined || kid === undefined) {
    throw new TypeError('the signing key of a user pool is an RSA private key with a kid');
  }
  const privateKey = await importJWK(privateJwk, 'RS256');
  const jwks: JSONWebKeySet = { keys: [{ kty: 'RSA', n, e, kid, alg: 'RS256', use: 'sig' }] };
  const keys = createLocalJWKSet(jwks);
  // Cognito's refresh tokens are JWEs that nobody but Cognito can read; so are these.
  const refreshKey = await refreshKeyOf(privateJwk);

  const seconds = () => Math.floor(now() / 1_000);
  const sign = (claims: Record<string, unknown>, lifetimeSeconds: number) =>
    new SignJWT(claims)
      .setProtectedHeader({ kid, alg: 'RS256' })
      .setIssuer(issuer)
      .setIssuedAt(seconds())
      .setExpirationTime(seconds() + lifetimeSeconds)
      .setJti(randomUUID())
      .sign(privateKey);
  const groupsOf = (subject: TokenSubject) =>
    subject.groups.length === 0 ? {} : { 'cognito:groups': subject.groups };

  return {
    jwks,
    signingKey: privateJwk,
    mintId: (subject, signIn, eventId) =>
      sign(
        {
          sub: subject.sub,
          ...groupsOf(subject),
          ...(subject.email === undefined ? {} : { email: subject.email, email_verified: true }),
          'cognito:username': subject.username,
          origin_jti: signIn.originJti,
          aud: clientId,
          event_id: eventId,
          token_use: 'id',
          auth_time: signIn.authTimeSeconds,
        },
        lifetimes.idSeconds,
      ),
    mintAccess: (subject, signIn, eventId) =>
      sign(
        {
          sub: subject.sub,
          ...groupsOf(subject),
          client_id: clientId,
          origin_jti: signIn.originJti,
          event_id: eventId,
          token_use: 'access',
          scope: 'aws.cognito.signin.user.admin',
          auth_time: signIn.authTimeSeconds,
          username: subject.username,
        },
        lifetimes.accessSeconds,
      ),
    mintRefresh: (subject, signIn) =>
      new EncryptJWT({
        username: subject.username,
        origin_jti: signIn.originJti,
        auth_time: signIn.authTimeSeconds,
      })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' })
        .setIssuer(issuer)
        .setAudience(clientId)
        .setExpirationTime(signIn.authTimeSeconds + lifetimes.refreshSeconds)
        .encrypt(refreshKey),
    async readAccess(token) {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        algorithms: ['RS256'],
        currentDate: new Date(now()),
      });
      if (payload['token_use'] !== 'access' || payload['client_id'] !== clientId)
        throw new TypeError('not an access token of this client');
      return { username: textClaim(payload, 'username') };
    },
    async readRefresh(token) {
      const { payload } = await jwtDecrypt(token, refreshKey, {
        issuer,
        audience: clientId,
        currentDate: new Date(now()),
      });
      const authTimeSeconds = payload['auth_time'];
      if (typeof authTimeSeconds !== 'number') throw new TypeError('no auth_time');
      return {
        username: textClaim(payload, 'username'),
        signIn: { originJti: textClaim(payload, 'origin_jti'), authTimeSeconds },
      };
    },
  };
}

function textClaim(payload: Readonly<Record<string, unknown>>, name: string): string {
  const value = payload[name];
  if (typeof value !== 'string') throw new TypeError(`no ${name}`);
  return value;
}

/** Makes an RSA key pair. */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

/** 256 bits out of the private key, so that one injected key brings back all tokens after a restart. */
async function refreshKeyOf(jwk: JWK): Promise<Uint8Array | CryptoKey> {
  const secret = new TextEncoder().encode(`stepcast refresh tokens ${jwk.d ?? ''}`);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', secret));
}
