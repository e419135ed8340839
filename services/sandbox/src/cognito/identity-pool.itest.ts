import { afterEach, describe, expect, it } from 'vitest';
import {
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
  accountId,
  alice,
  authRole,
  bob,
  clientId,
  closeAll,
  guestRole,
  identityOf,
  identityPoolId,
  provider,
  world,
} from './testing/world.ts';

afterEach(closeAll);

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

  it('gives credentials after a restart to a client that remembers its identity', async () => {
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
