import { describe, expect, it } from '@jest/globals';
import { known } from '../evidence.ts';
import {
  AUTHENTICATED,
  authenticatedRole,
  BUCKET,
  built,
  found,
  guestRole,
  healthyPool,
  IDENTITY_ID,
  judge,
  notFound,
  role,
  withRoles,
} from '../../testing/fixtures.ts';
import { allow, policy } from '../../testing/documents.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import type { PolicyDocument, PolicyStatement } from '@stepcast/policies';

const withDocument = (document: unknown, name = 'stepcast-authenticated') => ({
  roles: withRoles(role(AUTHENTICATED, built.authenticated.trust, [{ name, document }])),
});
const without = (...sids: readonly string[]): PolicyDocument =>
  policy(...built.authenticated.document.Statement.filter(({ Sid = '' }) => !sids.includes(Sid)));

describe('role.admin', () => {
  it('finds AWSIoTConfigAccess on the role of signed-in people, and detaches it', () => {
    const arn = 'arn:aws:iam::aws:policy/AWSIoTConfigAccess';
    const result = expectBroken('role.admin', {
      chain: {
        roles: withRoles({
          ...authenticatedRole,
          policies: [
            ...authenticatedRole.policies,
            {
              name: 'AWSIoTConfigAccess',
              arn,
              document: policy(allow(['iot:AttachPolicy', 'iot:CreatePolicy'], '*')),
            },
          ],
        }),
      },
      says: /every signed-in person may attach any IoT policy to any identity/,
      repair:
        /detach-role-policy --role-name stepcast-authenticated --policy-arn arn:aws:iam::aws:policy\/AWSIoTConfigAccess/,
    });
    expect(result.severity).toBe('critical');
  });

  it('finds rights of an administrator in an inline policy of any name', () => {
    expectBroken('role.admin', {
      chain: {
        roles: withRoles({
          ...authenticatedRole,
          policies: [...authenticatedRole.policies, { name: 'misc', document: policy(allow('iot:*', '*')) }],
        }),
      },
      says: /misc of stepcast-authenticated allows iot:AttachPolicy, iot:CreatePolicy, iot:DeleteConnection/,
      repair: /delete-role-policy --role-name stepcast-authenticated --policy-name misc/,
    });
  });

  it('does not call a role harmless when one of its policies could not be read', () => {
    expect(judge('role.admin', withDocument({ Version: '2012-10-17', Statement: 'odd' }))).toMatchObject({
      verdict: 'couldNotCheck',
    });
  });
});

describe('role.iot and role.s3', () => {
  it('names the MQTT rights that the role lacks', () => {
    expectBroken('role.iot', {
      chain: withDocument(without('SubscribeOwnTopics', 'ConnectAsSelf')),
      says: /does not allow iot:Connect, iot:Subscribe/,
      repair: /--policy-name stepcast-iot/,
    });
  });

  it('explains a topic in place of a topic filter', () => {
    expectBroken('role.iot', {
      chain: withDocument(
        policy(
          ...without('SubscribeOwnTopics').Statement,
          allow(
            'iot:Subscribe',
            'arn:aws:iot:us-east-1:111122223333:topic/stepcast/v1/${cognito-identity.amazonaws.com:sub}/*',
          ),
        ),
      ),
      says: /likely: iot:Subscribe is decided on topicfilter/,
      repair: /stepcast-iot/,
    });
  });

  it('names the S3 rights that the role lacks', () => {
    expectBroken('role.s3', {
      chain: withDocument(without('OwnObjects')),
      says: /does not allow s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload/,
      repair: /--policy-name stepcast-s3/,
    });
  });

  it('explains variables that are plain text because of the version', () => {
    expectBroken('role.s3', {
      chain: withDocument({ ...built.authenticated.document, Version: '2008-10-17' }),
      says: /is plain text in this document: its Version is not 2012-10-17/,
      repair: /put-role-policy/,
    });
  });

  it('cannot print the policy without account, pool and bucket, and says what to give', () => {
    expectBroken('role.iot', {
      chain: withDocument(without('ConnectAsSelf')),
      setup: { accountId: undefined },
      says: /does not allow/,
      repair: /give --account-id/,
      mends: false,
    });
  });
});

