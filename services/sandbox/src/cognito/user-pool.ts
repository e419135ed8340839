import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { userPoolProvider } from '@stepcast/contracts';
import type { JSONWebKeySet, JWK } from 'jose';
import * as z from 'zod';
import type { JsonService } from '../core/index.ts';
import { derivedGuid } from './derived-ids.ts';
import { invalidParameter, notAuthorized, parseInput, resourceNotFound } from './errors.ts';
import { createTokenMint, DEFAULT_LIFETIMES, type TokenLifetimes, type TokenSubject } from './tokens.ts';

export interface UserPoolUser {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  /** Default: follows from the seed and the username. */
  readonly sub?: string;
}

export interface UserPoolOptions {
  readonly region: string;
  /** `<region>_<id>`. */
  readonly userPoolId: string;
  readonly clientId: string;
  readonly users: readonly UserPoolUser[];
  /** Makes each `sub`. The same seed gives the same users the same `sub` after a restart. */
  readonly seed: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default: an hour, an hour, 30 days. */
  readonly lifetimes?: Partial<TokenLifetimes>;
  /** RSA private key (JWK with `kid`), to keep tokens valid over a restart. Default: a new one. */
  readonly signingKey?: JWK;
}

export interface UserPool {
  readonly service: JsonService;
  /** `https://cognito-idp.<region>.amazonaws.com/<userPoolId>`: what stands in `iss`, as in AWS. */
  readonly issuer: string;
  /** The key of `Logins` for this pool: the issuer without `https://`. */
  readonly providerName: string;
  /** Path below which AWS serves the keys: `/<userPoolId>/.well-known/jwks.json`. */
  readonly jwksPath: string;
  readonly clientId: string;
  jwks(): JSONWebKeySet;
  /** Private: only for storage over a restart. */
  signingKey(): JWK;
}

const InitiateAuthInput = z.object({
  AuthFlow: z.string(),
  ClientId: z.string(),
  AuthParameters: z.record(z.string(), z.string()).optional(),
});
const GetUserInput = z.object({ AccessToken: z.string() });

const FLOWS_OF_AWS = new Set([
  'USER_SRP_AUTH',
  'REFRESH_TOKEN_AUTH',
  'REFRESH_TOKEN',
  'CUSTOM_AUTH',
  'ADMIN_NO_SRP_AUTH',
  'USER_PASSWORD_AUTH',
  'ADMIN_USER_PASSWORD_AUTH',
  'USER_AUTH',
]);

/** The same words for an unknown user and a wrong password, so that nobody learns which users there are. */
const wrongCredentials = () => notAuthorized('Incorrect username or password.');

/**
 * A Cognito user pool with one app client without a secret: signs in by password, refreshes, tells an access token's
 * user. Everything else is answered `NotImplemented` by the front; flows that the client "has not enabled" (SRP and the
 * others) are answered as Cognito answers them.
 */
