import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '@stepcast/policies';
import { known } from '../evidence.ts';
import { allow, policy } from '../../testing/documents.ts';
import {
  AUTHENTICATED,
  BUCKET,
  built,
  found,
  guestRole,
  healthyPool,
  healthyPoolRoles,
  judge,
  role,
  roleArn,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

const SPEAKER = roleArn('stepcast-speaker');
/** A pool whose mapping gives one more role, with these policies. */
const withMapped = (document: unknown) => ({
  poolRoles: known({
    ...healthyPoolRoles,
    mapped: [
      { provider: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh:client', roleArn: SPEAKER },
    ],
  }),
  roles: withRoles(role(SPEAKER, built.authenticated.trust, [{ name: 'speaker', document }])),
});
const withGuest = (...statements: readonly PolicyStatement[]) => ({
  roles: withRoles({
    ...guestRole,
    policies: [...guestRole.policies, { name: 'more', document: policy(...statements) }],
  }),
});

const withoutKvs = policy(...built.authenticated.document.Statement.filter(({ Sid }) => Sid !== 'KvsViewer'));

describe('role.admin, of guests and of mappings', () => {
  it('finds a guest role by which people who never signed in could attach policies', () => {
    const result = expectBroken('role.admin', {
      chain: withGuest(allow('iot:AttachPolicy', '*')),
      says: /more of stepcast-guest allows iot:AttachPolicy/,
      repair: /delete-role-policy --role-name stepcast-guest --policy-name more/,
    });
    expect(result.severity).toBe('critical');
  });

  it('knows what Cognito takes from guests whatever their role says, and that the classic flow does not', () => {
    const chain = withGuest(allow('iam:PassRole', '*'));
    expect(judge('role.admin', chain)).toMatchObject({ verdict: 'pass' });
    expectBroken('role.admin', {
      chain: { ...chain, identityPool: found({ ...healthyPool, allowsClassicFlow: true }) },
      says: /more of stepcast-guest allows iam:PassRole/,
      repair: /delete-role-policy --role-name stepcast-guest/,
    });
    expect(
      judge('role.admin', {
        ...withGuest(allow('iot:AttachPolicy', '*')),
        identityPool: found({ ...healthyPool, allowsGuests: false }),
      }),
    ).toMatchObject({ verdict: 'pass' });
  });

  it('finds them in a role that only a mapping gives', () => {
    expectBroken('role.admin', {
      chain: withMapped(policy(allow('iot:AttachPolicy', '*'))),
      says: /speaker of stepcast-speaker allows iot:AttachPolicy/,
      repair: /delete-role-policy --role-name stepcast-speaker/,
    });
  });
});

describe('role.guest', () => {
  it('finds guests who are let in and may nothing, and gives them what is theirs', () => {
    expectBroken('role.guest', {
      chain: { roles: withRoles({ ...guestRole, policies: [] }) },
      says: /stepcast-guest does not allow iot:Connect, iot:Subscribe, iot:Receive, iot:Publish/,
      repair: /put-role-policy --role-name stepcast-guest --policy-name stepcast-iot/,
    });
  });

  it('has nothing to find where no guests are let in', () => {
    const identityPool = found({ ...healthyPool, allowsGuests: false });
    expect(
      judge('role.guest', { identityPool, roles: withRoles({ ...guestRole, policies: [] }) }),
    ).toMatchObject({ verdict: 'pass', evidence: ['the pool lets no guests in'] });
  });
});

describe('a role of a mapping', () => {
  it('has to hold everything: a session has one role, and that of signaling alone loses MQTT and S3', () => {
    const signalingOnly = withMapped(
      policy(allow('kinesisvideo:*', 'arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-*/*')),
    );
    expectBroken('role.iot', {
      chain: signalingOnly,
      says: /stepcast-speaker does not allow iot:Connect/,
      repair: /put-role-policy --role-name stepcast-speaker --policy-name stepcast-iot/,
    });
    expectBroken('role.s3', {
      chain: signalingOnly,
      says: /stepcast-speaker does not allow s3:PutObject/,
      repair: /put-role-policy --role-name stepcast-speaker --policy-name stepcast-s3/,
    });
  });

  it('is enough for signaling: the role of everybody else need not have it', () => {
    const chain = withMapped(built.authenticated.document);
    const own = role(AUTHENTICATED, built.authenticated.trust, [{ name: 'own', document: withoutKvs }]);
    const roles = new Map([...chain.roles, [AUTHENTICATED, found(own)] as const]);
    expect(judge('kvs.actions', { ...chain, roles })).toMatchObject({
      verdict: 'pass',
      evidence: [expect.stringMatching(/^stepcast-speaker allows it, by role mapping/)],
    });
  });
});

describe('role.isolation, of guests and of mappings', () => {
  it('finds a guest role, or the role of a mapping, that reaches everybody’s files', () => {
    const everybody = allow(['s3:GetObject', 's3:PutObject'], `arn:aws:s3:::${BUCKET}/users/*`);
    for (const [chain, name] of [
      [withGuest(everybody), 'stepcast-guest'],
      [withMapped(policy(everybody)), 'stepcast-speaker'],
    ] as const) {
      const result = expectBroken('role.isolation', {
        chain,
        says: new RegExp(`${name}: s3:GetObject on arn:aws:s3:::${BUCKET}/users/.* is allowed`),
        repair: new RegExp(`delete-role-policy --role-name ${name}`),
      });
      expect(result.severity).toBe('critical');
    }
  });
});
