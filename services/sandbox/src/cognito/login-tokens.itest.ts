import { afterEach, describe, expect, it } from 'vitest';
import { GetIdCommand } from '@aws-sdk/client-cognito-identity';
import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import {
  alice,
  clientId,
  closeAll,
  getId,
  identityPoolId,
  provider,
  signingKey,
  world,
} from './testing/world.ts';

afterEach(closeAll);

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
