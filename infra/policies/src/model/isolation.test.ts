import { IdentityId, SessionId, clientIdOf, keyTemplate, topicSpace, uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../evaluate/compile.ts';
import { accountId, bucket, identity, model, region } from './deployment.fixture.ts';

const topics = topicSpace();
const keys = keyTemplate('users/{identityId}/');

/** Every way in which an identity may touch what belongs to an owner; `own` says whether the owner itself may. */
function accesses(owner: IdentityId) {
  const upload = uploadIdOf(bucket, `${keys.prefixOf(owner)}a.png`);
  const session = SessionId.parse('tab1');
  const object = `arn:aws:s3:::${bucket}/${keys.prefixOf(owner)}a*b?.png`;
  const iot = (rest: string) => `arn:aws:iot:${region}:${accountId}:${rest}`;
  const events = topics.build({ kind: 'events', identityId: owner, uploadId: upload });
  const state = topics.build({ kind: 'state', identityId: owner, uploadId: upload });
  const overview = topics.build({ kind: 'overview', identityId: owner });
  const requests = topics.build({ kind: 'requests', identityId: owner, session });
  const replies = topics.build({ kind: 'replies', identityId: owner, session });
  const own = topics.namespace + `/${owner}`;
  const rows: {
    action: string;
    resource: string;
    own: boolean;
    context?: Record<string, string | readonly string[]>;
  }[] = [
    ...['GetObject', 'PutObject', 'DeleteObject', 'AbortMultipartUpload', 'ListMultipartUploadParts'].map(
      (action) => ({
        action: `s3:${action}`,
        resource: object,
        own: true,
      }),
    ),
    ...[
      'PutObjectAcl',
      'GetObjectVersion',
      'DeleteObjectVersion',
      'GetObjectTagging',
      'PutObjectTagging',
      'DeleteObjectTagging',
      'PutObjectVersionTagging',
      'BypassGovernanceRetention',
    ].map((action) => ({
      action: `s3:${action}`,
      resource: object,
      own: false,
    })),
    ...[keys.prefixOf(owner), `${keys.prefixOf(owner)}2026/`].map((prefix) => ({
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${bucket}`,
      own: true,
      context: { 's3:prefix': prefix },
    })),
    {
      action: 's3:ListBucketVersions',
      resource: `arn:aws:s3:::${bucket}`,
      own: false,
      context: { 's3:prefix': keys.prefixOf(owner) },
    },
    {
      action: 's3:ListBucketMultipartUploads',
      resource: `arn:aws:s3:::${bucket}`,
      own: false,
      context: { 's3:prefix': keys.prefixOf(owner) },
    },
    { action: 'iot:Connect', resource: iot(`client/${clientIdOf(owner, session)}`), own: true },
    { action: 'iot:Connect', resource: iot(`client/${owner}`), own: true },
    {
      action: 'iot:Connect',
      resource: iot(`client/${clientIdOf(owner, session)}`),
      own: false,
      context: { 'iot:ConnectAttributes': ['PersistentConnect'] },
    },
    {
      action: 'iot:Connect',
      resource: iot(`client/${clientIdOf(owner, session)}`),
      own: false,
      context: { 'iot:ConnectAttributes': ['LastWill'] },
    },
    ...[
      events,
      state,
      overview,
      replies,
      `${own}/#`,
      `${own}/uploads/+/events`,
      `${own}/uploads/#`,
      `${own}/+/+/state`,
    ].map((filter) => ({
      action: 'iot:Subscribe',
      resource: iot(`topicfilter/${filter}`),
      own: true,
    })),
    ...[`$share/g/${own}/#`, `$share/g/${events}`].map((filter) => ({
      action: 'iot:Subscribe',
      resource: iot(`topicfilter/${filter}`),
      own: false,
    })),
    ...[events, state, overview, replies].map((topic) => ({
      action: 'iot:Receive',
      resource: iot(`topic/${topic}`),
      own: true,
    })),
    { action: 'iot:Publish', resource: iot(`topic/${requests}`), own: true },
    ...[events, state, overview, replies].map((topic) => ({
      action: 'iot:Publish',
      resource: iot(`topic/${topic}`),
      own: false,
    })),
    { action: 'iot:RetainPublish', resource: iot(`topic/${requests}`), own: false },
    { action: 'iot:AttachPolicy', resource: owner, own: false },
  ];
  return rows;
}

describe('isolation of identities', () => {
  const people = Array.from({ length: 8 }, (_, n) => identity(n));
  const guests = Array.from({ length: 4 }, (_, n) => identity(100 + n, false));
  const everybody = [...people, ...guests];

  it('holds for every identity, every owner and every access: no foreign allow, no false refusal', () => {
    const decider = model();
    let asked = 0;
    const foreign: string[] = [];
    const refused: string[] = [];
    for (const principal of everybody)
      for (const owner of everybody)
        for (const { action, resource, own, context = {} } of accesses(IdentityId.parse(owner.identityId))) {
          asked += 1;
          const allowed = decider.decide({
            principal,
            action,
            resource,
            context: { 'iot:ClientId': 'x', ...context },
          }).allowed;
          const mine = principal.identityId === owner.identityId;
          if (allowed && !(mine && own)) foreign.push(`${principal.identityId} ${action} ${resource}`);
          if (!allowed && mine && own) refused.push(`${principal.identityId} ${action} ${resource}`);
        }
    expect(foreign).toEqual([]);
    expect(refused).toEqual([]);
    expect(asked).toBe(everybody.length ** 2 * accesses(IdentityId.parse(people[0]?.identityId)).length);
    expect(asked).toBeGreaterThan(5000);
  });

  it('holds against filters, prefixes and client ids that span owners', () => {
    const decider = model();
    const [me] = people;
    if (me === undefined) throw new Error('nobody');
    const iot = (rest: string) => `arn:aws:iot:${region}:${accountId}:${rest}`;
    const filters = [
      '#',
      '+',
      '*',
      'stepcast/#',
      'stepcast/v1/#',
      'stepcast/v1/*',
      'stepcast/v1/+/overview',
      '+/+/+/overview',
      `stepcast/v1/${me.identityId.slice(0, 20)}*/x`,
      '$share/g/stepcast/v1/#',
      '$aws/events/#',
      'stepcast/v1/${cognito-identity.amazonaws.com:sub}/x',
    ];
    for (const filter of filters)
      expect(
        decider.decide({
          principal: me,
          action: 'iot:Subscribe',
          resource: iot(`topicfilter/${filter}`),
          context: {},
        }).allowed,
      ).toBe(false);
    for (const id of ['*', '+', '', 'us-east-1:*', 'stepcast-publisher-1'])
      expect(
        decider.decide({
          principal: me,
          action: 'iot:Connect',
          resource: iot(`client/${id}`),
          context: { 'iot:ClientId': id },
        }).allowed,
      ).toBe(false);
    for (const prefix of [
      '',
      '*',
      'users/',
      'users/*',
      'users/us-east-1:',
      `users/${me.identityId}`,
      `users/${me.identityId.slice(0, -1)}?/`,
    ])
      expect(
        decider.decide({
          principal: me,
          action: 's3:ListBucket',
          resource: `arn:aws:s3:::${bucket}`,
          context: { 's3:prefix': prefix },
        }).allowed,
      ).toBe(false);
    expect(
      decider.decide({
        principal: me,
        action: 's3:ListBucket',
        resource: `arn:aws:s3:::${bucket}`,
        context: {},
      }).allowed,
    ).toBe(false);
    for (const key of [
      '*',
      'users/*',
      `users/${me.identityId}`,
      `users/${me.identityId}x/a`,
      `other/${me.identityId}/a`,
      'users/../a',
    ])
      expect(
        decider.decide({
          principal: me,
          action: 's3:PutObject',
          resource: `arn:aws:s3:::${bucket}/${key}`,
          context: {},
        }).allowed,
      ).toBe(false);
  });

  it('holds by the bucket policy alone, should the role open every prefix', () => {
    const everything = compilePolicy({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    });
    const decider = model({ rolePolicies: () => [everything] });
    const [me, other] = people;
    if (me === undefined || other === undefined) throw new Error('nobody');
    for (const { action, resource, context = {} } of accesses(IdentityId.parse(other.identityId))) {
      if (!action.startsWith('s3:') || action === 's3:BypassGovernanceRetention') continue;
      expect([action, decider.decide({ principal: me, action, resource, context }).reason]).toEqual([
        action,
        'with an explicit deny in a resource-based policy',
      ]);
    }
    expect(
      decider.decide({
        principal: me,
        action: 's3:PutObject',
        resource: `arn:aws:s3:::${bucket}/users/${me.identityId}/a`,
        context: {},
      }).allowed,
    ).toBe(true);
  });
});
