import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CognitoIdentityClient,
  DeleteIdentitiesCommand,
  DescribeIdentityCommand,
  DescribeIdentityPoolCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetIdentityPoolRolesCommand,
  ListIdentitiesCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  CognitoIdentityProviderClient,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { createCredentialStore } from '../core/credential-store.ts';
import {
  createIdentityPool,
  createUserPool,
  userPoolLogins,
  type IdentityPoolOptions,
  type UserPool,
} from './index.ts';
import { serveJson, type TestJsonServer } from './testing/json-server.ts';

const region = 'us-east-1';
const accountId = '111122223333';
const userPoolId = 'us-east-1_Ab3dEf9Gh';
const clientId = '7h2k9q0m4v8t1c6r3p5s0w2x9z';
const identityPoolId = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
const provider = `cognito-idp.${region}.amazonaws.com/${userPoolId}`;
const authRole = `arn:aws:iam::${accountId}:role/progress-auth-role`;
const guestRole = `arn:aws:iam::${accountId}:role/progress-guest-role`;
const users = [
  { username: 'alice', password: 'correct horse', email: 'alice@example.com' },
  { username: 'bob', password: 'battery staple', groups: ['speaker'] },
];

let signingKey: JWK;
beforeAll(async () => {
  // One key for all pools of this file: making one takes up to a second.
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  signingKey = { ...(await exportJWK(privateKey)), kid: 'test-key' };
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface World {
  readonly pool: UserPool;
  readonly idp: CognitoIdentityProviderClient;
  readonly identity: CognitoIdentityClient;
  readonly store: ReturnType<typeof createCredentialStore>;
  readonly server: TestJsonServer;
  passSeconds(seconds: number): void;
}

async function world(
  change: Partial<IdentityPoolOptions> & { refuse?: (action: string) => boolean } = {},
): Promise<World> {
  let nowMs = 1_793_700_900_000;
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

async function signIn({ idp }: World, USERNAME: string, PASSWORD: string) {
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
const alice = (w: World) => signIn(w, 'alice', 'correct horse');
const bob = (w: World) => signIn(w, 'bob', 'battery staple');

async function identityOf({ identity }: World, idToken: string): Promise<string> {
  const { IdentityId = '' } = await identity.send(
    new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [provider]: idToken } }),
  );
  return IdentityId;
}
const getId = (w: World, idToken: string) =>
  w.identity.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [provider]: idToken } }));