export async function createUserPool(options: UserPoolOptions): Promise<UserPool> {
  const { region, userPoolId, clientId, now } = options;
  const providerName = userPoolProvider(region, userPoolId);
  const issuer = `https://${providerName}`;
  const mint = await createTokenMint({
    issuer,
    clientId,
    lifetimes: { ...DEFAULT_LIFETIMES, ...options.lifetimes },
    now,
    ...(options.signingKey === undefined ? {} : { signingKey: options.signingKey }),
  });

  interface Account extends TokenSubject {
    readonly passwordHash: Buffer;
  }
  const accounts = new Map<string, Account>(
    options.users.map((user) => [
      user.username,
      {
        sub: user.sub ?? derivedGuid(options.seed, 'sub', userPoolId, user.username),
        username: user.username,
        email: user.email,
        groups: user.groups ?? [],
        passwordHash: digest(user.password),
      },
    ]),
  );

  function checkPassword(username: string, password: string): Account {
    const account = accounts.get(username);
    // Compared even when there is no such user, so that the time tells nothing either.
    const matches = timingSafeEqual(digest(password), account?.passwordHash ?? digest(`no ${password}`));
    if (account === undefined || !matches) throw wrongCredentials();
    return account;
  }

  async function tokensOf(subject: TokenSubject, signIn: { originJti: string; authTimeSeconds: number }) {
    const eventId = randomUUID();
    const [IdToken, AccessToken] = await Promise.all([
      mint.mintId(subject, signIn, eventId),
      mint.mintAccess(subject, signIn, eventId),
    ]);
    const ExpiresIn = options.lifetimes?.accessSeconds ?? DEFAULT_LIFETIMES.accessSeconds;
    return { AccessToken, ExpiresIn, TokenType: 'Bearer', IdToken };
  }

  async function signInByPassword(parameters: Readonly<Record<string, string>>) {
    const { USERNAME: username, PASSWORD: password } = parameters;
    if (username === undefined) throw invalidParameter('Missing required parameter USERNAME');
    if (password === undefined) throw invalidParameter('Missing required parameter PASSWORD');
    const account = checkPassword(username, password);
    const signIn = { originJti: randomUUID(), authTimeSeconds: Math.floor(now() / 1_000) };
    const tokens = await tokensOf(account, signIn);
    return { ...tokens, RefreshToken: await mint.mintRefresh(account, signIn) };
  }

  async function refresh(parameters: Readonly<Record<string, string>>) {
    const token = parameters['REFRESH_TOKEN'];
    if (token === undefined) throw invalidParameter('Missing required parameter REFRESH_TOKEN');
    const known = await mint.readRefresh(token).catch((cause: unknown) => {
      throw notAuthorized(isExpired(cause) ? 'Refresh Token has expired' : 'Invalid Refresh Token', {
        cause,
      });
    });
    const account = accounts.get(known.username);
    if (account === undefined) throw notAuthorized('Invalid Refresh Token');
    // As Cognito does without rotation: no new refresh token.
    return tokensOf(account, known.signIn);
  }

  return {
    issuer,
    providerName,
    clientId,
    jwksPath: `/${userPoolId}/.well-known/jwks.json`,
    jwks: () => mint.jwks,
    signingKey: () => mint.signingKey,
    service: {
      name: 'cognito-idp',
      signingName: 'cognito-idp',
      targetPrefix: 'AWSCognitoIdentityProviderService',
      jsonVersion: '1.1',
      publicOperations: new Set(['InitiateAuth', 'GetUser']),
      operations: {
        async InitiateAuth(input) {
          const request = parseInput(InitiateAuthInput, input);
          if (request.ClientId !== clientId)
            throw resourceNotFound(`User pool client ${request.ClientId} does not exist.`);
          const parameters = request.AuthParameters ?? {};
          switch (request.AuthFlow) {
            case 'USER_PASSWORD_AUTH':
              return { ChallengeParameters: {}, AuthenticationResult: await signInByPassword(parameters) };
            case 'REFRESH_TOKEN_AUTH':
            case 'REFRESH_TOKEN':
              return { ChallengeParameters: {}, AuthenticationResult: await refresh(parameters) };
            default:
              if (request.AuthFlow.startsWith('ADMIN_'))
                throw invalidParameter('Initiate Auth method not supported.');
              if (FLOWS_OF_AWS.has(request.AuthFlow))
                throw invalidParameter(`${request.AuthFlow} is not enabled for the client.`);
              throw invalidParameter(
                `1 validation error detected: Value at 'authFlow' failed to satisfy constraint: ` +
                  `Member must satisfy enum value set: [${[...FLOWS_OF_AWS].join(', ')}]`,
              );
          }
        },
        async GetUser(input) {
          const { AccessToken } = parseInput(GetUserInput, input);
          const { username } = await mint.readAccess(AccessToken).catch((cause: unknown) => {
            throw notAuthorized(isExpired(cause) ? 'Access Token has expired' : 'Invalid Access Token', {
              cause,
            });
          });
          const account = accounts.get(username);
          if (account === undefined) throw notAuthorized('Invalid Access Token');
          const email =
            account.email === undefined
              ? []
              : [
                  { Name: 'email', Value: account.email },
                  { Name: 'email_verified', Value: 'true' },
                ];
          return {
            Username: account.username,
            UserAttributes: [{ Name: 'sub', Value: account.sub }, ...email],
          };
        },
      },
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** jose marks its errors with a code; its classes are not relied on, so that a second copy of jose does no harm. */
function isExpired(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWT_EXPIRED';
}
