import { CognitoIdentityClient, GetIdCommand } from '@aws-sdk/client-cognito-identity';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { createCredentialStore } from '../../core/index.ts';
import {
  createIdentityPool,
  createUserPool,
  userPoolLogins,
  type IdentityPoolOptions,
  type UserPool,
} from '../index.ts';
import { serveJson, type TestJsonServer } from './json-server.ts';

export const region = 'us-east-1';
export const accountId = '111122223333';
export const userPoolId = 'us-east-1_Ab3dEf9Gh';
export const clientId = '7h2k9q0m4v8t1c6r3p5s0w2x9z';
export const identityPoolId = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
export const provider = `cognito-idp.${region}.amazonaws.com/${userPoolId}`;
export const authRole = `arn:aws:iam::${accountId}:role/progress-auth-role`;
export const guestRole = `arn:aws:iam::${accountId}:role/progress-guest-role`;
export const users = [
  { username: 'alice', password: 'correct horse', email: 'alice@example.com' },
  { username: 'bob', password: 'battery staple', groups: ['speaker'] },
];

// One key for all pools of a file: making one takes up to a second.
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
export const signingKey: JWK = { ...(await exportJWK(privateKey)), kid: 'test-key' };

/** When every world begins, in milliseconds since the epoch. */
export const startMs = 1_793_700_900_000;

/** What `closeAll` ends. */
export const open: (() => Promise<void> | void)[] = [];
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

export interface World {
  readonly pool: UserPool;
  readonly idp: CognitoIdentityProviderClient;
  readonly identity: CognitoIdentityClient;
  readonly store: ReturnType<typeof createCredentialStore>;
  readonly server: TestJsonServer;
  passSeconds(seconds: number): void;
}

export async function world(
  change: Partial<IdentityPoolOptions> & { refuse?: (action: string) => boolean } = {},
): Promise<World> {
  let nowMs = startMs;
  const now = () => nowMs;
  const pool = await createUserPool({ region, userPoolId, clientId, users, seed: 'seed', now, signingKey });
  const store = createCredentialStore({ now });
  const { refuse, ...options } = change;
  const identityPool = createIdentityPool({
    region,
    accountId,
    identityPoolId,
    identityPoolName: 'stepcast',
    allowGuests: false,
    providers: [userPoolLogins({ ...pool, now })],
    credentials: store,
    seed: 'seed',
    now,
    roles: { Roles: { authenticated: authRole, unauthenticated: guestRole } },
    ...options,
  });
  const server = await serveJson([pool.service, identityPool.service], refuse);
  open.push(() => server.close());
  const config = {
    region,
    endpoint: server.endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  };
  const idp = new CognitoIdentityProviderClient(config);
  const identity = new CognitoIdentityClient(config);
  open.push(() => idp.destroy());
  open.push(() => identity.destroy());
  return { pool, idp, identity, store, server, passSeconds: (seconds) => (nowMs += seconds * 1_000) };
}

export async function signIn({ idp }: World, USERNAME: string, PASSWORD: string) {
  const { AuthenticationResult } = await idp.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME, PASSWORD },
    }),
  );
  const { IdToken = '', AccessToken = '', RefreshToken = '' } = AuthenticationResult ?? {};
  return { IdToken, AccessToken, RefreshToken, ExpiresIn: AuthenticationResult?.ExpiresIn };
}
export const alice = (w: World) => signIn(w, 'alice', 'correct horse');
export const bob = (w: World) => signIn(w, 'bob', 'battery staple');

export async function identityOf({ identity }: World, idToken: string): Promise<string> {
  const { IdentityId = '' } = await identity.send(
    new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [provider]: idToken } }),
  );
  return IdentityId;
}
export const getId = (w: World, idToken: string) =>
  w.identity.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [provider]: idToken } }));
