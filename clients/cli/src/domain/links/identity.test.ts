import { describe, expect, it } from 'vitest';
import { known } from '../evidence.ts';
import {
  AUTHENTICATED,
  authenticatedRole,
  built,
  CLIENT_ID,
  found,
  GUEST,
  healthyPool,
  healthyPoolRoles,
  IDENTITY_ID,
  judge,
  notFound,
  POOL_ID,
  role,
  roleArn,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

describe('pool.id', () => {
  it('finds an identity ID in the place of the identity pool ID, and names the pools there are', () => {
    expectBroken('pool.id', {
      setup: { identityPoolId: IDENTITY_ID },
      chain: { identityPool: notFound, poolIdIsIdentity: known(true) },
      says: /DescribeIdentity does: it is the ID of one person’s identity/,
      repair: new RegExp(POOL_ID),
      mends: false,
    });
  });

  it.each([
    [undefined, /no identity pool ID is given/],
    ['us-east-1_Ab3dEf9Gh', /is a user pool ID/],
    ['34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e', /with the region in front/],
  ])('finds %s in its place', (identityPoolId, says) => {
    expectBroken('pool.id', {
      setup: { identityPoolId },
      says,
      repair: /identity pools of this account/,
      mends: false,
    });
  });

  it('says that there is no such pool', () => {
    expectBroken('pool.id', {
      chain: { identityPool: notFound, identityPools: known([]) },
      says: /there is no identity pool/,
      repair: /deploy the stack first/,
      mends: false,
    });
  });
});

describe('pool.region', () => {
  it('finds pools of another region', () => {
    const result = expectBroken('pool.region', {
      setup: { region: 'eu-west-1' },
      says: /the identity pool us-east-1:.* is of us-east-1, but eu-west-1 is used/,
      repair: /^stepcast doctor --region us-east-1$/m,
      mends: false,
    });
    expect(result.local).toBe(true);
  });

  it('finds a pool that is elsewhere than the rest', () => {
    expectBroken('pool.region', {
      setup: { userPoolId: 'eu-west-1_Ab3dEf9Gh' },
      says: /the user pool eu-west-1_Ab3dEf9Gh is of eu-west-1/,
      repair: /list-identity-pools/,
      mends: false,
    });
  });
});

describe('pool.userPool', () => {
  it('finds a user pool that is not there', () => {
    expectBroken('pool.userPool', {
      chain: { userPool: notFound },
      says: /there is no user pool/,
      repair: /aws cognito-idp list-user-pools/,
      mends: false,
    });
  });

  it('finds a client that is not there', () => {
    expectBroken('pool.userPool', {
      chain: { userPoolClient: notFound },
      says: new RegExp(`has no client ${CLIENT_ID}`),
      repair: /list-user-pool-clients/,
      mends: false,
    });
  });

  it('finds a client that browsers cannot use', () => {
    expectBroken('pool.userPool', {
      chain: { userPoolClient: found({ id: CLIENT_ID, hasSecret: true }) },
      says: /has a secret/,
      repair: /--no-generate-secret/,
      mends: false,
    });
  });
});

describe('pool.provider', () => {
  it('finds that the user pool is no provider, and adds it to those that are there', () => {
    const other = {
      providerName: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Other0001',
      clientId: 'abc',
    };
    const result = expectBroken('pool.provider', {
      chain: { identityPool: found({ ...healthyPool, providers: [other] }) },
      says: /does not list cognito-idp\.us-east-1\.amazonaws\.com\/us-east-1_Ab3dEf9Gh/,
      repair: /update-identity-pool/,
    });
    expect(result.repair[0]).toContain(other.providerName);
    expect(result.repair[0]).toContain('--allow-unauthenticated-identities');
  });

  it('finds another client of the same user pool', () => {
    const [provider] = healthyPool.providers;
    expectBroken('pool.provider', {
      chain: {
        identityPool: found({
          ...healthyPool,
          providers: [{ providerName: provider?.providerName ?? '', clientId: 'somethingelse' }],
        }),
      },
      says: /for somethingelse, not for 7h2k9q0m4v8t1c6r3p5s0w2x9z/,
      repair: /ClientId=7h2k9q0m4v8t1c6r3p5s0w2x9z/,
    });
  });
});

describe('pool.roles', () => {
  it('finds that no authenticated role is set, and keeps the guest role in the repair', () => {
    const result = expectBroken('pool.roles', {
      chain: { poolRoles: known({ ...healthyPoolRoles, authenticated: undefined }) },
      says: /names no authenticated role/,
      repair: /set-identity-pool-roles/,
    });
    expect(result.repair[0]).toContain(`unauthenticated=${GUEST}`);
  });

  it('finds guests without a role', () => {
    expectBroken('pool.roles', {
      chain: { poolRoles: known({ ...healthyPoolRoles, unauthenticated: undefined }) },
      says: /names no role for them/,
      repair: new RegExp(`authenticated=${AUTHENTICATED}`),
    });
  });

  it('finds a role that was deleted, and writes the mappings again', () => {
    const gone = roleArn('ServiceTranslateStack-AuthenticatedRole86104F1A');
    const mappings = { provider: { Type: 'Token' } };
    const result = expectBroken('pool.roles', {
      chain: {
        poolRoles: known({ ...healthyPoolRoles, authenticated: gone, mappings }),
        roles: new Map([...withRoles(), [gone, notFound]]),
      },
      says: /does not exist any more/,
      repair: /--role-mappings/,
    });
    expect(result.repair[0]).toContain(JSON.stringify(mappings));
  });

  it('finds the role of an earlier stack', () => {
    const old = role(
      roleArn('ServiceTranslateStack-AuthenticatedRole86104F1A'),
      built.authenticated.trust,
      [],
    );
    expectBroken('pool.roles', {
      chain: { poolRoles: known({ ...healthyPoolRoles, authenticated: old.arn }), roles: withRoles(old) },
      verdict: 'warn',
      says: /a role of another stack/,
      repair: /stepcast doctor --authenticated-role ServiceTranslateStack-AuthenticatedRole86104F1A/,
    });
  });

  it('finds a mapping to a role that is gone', () => {
    const gone = roleArn('speakers');
    expectBroken('pool.roles', {
      chain: {
        poolRoles: known({ ...healthyPoolRoles, mapped: [{ provider: 'p:c', roleArn: gone }] }),
        roles: new Map([...withRoles(), [gone, notFound]]),
      },
      says: /the mapping of p:c names .*speakers, which does not exist/,
      repair: /get-identity-pool-roles/,
      mends: false,
    });
  });
});

describe('role.trust', () => {
  const trust = (aud: string | undefined, amr: string | undefined) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: 'cognito-identity.amazonaws.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          ...(aud === undefined ? {} : { StringEquals: { 'cognito-identity.amazonaws.com:aud': aud } }),
          ...(amr === undefined
            ? {}
            : { 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr } }),
        },
      },
    ],
  });
  const trusting = (document: unknown) => ({
    roles: withRoles({ ...authenticatedRole, trust: document }),
  });

  it('finds an identity ID as aud', () => {
    expectBroken('role.trust', {
      chain: trusting(trust(IDENTITY_ID, 'authenticated')),
      says: /its "aud" is another pool, or an identity ID in place of a pool ID/,
      repair: /update-assume-role-policy --role-name stepcast-authenticated/,
    });
  });

  it('finds it in the role of a mapping too', () => {
    const speaker = roleArn('stepcast-speaker');
    expectBroken('role.trust', {
      chain: {
        poolRoles: known({ ...healthyPoolRoles, mapped: [{ provider: 'idp:client', roleArn: speaker }] }),
        roles: withRoles({
          ...authenticatedRole,
          name: 'stepcast-speaker',
          arn: speaker,
          trust: trust(IDENTITY_ID, 'authenticated'),
        }),
      },
      says: /stepcast-speaker cannot be taken by authenticated identities/,
      repair: /update-assume-role-policy --role-name stepcast-speaker/,
    });
  });

  it('finds a role that identities of every pool can take', () => {
    const result = expectBroken('role.trust', {
      chain: trusting(trust(undefined, 'authenticated')),
      says: /"aud" is missing/,
      repair: /update-assume-role-policy/,
    });
    expect(result.severity).toBe('critical');
  });

  it('finds a role that guests can take, and one that signed-in people cannot', () => {
    expect(
      expectBroken('role.trust', {
        chain: trusting(trust(POOL_ID, undefined)),
        says: /can be taken by guests/,
        repair: /update-assume-role-policy/,
      }).severity,
    ).toBe('critical');
    expectBroken('role.trust', {
      chain: trusting(trust(POOL_ID, 'unauthenticated')),
      says: /cannot be taken by authenticated identities/,
      repair: /update-assume-role-policy/,
    });
  });

  it('does not judge a policy that it cannot read', () => {
    expect(judge('role.trust', trusting('nonsense'))).toMatchObject({ verdict: 'couldNotCheck' });
  });
});
