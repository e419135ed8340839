import { randomUUID } from 'node:crypto';
import { userPoolProvider } from '@stepcast/contracts';
import type { JSONWebKeySet, JWK } from 'jose';
import * as z from 'zod';
import type { JsonService } from '../core/index.ts';
import { createAccounts, poolNameOf, type UserPoolUser } from './accounts.ts';
import {
  invalidParameter,
  notAuthorized,
  parseInput,
  requiredParameter,
  resourceNotFound,
  wrongCredentials,
} from './errors.ts';
import { createSrpChallenges } from './srp/challenges.ts';
import { createSrpSignIn } from './srp/sign-in.ts';
import {
  createTokenMint,
  DEFAULT_LIFETIMES,
  type SignIn,
  type TokenLifetimes,
  type TokenSubject,
} from './tokens.ts';

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

const Texts = z.record(z.string(), z.string());
const InitiateAuthInput = z.object({
  AuthFlow: z.string(),
  ClientId: z.string(),
  AuthParameters: Texts.optional(),
});
const RespondInput = z.object({
  ChallengeName: z.string(),
  ClientId: z.string(),
  ChallengeResponses: Texts.optional(),
  Session: z.string().optional(),
});
const GetTokensInput = z.object({ ClientId: z.string(), RefreshToken: z.string() });
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

/** Cognito's default for `AuthSessionValidity`. */
const CHALLENGE_LIFETIME_MS = 3 * 60_000;