describe('user pool', () => {
  it('signs in by password with tokens that aws-jwt-verify accepts on the keys served', async () => {
    // aws-jwt-verify has no clock to inject: these tokens are made at the real time.
    const pool = await createUserPool({
      region,
      userPoolId,
      clientId,
      users,
      seed: 'seed',
      now: () => Date.now(),
      signingKey,
    });
    const server = await serveJson([pool.service]);
    open.push(() => server.close());
    const idp = new CognitoIdentityProviderClient({ region, endpoint: server.endpoint });
    open.push(() => idp.destroy());
    const { AuthenticationResult } = await idp.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME: 'bob', PASSWORD: 'battery staple' },
      }),
    );
    const verifier = CognitoJwtVerifier.create([{ userPoolId, tokenUse: 'id', clientId }]);
    verifier.cacheJwks({ keys: pool.jwks().keys as never }, userPoolId);
    const claims = await verifier.verify(AuthenticationResult?.IdToken ?? '');
    expect(claims).toMatchObject({
      iss: `https://${provider}`,
      aud: clientId,
      token_use: 'id',
      'cognito:username': 'bob',
      'cognito:groups': ['speaker'],
    });
    for (const name of ['sub', 'auth_time', 'exp', 'iat', 'jti', 'origin_jti', 'event_id'])
      expect(claims).toHaveProperty(name);
    await expect(verifier.verify(AuthenticationResult?.AccessToken ?? '')).rejects.toThrow();
    const access = CognitoJwtVerifier.create({ userPoolId, tokenUse: 'access', clientId });
    access.cacheJwks({ keys: pool.jwks().keys as never });
    const accessClaims = await access.verify(AuthenticationResult?.AccessToken ?? '');
    expect(accessClaims).toMatchObject({
      client_id: clientId,
      username: 'bob',
      sub: claims.sub,
      scope: 'aws.cognito.signin.user.admin',
    });
    expect(accessClaims.aud).toBeUndefined();
  });

  it('serves public key material only', async () => {
    const { pool } = await world();
    expect(pool.jwksPath).toBe(`/${userPoolId}/.well-known/jwks.json`);
    const [key] = pool.jwks().keys;
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('answers a wrong password and an unknown user with the same words', async () => {
    const w = await world();
    const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };
    await expect(signIn(w, 'alice', 'battery staple')).rejects.toMatchObject(wrong);
    await expect(signIn(w, 'mallory', 'correct horse')).rejects.toMatchObject(wrong);
    await expect(signIn(w, '__proto__', 'x')).rejects.toMatchObject(wrong);
    await expect(alice(w)).resolves.toMatchObject({ ExpiresIn: 3_600 });
  });

  it('knows one client and two flows, and says so of others', async () => {
    const { idp } = await world();
    const auth = (
      AuthFlow: 'USER_PASSWORD_AUTH' | 'USER_SRP_AUTH' | 'ADMIN_NO_SRP_AUTH',
      ClientId = clientId,
    ) => idp.send(new InitiateAuthCommand({ AuthFlow, ClientId, AuthParameters: { USERNAME: 'alice' } }));
    await expect(auth('USER_PASSWORD_AUTH', 'nobody')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'User pool client nobody does not exist.',
    });
    await expect(auth('USER_SRP_AUTH')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'USER_SRP_AUTH is not enabled for the client.',
    });
    await expect(auth('ADMIN_NO_SRP_AUTH')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(auth('USER_PASSWORD_AUTH')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Missing required parameter PASSWORD',
    });
  });

  it('refreshes tokens for 30 days from the sign-in, and takes no other text for a refresh token', async () => {
    const w = await world();
    const { RefreshToken, AccessToken } = await alice(w);
    const refresh = (REFRESH_TOKEN: string) =>
      w.idp.send(
        new InitiateAuthCommand({
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          ClientId: clientId,
          AuthParameters: { REFRESH_TOKEN },
        }),
      );
    w.passSeconds(30 * 86_400 - 1);
    const { AuthenticationResult } = await refresh(RefreshToken);
    expect(AuthenticationResult?.RefreshToken).toBeUndefined();
    await expect(getId(w, AuthenticationResult?.IdToken ?? '')).resolves.toBeDefined();
    await expect(refresh(AccessToken)).rejects.toMatchObject({ message: 'Invalid Refresh Token' });
    await expect(refresh(`${RefreshToken}A`)).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    w.passSeconds(1);
    await expect(refresh(RefreshToken)).rejects.toMatchObject({ message: 'Refresh Token has expired' });
  });

  it('tells whose an access token is, until it expires', async () => {
    const w = await world();
    const { AccessToken, IdToken } = await alice(w);
    const user = await w.idp.send(new GetUserCommand({ AccessToken }));
    expect(user.Username).toBe('alice');
    expect(user.UserAttributes).toContainEqual({ Name: 'email', Value: 'alice@example.com' });
    await expect(w.idp.send(new GetUserCommand({ AccessToken: IdToken }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid Access Token',
    });
    w.passSeconds(3_600);
    await expect(w.idp.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject({
      message: 'Access Token has expired',
    });
  });
});

