import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '@stepcast/policies';
import { found, guestRole, healthyPool, judge, withRoles } from '../../testing/fixtures.ts';
import { allow, policy } from '../../testing/documents.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { withDocument, without } from '../../testing/authenticated-role.ts';

describe('signaling channels', () => {
  const channel = (pattern: string) => `arn:aws:kinesisvideo:us-east-1:111122223333:channel/${pattern}`;
  const viewer = [
    'kinesisvideo:DescribeSignalingChannel',
    'kinesisvideo:GetSignalingChannelEndpoint',
    'kinesisvideo:GetIceServerConfig',
    'kinesisvideo:ConnectAsViewer',
  ];
  const withKvs = (...statements: readonly PolicyStatement[]) =>
    withDocument(policy(...without('KvsViewer').Statement, ...statements));

  it('kvs.actions finds the role without them, and extends it', () => {
    const result = expectBroken('kvs.actions', {
      chain: withKvs(),
      says: /does not allow .*kinesisvideo:GetSignalingChannelEndpoint/,
      repair: /put-role-policy --role-name stepcast-authenticated --policy-name stepcast-kvs/,
    });
    expect(result.repair.join('\n')).toContain('sign out and in again');
    expect(result.repair.join('\n')).not.toContain('set-identity-pool-roles');
  });

  it('kvs.scope finds a pattern that no channel matches', () => {
    expectBroken('kvs.scope', {
      chain: withKvs(allow(viewer, channel('session-*'.replace('*', 'x')))),
      says: /ends in "\/" and its creation time/,
      repair: /stepcast-kvs/,
    });
  });

  it('kvs.scope warns of rights to everybody’s channels', () => {
    expectBroken('kvs.scope', {
      chain: withKvs(allow(viewer, '*')),
      verdict: 'warn',
      says: /allowed on channels outside session-\*/,
      repair: /stepcast-kvs/,
      mends: false,
    });
  });

  it('kvs.master finds listeners that can take a session over', () => {
    const result = expectBroken('kvs.master', {
      chain: withKvs(allow([...viewer, 'kinesisvideo:ConnectAsMaster'], channel('session-*/*'))),
      says: /allows kinesisvideo:ConnectAsMaster/,
      repair: /role mapping/,
      mends: false,
    });
    expect(result.severity).toBe('critical');
  });

  it('kvs.guest finds that guests of the enhanced flow cannot listen whatever the role says', () => {
    const guest = {
      ...guestRole,
      policies: [{ name: 'guest', document: policy(allow(viewer, channel('session-*/*'))) }],
    };
    expectBroken('kvs.guest', {
      chain: { roles: withRoles(guest) },
      setup: { kvs: { channelPattern: 'session-*', authenticated: 'listener', guests: true } },
      says: /no session policy allows the kinesisvideo:ConnectAsViewer action/,
      repair: /let listeners sign in/,
      mends: false,
    });
    expectBroken('kvs.guest', {
      chain: { roles: withRoles(guest) },
      verdict: 'warn',
      says: /has no effect and misleads/,
      repair: /out of the guest role/,
      mends: false,
    });
    expect(
      judge(
        'kvs.guest',
        { roles: withRoles(guest), identityPool: found({ ...healthyPool, allowsClassicFlow: true }) },
        { kvs: { channelPattern: 'session-*', authenticated: 'listener', guests: true } },
      ),
    ).toMatchObject({ verdict: 'pass' });
  });
});