describe('role.isolation', () => {
  it('finds a role that reaches everybody’s files and topics', () => {
    const result = expectBroken('role.isolation', {
      chain: withDocument(
        policy(allow('s3:*', `arn:aws:s3:::${BUCKET}/users/*`), allow(['iot:Subscribe', 'iot:Receive'], '*')),
      ),
      says: /s3:GetObject on .*f0f0f0f0.* is allowed/,
      repair: /put-role-policy/,
    });
    expect(result).toMatchObject({ severity: 'critical' });
    expect(result.evidence.join('\n')).toMatch(/iot:Subscribe on .*topicfilter\/#/);
  });

  it('detaches a managed policy that allows it', () => {
    const managed = {
      name: 'AWSIoTDataAccess',
      arn: 'arn:aws:iam::aws:policy/AWSIoTDataAccess',
      document: policy(allow(['iot:Connect', 'iot:Publish', 'iot:Subscribe', 'iot:Receive'], '*')),
    };
    expectBroken('role.isolation', {
      chain: {
        roles: withRoles({ ...authenticatedRole, policies: [...authenticatedRole.policies, managed] }),
      },
      says: /AWSIoTDataAccess/,
      repair:
        /detach-role-policy --role-name stepcast-authenticated --policy-arn arn:aws:iam::aws:policy\/AWSIoTDataAccess/,
    });
  });
});

describe('s3.bucketPolicy', () => {
  const open = policy({
    ...allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], `arn:aws:s3:::${BUCKET}/users/*`),
    Sid: 'CognitoIdentityPoolAccess',
    Principal: { AWS: AUTHENTICATED },
  });

  it('finds the policy that opens everybody’s files to everybody', () => {
    const result = expectBroken('s3.bucketPolicy', {
      chain: { bucketPolicy: found<unknown>(open) },
      says: /as one person may reach the files of another/,
      repair: new RegExp(`put-bucket-policy --bucket ${BUCKET}`),
    });
    expect(result.severity).toBe('critical');
    expect(result.evidence.join('\n')).toContain('CognitoIdentityPoolAccess');
  });

  it('finds the principal of a role that was deleted', () => {
    expectBroken('s3.bucketPolicy', {
      chain: {
        bucketPolicy: found<unknown>({
          Version: '2012-10-17',
          Statement: [{ ...open.Statement[0], Principal: { AWS: 'AROAEXAMPLEROLEID0001' } }],
        }),
      },
      says: /role or user that was deleted/,
      repair: /put-bucket-policy/,
    });
  });

  it('finds a deny that shuts people out of their own files', () => {
    expectBroken('s3.bucketPolicy', {
      chain: {
        bucketPolicy: found<unknown>(
          policy({
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${BUCKET}/*`,
          }),
        ),
      },
      says: /s3:PutObject .* is refused with an explicit deny in a resource-based policy/,
      repair: /put-bucket-policy/,
    });
  });

  it('needs no bucket policy at all', () => {
    expect(judge('s3.bucketPolicy', { bucketPolicy: notFound })).toMatchObject({ verdict: 'pass' });
  });
});

describe('s3.prefix', () => {
  it('finds user-pool subs in the place of identity IDs', () => {
    expectBroken('s3.prefix', {
      chain: { prefixLevels: known(['1448a458-6061-70ce-fb89-543829daaa9d', IDENTITY_ID]) },
      says: /1 of 2 prefixes below users\/ are GUIDs without a region, which are user-pool subs/,
      repair: /aws cognito-identity get-id/,
      mends: false,
    });
  });
});

describe('s3.probe', () => {
  const probe = (own: 'allowed' | 'denied', foreign: 'allowed' | 'denied') =>
    known({ ownPrefix: 'users/a/', own, foreignPrefix: 'users/b/', foreign, message: 'Access Denied' });
  const setup = { sandboxUrl: 'http://127.0.0.1:4200' };

  it('passes when the own prefix is listed and another’s is refused', () => {
    expect(judge('s3.probe', { prefixProbe: probe('allowed', 'denied') }, setup)).toMatchObject({
      verdict: 'pass',
    });
  });

  it('finds isolation that does not hold, and a person who is refused his own', () => {
    expectBroken('s3.probe', {
      setup,
      chain: { prefixProbe: probe('allowed', 'allowed') },
      says: /users\/b\/ was given to an identity that it does not belong to/,
      repair: /role.isolation/,
      mends: false,
    });
    expectBroken('s3.probe', {
      setup,
      chain: { prefixProbe: probe('denied', 'denied') },
      says: /own prefix users\/a\/ was refused: Access Denied/,
      repair: /stepcast doctor explain/,
      mends: false,
    });
  });
});

describe('s3.guests', () => {
  it('warns of guests that choose their role', () => {
    expectBroken('s3.guests', {
      chain: { identityPool: found({ ...healthyPool, allowsClassicFlow: true }) },
      verdict: 'warn',
      says: /classic flow/,
      repair: /leave the classic flow off/,
      mends: false,
    });
  });
});

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