describe('identity pool', () => {
  it('gives each login one identity, on every device, after a new sign-in and after a restart', async () => {
    const first = await world();
    const aliceId = await identityOf(first, (await alice(first)).IdToken);
    expect(aliceId).toMatch(/^us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await identityOf(first, (await alice(first)).IdToken)).toBe(aliceId);
    const bobId = await identityOf(first, (await bob(first)).IdToken);
    expect(bobId).not.toBe(aliceId);
    const restarted = await world();
    expect(await identityOf(restarted, (await alice(restarted)).IdToken)).toBe(aliceId);
    const elsewhere = await world({ seed: 'another' });
    expect(await identityOf(elsewhere, (await alice(elsewhere)).IdToken)).not.toBe(aliceId);
  });

  it('gives an identity credentials under the pool role, for an hour', async () => {
    const w = await world();
    const { IdToken } = await alice(w);
    const IdentityId = await identityOf(w, IdToken);
    const { Credentials, IdentityId: answered } = await w.identity.send(
      new GetCredentialsForIdentityCommand({ IdentityId, Logins: { [provider]: IdToken } }),
    );
    expect(answered).toBe(IdentityId);
    expect(Credentials?.Expiration?.getTime()).toBe(1_793_700_900_000 + 3_600_000);
    const issued = w.store.find(Credentials?.AccessKeyId ?? '');
    expect(issued).toMatchObject({
      secretAccessKey: Credentials?.SecretKey,
      sessionToken: Credentials?.SessionToken,
      expiresAtMs: 1_793_700_900_000 + 3_600_000,
      principal: {
        kind: 'identity',
        accountId,
        roleName: 'progress-auth-role',
        identityId: IdentityId,
        identityPoolId,
        authenticated: true,
      },
    });
    expect(issued?.principal).toHaveProperty('amr', [
      'authenticated',
      provider,
      expect.stringMatching(`^${provider}:CognitoSignIn:`),
    ]);
  });

  it('gives credentials after a restart to whoever still has his identity', async () => {
    const before = await world();
    const IdentityId = await identityOf(before, (await alice(before)).IdToken);
    const after = await world();
    const Logins = { [provider]: (await alice(after)).IdToken };
    await expect(
      after.identity.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins })),
    ).resolves.toMatchObject({ IdentityId });
  });

  it('refuses the identity of another login', async () => {
    const w = await world();
    const IdentityId = await identityOf(w, (await alice(w)).IdToken);
    const Logins = { [provider]: (await bob(w)).IdToken };
    await expect(
      w.identity.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins })),
    ).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: expect.stringMatching("^Logins don't match"),
    });
    await expect(w.identity.send(new GetCredentialsForIdentityCommand({ IdentityId }))).rejects.toMatchObject(
      { message: `Access to Identity '${IdentityId}' is forbidden.` },
    );
  });

  it('does not know an identity or a pool that is none, nor an identity in the place of a pool', async () => {
    const w = await world();
    const { IdToken } = await alice(w);
    const IdentityId = await identityOf(w, IdToken);
    const Logins = { [provider]: IdToken };
    await expect(
      w.identity.send(new GetIdCommand({ IdentityPoolId: IdentityId, Logins })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `IdentityPool '${IdentityId}' not found.`,
    });
    const unknown = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
    await expect(
      w.identity.send(new GetCredentialsForIdentityCommand({ IdentityId: unknown, Logins })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Identity '${unknown}' not found.`,
    });
    await expect(
      w.identity.send(new DescribeIdentityCommand({ IdentityId: identityPoolId })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(w.identity.send(new DescribeIdentityCommand({ IdentityId }))).resolves.toMatchObject({
      IdentityId,
      Logins: [provider],
    });
  });

  it('lets guests in only where the pool allows them', async () => {
    const GetGuest = () => new GetIdCommand({ IdentityPoolId: identityPoolId });
    const closed = await world();
    await expect(closed.identity.send(GetGuest())).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Unauthenticated access is not supported for this identity pool.',
    });
    const w = await world({ allowGuests: true });
    const one = await w.identity.send(GetGuest());
    const two = await w.identity.send(GetGuest());
    expect(one.IdentityId).not.toBe(two.IdentityId);
    const guest = await w.identity.send(new GetCredentialsForIdentityCommand({ IdentityId: one.IdentityId }));
    expect(w.store.find(guest.Credentials?.AccessKeyId ?? '')?.principal).toMatchObject({
      roleName: 'progress-guest-role',
      authenticated: false,
      amr: ['unauthenticated'],
      identityId: one.IdentityId,
    });
    // Signing in later moves the guest to the identity of the login.
    const { IdToken } = await alice(w);
    const own = await identityOf(w, IdToken);
    const moved = await w.identity.send(
      new GetCredentialsForIdentityCommand({ IdentityId: one.IdentityId, Logins: { [provider]: IdToken } }),
    );
    expect(moved.IdentityId).toBe(own);
  });

  it('has no credentials to give while no role is set', async () => {
    const w = await world({ roles: { Roles: {} } });
    const { IdToken } = await alice(w);
    const IdentityId = await identityOf(w, IdToken);
    const get = new GetCredentialsForIdentityCommand({ IdentityId, Logins: { [provider]: IdToken } });
    await expect(w.identity.send(get)).rejects.toMatchObject({
      name: 'InvalidIdentityPoolConfigurationException',
    });
    await w.identity.send(
      new SetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId, Roles: { authenticated: authRole } }),
    );
    await expect(w.identity.send(get)).resolves.toMatchObject({ IdentityId });
  });

  it('replaces the whole role document, and asks for the right to pass each role', async () => {
    const w = await world();
    const key = `${provider}:${clientId}`;
    const RoleMappings = {
      [key]: {
        Type: 'Rules',
        AmbiguousRoleResolution: 'AuthenticatedRole',
        RulesConfiguration: {
          Rules: [
            {
              Claim: 'cognito:groups',
              MatchType: 'Contains',
              Value: 'speaker',
              RoleARN: `arn:aws:iam::${accountId}:role/speaker`,
            },
          ],
        },
      },
    } as const;
    const set = (input: object) =>
      w.identity.send(
        new SetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId, Roles: {}, ...input }),
      );
    const read = () => w.identity.send(new GetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId }));
    await set({ Roles: { authenticated: authRole }, RoleMappings });
    expect(w.server.asked).toContain(`iam:PassRole arn:aws:iam::${accountId}:role/speaker`);
    expect(await read()).toMatchObject({ Roles: { authenticated: authRole }, RoleMappings });
    expect((await read()).Roles).not.toHaveProperty('unauthenticated');

    const roleOf = async (IdToken: string) => {
      const IdentityId = await identityOf(w, IdToken);
      const { Credentials } = await w.identity.send(
        new GetCredentialsForIdentityCommand({ IdentityId, Logins: { [provider]: IdToken } }),
      );
      return w.store.find(Credentials?.AccessKeyId ?? '')?.principal;
    };
    expect(await roleOf((await bob(w)).IdToken)).toMatchObject({ roleName: 'speaker' });
    expect(await roleOf((await alice(w)).IdToken)).toMatchObject({ roleName: 'progress-auth-role' });
    await set({
      Roles: { authenticated: authRole },
      RoleMappings: { [key]: { ...RoleMappings[key], AmbiguousRoleResolution: 'Deny' } },
    });
    await expect(alice(w).then(({ IdToken }) => roleOf(IdToken))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    });
    await set({ Roles: { authenticated: authRole } });
    expect(await read()).not.toHaveProperty('RoleMappings');
    await expect(set({ Roles: { admin: authRole } })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('keeps the role document when the caller may not pass the role', async () => {
    const w = await world({ refuse: (action) => action === 'iam:PassRole' });
    await expect(
      w.identity.send(
        new SetIdentityPoolRolesCommand({
          IdentityPoolId: identityPoolId,
          Roles: { authenticated: guestRole },
        }),
      ),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(
      (await w.identity.send(new GetIdentityPoolRolesCommand({ IdentityPoolId: identityPoolId }))).Roles,
    ).toEqual({ authenticated: authRole, unauthenticated: guestRole });
  });

  it('describes the pool, lists identities in pages, and makes a new one after a deletion', async () => {
    const w = await world();
    const pool = await w.identity.send(new DescribeIdentityPoolCommand({ IdentityPoolId: identityPoolId }));
    expect(pool).toMatchObject({
      AllowUnauthenticatedIdentities: false,
      CognitoIdentityProviders: [{ ProviderName: provider, ClientId: clientId }],
    });
    const aliceId = await identityOf(w, (await alice(w)).IdToken);
    const bobId = await identityOf(w, (await bob(w)).IdToken);
    const page = (NextToken?: string) =>
      w.identity.send(
        new ListIdentitiesCommand({ IdentityPoolId: identityPoolId, MaxResults: 1, NextToken }),
      );
    const one = await page();
    const two = await page(one.NextToken);
    expect([...(one.Identities ?? []), ...(two.Identities ?? [])].map((i) => i.IdentityId)).toEqual([
      aliceId,
      bobId,
    ]);
    expect(two.NextToken).toBeUndefined();
    await w.identity.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [aliceId] }));
    await expect(w.identity.send(new DescribeIdentityCommand({ IdentityId: aliceId }))).rejects.toMatchObject(
      { name: 'ResourceNotFoundException' },
    );
    const again = await identityOf(w, (await alice(w)).IdToken);
    expect(again).not.toBe(aliceId);
    expect(await identityOf(w, (await alice(w)).IdToken)).toBe(again);
  });
});

describe('login tokens', () => {
  /** A token that says all the right things, to be signed wrongly. */
  const claims = {
    sub: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e',
    aud: clientId,
    iss: `https://${provider}`,
    token_use: 'id',
    'cognito:username': 'alice',
    iat: 1_793_700_900,
    exp: 1_793_704_500,
  };
  const refused = (reason: string) => ({
    name: 'NotAuthorizedException',
    message: expect.stringContaining(`Invalid login token. ${reason}`),
  });
  const sign = async (payload: object, key?: Awaited<ReturnType<typeof importJWK>>) =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ alg: 'RS256', kid: 'test-key' })
      .sign(key ?? (await importJWK(signingKey, 'RS256')));

  it('are accepted when everything is right (the measure for the refusals below)', async () => {
    const w = await world();
    await expect(getId(w, await sign(claims))).resolves.toHaveProperty('IdentityId');
  });

  it('are refused when signed by another key under our key id', async () => {
    const w = await world();
    const { privateKey } = await generateKeyPair('RS256');
    await expect(getId(w, await sign(claims, privateKey))).rejects.toMatchObject(
      refused("Couldn't verify signed token."),
    );
  });

  it('are refused with alg none', async () => {
    const w = await world();
    await expect(getId(w, new UnsecuredJWT(claims).encode())).rejects.toMatchObject(
      refused("Couldn't verify signed token."),
    );
  });

  it('are refused when the public key served as an HMAC secret', async () => {
    const w = await world();
    const { n, e } = signingKey;
    const publicKey = await importJWK({ kty: 'RSA', n, e }, 'RS256', { extractable: true });
    if (publicKey instanceof Uint8Array) throw new TypeError('an RSA key was expected');
    const pem = new TextEncoder().encode(await exportSPKI(publicKey));
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'test-key' }).sign(pem);
    await expect(getId(w, forged)).rejects.toMatchObject(refused("Couldn't verify signed token."));
  });

  it('are refused once expired, for another client, from another pool, and as access tokens', async () => {
    const w = await world();
    const expired = { ...claims, exp: claims.iat - 1 };
    await expect(getId(w, await sign(expired))).rejects.toMatchObject(refused('Token expired'));
    await expect(getId(w, await sign({ ...claims, aud: 'other' }))).rejects.toMatchObject(
      refused('Incorrect token audience.'),
    );
    await expect(getId(w, await sign({ ...claims, iss: `${claims.iss}x` }))).rejects.toMatchObject(
      refused("Issuer doesn't match providerName"),
    );
    await expect(getId(w, await sign({ ...claims, token_use: 'access' }))).rejects.toMatchObject(
      refused('Not a valid OpenId Connect identity token.'),
    );
    await expect(getId(w, (await alice(w)).AccessToken)).rejects.toMatchObject(
      refused('Not a valid OpenId Connect identity token.'),
    );
    await expect(getId(w, 'rubbish')).rejects.toMatchObject(
      refused('Not a valid OpenId Connect identity token.'),
    );
    const { exp: _, ...endless } = claims;
    await expect(getId(w, await sign(endless))).rejects.toMatchObject(refused('Not a valid'));
  });

  it('stop working when they expire, not before', async () => {
    const w = await world();
    const { IdToken } = await alice(w);
    w.passSeconds(3_599);
    await expect(getId(w, IdToken)).resolves.toBeDefined();
    w.passSeconds(1);
    await expect(getId(w, IdToken)).rejects.toMatchObject(refused('Token expired'));
  });

  it('are refused from a provider that the pool does not have', async () => {
    const w = await world();
    const { IdToken } = await alice(w);
    await expect(
      w.identity.send(
        new GetIdCommand({
          IdentityPoolId: identityPoolId,
          Logins: { 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Other0001': IdToken },
        }),
      ),
    ).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Token is not from a supported provider of this identity pool.',
    });
  });
});
