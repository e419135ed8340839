import { describe, expect, it } from 'vitest';
import { buildPolicies } from '../documents/build.ts';
import { PolicyRequestError } from '../errors.ts';
import { compilePolicy } from '../evaluate/compile.ts';
import { accountId, bucket, built, identity, model, region } from './deployment.fixture.ts';
import { type IdentityPrincipal } from './principal.ts';

describe('who is limited by what', () => {
  const me = identity(1);
  const connect = {
    action: 'iot:Connect',
    resource: `arn:aws:iot:${region}:${accountId}:client/${me.identityId}-a`,
    context: {},
  };
  const put = (who: IdentityPrincipal) => ({
    action: 's3:PutObject',
    resource: `arn:aws:s3:::${bucket}/users/${who.identityId}/a`,
    context: {},
  });

  it('an authenticated identity without an attached IoT policy is refused, with that as the reason', () => {
    const decision = model({ iotPolicies: () => [] }).decide({ principal: me, ...connect });
    expect(decision).toMatchObject({
      allowed: false,
      reason: 'no IoT policy attached to the identity allows the iot:Connect action',
      explanation: { evaluation: { missing: 'iot' }, hints: [{ code: 'nothingAttached' }] },
    });
    expect(model().decide({ principal: me, ...connect }).allowed).toBe(true);
  });

  it('an IoT policy alone, without the role, is not enough either', () => {
    expect(model({ rolePolicies: () => [] }).decide({ principal: me, ...connect }).reason).toBe(
      'no identity-based policy allows the iot:Connect action',
    );
  });

  it('a guest needs no IoT policy, and cannot be given more by one', () => {
    const guest = identity(2, false);
    const own = { ...connect, resource: `arn:aws:iot:${region}:${accountId}:client/${guest.identityId}-a` };
    expect(model({ iotPolicies: () => [] }).decide({ principal: guest, ...own }).allowed).toBe(true);
    expect(model({ rolePolicies: () => [] }).decide({ principal: guest, ...own }).allowed).toBe(false);
  });

  it('a guest is refused signaling channels by the scope-down, whatever the role says', () => {
    const viewer = compilePolicy({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kinesisvideo:*', Resource: '*' }],
    });
    const ask = {
      action: 'kinesisvideo:ConnectAsViewer',
      resource: `arn:aws:kinesisvideo:${region}:${accountId}:channel/session-a/1`,
      context: {},
    };
    const decider = model({ rolePolicies: () => [viewer] });
    expect(decider.decide({ principal: identity(2, false), ...ask }).reason).toBe(
      'no session policy allows the kinesisvideo:ConnectAsViewer action',
    );
    expect(decider.decide({ principal: me, ...ask }).allowed).toBe(true);
  });

  it('guests upload below their own prefix only where that is configured', () => {
    const guest = identity(2, false);
    expect(model().decide({ principal: guest, ...put(guest) }).allowed).toBe(true);
    const closed = buildPolicies({ region, accountId, bucket, identityPoolId: me.identityPoolId });
    const decider = model({
      rolePolicies: () => [compilePolicy(closed.guest.document), compilePolicy(built.guest.document)],
      bucketPolicy: () => compilePolicy(closed.bucketPolicy, { kind: 'resource' }),
    });
    expect(decider.decide({ principal: guest, ...put(guest) }).reason).toBe(
      'with an explicit deny in a resource-based policy',
    );
  });

  it('a bucket policy sees the identity of a signed-in user, but not of a guest', () => {
    const byVariable = compilePolicy(
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: `arn:aws:s3:::${bucket}/shared/\${cognito-identity.amazonaws.com:sub}/*`,
          },
        ],
      },
      { kind: 'resource' },
    );
    const decider = model({ bucketPolicy: () => byVariable });
    const get = (who: IdentityPrincipal) =>
      decider.decide({
        principal: who,
        action: 's3:GetObject',
        resource: `arn:aws:s3:::${bucket}/shared/${who.identityId}/a`,
        context: {},
      }).allowed;
    expect(get(me)).toBe(true);
    expect(get(identity(2, false))).toBe(false);
  });

  it('services are not shut out by the fences around identities', () => {
    const reader = compilePolicy({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    });
    const decider = model({ rolePolicies: () => [reader] });
    expect(
      decider.decide({
        principal: { kind: 'service', accountId, roleName: 'pipeline' },
        ...put(me),
        action: 's3:GetObject',
      }).allowed,
    ).toBe(true);
  });

  it('plain http is denied when the caller says that it is plain http', () => {
    expect(
      model().decide({ principal: me, ...put(me), context: { 'aws:SecureTransport': 'false' } }).reason,
    ).toBe('with an explicit deny in a resource-based policy');
    expect(model().decide({ principal: me, ...put(me) }).allowed).toBe(true);
  });

  it('root is allowed everything, nobody nothing', () => {
    expect(model().decide({ principal: { kind: 'root', accountId }, ...put(me) }).allowed).toBe(true);
    expect(model().decide({ principal: { kind: 'anonymous' }, ...put(me) })).toMatchObject({
      allowed: false,
      reason: 'no resource-based policy allows the s3:PutObject action',
    });
  });

  it('nobody may give the keys that follow from the principal', () => {
    for (const key of [
      'cognito-identity.amazonaws.com:sub',
      'AWS:PrincipalArn',
      'cognito-identity.amazonaws.com:amr',
    ])
      expect(() => model().decide({ principal: me, ...put(me), context: { [key]: 'x' } })).toThrow(
        PolicyRequestError,
      );
  });

  it('an identity whose id holds wildcards gains nothing by them', () => {
    const star = { ...me, identityId: '*' };
    expect(model().decide({ principal: star, ...put(me) }).allowed).toBe(false);
    expect(model().decide({ principal: star, ...put(star) }).allowed).toBe(true);
    expect(model().decide({ principal: star, ...connect }).allowed).toBe(false);
  });
});