/**
 * A Cognito user pool with one app client without a secret: signs in by password or SRP, refreshes, tells an access token's
 * user. It prevents user existence errors. Everything else is answered `NotImplemented` by the front; flows that the client
 * "has not enabled" are answered as Cognito answers them.
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
  const accounts = createAccounts(options);
  const srp = createSrpSignIn({
    poolName: poolNameOf(userPoolId),
    storedOf: (username) => accounts.storedOf(username),
    isKnown: (username) => accounts.find(username) !== undefined,
    challenges: createSrpChallenges({ now, lifetimeMs: CHALLENGE_LIFETIME_MS }),
    now,
  });

  async function tokensOf(subject: TokenSubject, signIn: SignIn) {
    const eventId = randomUUID();
    const [IdToken, AccessToken] = await Promise.all([
      mint.mintId(subject, signIn, eventId),
      mint.mintAccess(subject, signIn, eventId),
    ]);
    const ExpiresIn = options.lifetimes?.accessSeconds ?? DEFAULT_LIFETIMES.accessSeconds;
    return { AccessToken, ExpiresIn, TokenType: 'Bearer', IdToken };
  }

  async function signedIn(subject: TokenSubject | undefined) {
    if (subject === undefined) throw wrongCredentials();
    const signIn = { originJti: randomUUID(), authTimeSeconds: Math.floor(now() / 1_000) };
    const tokens = await tokensOf(subject, signIn);
    return result({ ...tokens, RefreshToken: await mint.mintRefresh(subject, signIn) });
  }

  async function refresh(token: string) {
    const known = await mint.readRefresh(token).catch((cause: unknown) => {
      throw notAuthorized(isExpired(cause) ? 'Refresh Token has expired' : 'Invalid Refresh Token', {
        cause,
      });
    });
    const subject = accounts.find(known.username);
    if (subject === undefined) throw notAuthorized('Invalid Refresh Token');
    // As Cognito does without rotation: no new refresh token.
    return tokensOf(subject, known.signIn);
  }

  function checkClient(asked: string): void {
    if (asked !== clientId) throw resourceNotFound(`User pool client ${asked} does not exist.`);
  }

  async function initiateAuth(input: unknown) {
    const {
      AuthFlow: flow,
      ClientId,
      AuthParameters: parameters = {},
    } = parseInput(InitiateAuthInput, input);
    checkClient(ClientId);
    switch (flow) {
      case 'USER_PASSWORD_AUTH': {
        const username = requiredParameter(parameters, 'USERNAME');
        return signedIn(accounts.byPassword(username, requiredParameter(parameters, 'PASSWORD')));
      }
      case 'USER_SRP_AUTH':
        return { ChallengeName: 'PASSWORD_VERIFIER', ChallengeParameters: srp.begin(parameters) };
      case 'REFRESH_TOKEN_AUTH':
      case 'REFRESH_TOKEN':
        return result(await refresh(requiredParameter(parameters, 'REFRESH_TOKEN')));
      default:
        if (flow.startsWith('ADMIN_')) throw invalidParameter('Initiate Auth method not supported.');
        if (FLOWS_OF_AWS.has(flow)) throw invalidParameter(`${flow} is not enabled for the client.`);
        throw notOneOf('authFlow', FLOWS_OF_AWS);
    }
  }

  async function respondToAuthChallenge(input: unknown) {
    const request = parseInput(RespondInput, input);
    checkClient(request.ClientId);
    if (!CHALLENGES_OF_AWS.has(request.ChallengeName)) throw notOneOf('challengeName', CHALLENGES_OF_AWS);
    // This client's one challenge has no session: the secret block stands for it.
    if (request.Session !== undefined) throw notAuthorized('Invalid session for the user.');
    if (request.ChallengeName !== 'PASSWORD_VERIFIER')
      throw invalidParameter('Missing required parameter Session');
    return signedIn(accounts.find(srp.finish(request.ChallengeResponses ?? {})));
  }

  /** The newer way to refresh, which Amplify takes. */
  async function getTokensFromRefreshToken(input: unknown) {
    const { ClientId, RefreshToken } = parseInput(GetTokensInput, input);
    checkClient(ClientId);
    return { AuthenticationResult: await refresh(RefreshToken) };
  }

  async function getUser(input: unknown) {
    const { AccessToken } = parseInput(GetUserInput, input);
    const { username } = await mint.readAccess(AccessToken).catch((cause: unknown) => {
      throw notAuthorized(isExpired(cause) ? 'Access Token has expired' : 'Invalid Access Token', { cause });
    });
    const subject = accounts.find(username);
    if (subject === undefined) throw notAuthorized('Invalid Access Token');
    const email =
      subject.email === undefined
        ? []
        : [
            { Name: 'email', Value: subject.email },
            { Name: 'email_verified', Value: 'true' },
          ];
    return { Username: subject.username, UserAttributes: [{ Name: 'sub', Value: subject.sub }, ...email] };
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
      publicOperations: new Set([
        'InitiateAuth',
        'RespondToAuthChallenge',
        'GetTokensFromRefreshToken',
        'GetUser',
      ]),
      operations: {
        InitiateAuth: initiateAuth,
        RespondToAuthChallenge: respondToAuthChallenge,
        GetTokensFromRefreshToken: getTokensFromRefreshToken,
        GetUser: getUser,
      },
    },
  };
}

const CHALLENGES_OF_AWS = new Set([
  'SMS_MFA',
  'EMAIL_OTP',
  'SOFTWARE_TOKEN_MFA',
  'SELECT_MFA_TYPE',
  'MFA_SETUP',
  'PASSWORD_VERIFIER',
  'CUSTOM_CHALLENGE',
  'SELECT_CHALLENGE',
  'DEVICE_SRP_AUTH',
  'DEVICE_PASSWORD_VERIFIER',
  'ADMIN_NO_SRP_AUTH',
  'NEW_PASSWORD_REQUIRED',
  'SMS_OTP',
  'PASSWORD',
  'WEB_AUTHN',
  'PASSWORD_SRP',
]);

const result = (AuthenticationResult: object) => ({ ChallengeParameters: {}, AuthenticationResult });

function notOneOf(name: string, values: ReadonlySet<string>) {
  return invalidParameter(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: [${[...values].join(', ')}]`,
  );
}

/** jose marks its errors with a code; its classes are not relied on, so that a second copy of jose does no harm. */
function isExpired(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWT_EXPIRED';
}
