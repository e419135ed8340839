import { afterEach, describe, expect, it } from 'vitest';
import {
  CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { createUserPool } from './index.ts';
import { serveJson } from './testing/json-server.ts';
import {
  alice,
  clientId,
  closeAll,
  getId,
  open,
  provider,
  region,
  signIn,
  signingKey,
  userPoolId,
  users,
  world,
} from './testing/world.ts';

afterEach(closeAll);

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

  it('knows one client and three flows, and says so of others', async () => {
    const { idp } = await world();
    const auth = (
      AuthFlow: 'USER_PASSWORD_AUTH' | 'CUSTOM_AUTH' | 'ADMIN_NO_SRP_AUTH',
      ClientId = clientId,
    ) => idp.send(new InitiateAuthCommand({ AuthFlow, ClientId, AuthParameters: { USERNAME: 'alice' } }));
    await expect(auth('USER_PASSWORD_AUTH', 'nobody')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'User pool client nobody does not exist.',
    });
    await expect(auth('CUSTOM_AUTH')).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'CUSTOM_AUTH is not enabled for the client.',
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

  it('refreshes in the newer way too, in which Amplify asks', async () => {
    const w = await world();
    const { RefreshToken, AccessToken } = await alice(w);
    const get = (token: string, ClientId = clientId) =>
      w.idp.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken: token }));
    const { AuthenticationResult } = await get(RefreshToken);
    expect(AuthenticationResult).not.toHaveProperty('RefreshToken');
    await expect(getId(w, AuthenticationResult?.IdToken ?? '')).resolves.toBeDefined();
    await expect(get(AccessToken)).rejects.toMatchObject({ message: 'Invalid Refresh Token' });
    await expect(get(RefreshToken, 'nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
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
