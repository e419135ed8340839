import { IdentityId, SessionId, clientIdOf, keyTemplate, topicSpace, uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from '@jest/globals';
import { buildPolicies } from '../documents/build.ts';
import { GUEST_SCOPE_DOWN } from '../documents/guest-scope-down.ts';
import { PolicyRequestError } from '../errors.ts';
import { compilePolicy, type CompiledPolicy } from '../evaluate/compile.ts';
import { createAuthorizationModel, type PolicySources } from './authorization-model.ts';
import { type IdentityPrincipal } from './principal.ts';

const accountId = '111122223333';
const region = 'us-east-1';
const bucket = 'progress-uploads-111122223333';
const built = buildPolicies({
  region,
  accountId,
  bucket,
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  guestUploads: true,
  kvs: { channelPattern: 'session-*' },
  services: { stateMachineNames: ['PhotoPipeline'] },
});
const compiled = new Map<string, CompiledPolicy>(
  [built.authenticated, built.guest, ...Object.values(built.services)].map(({ roleName, document }) => [
    roleName,
    compilePolicy(document, { name: roleName }),
  ]),
);
const iotPolicy = compilePolicy(built.iotPolicy.document, { name: built.iotPolicy.name, kind: 'iot' });
const bucketPolicy = compilePolicy(built.bucketPolicy, { name: 'bucket policy', kind: 'resource' });
const scopeDown = compilePolicy(GUEST_SCOPE_DOWN, { name: 'guest scope-down', kind: 'session' });

function model(change: Partial<PolicySources> = {}) {
  return createAuthorizationModel(
    {
      rolePolicies: (name) => {
        const policy = compiled.get(name);
        return policy === undefined ? [] : [policy];
      },
      iotPolicies: () => [iotPolicy],
      bucketPolicy: (name) => (name === bucket ? bucketPolicy : undefined),
      sessionPolicies: (principal) =>
        principal.kind === 'identity' && !principal.authenticated ? [scopeDown] : undefined,
      ...change,
    },
    { region },
  );
}

function identity(n: number, authenticated = true): IdentityPrincipal {
  return {
    kind: 'identity',
    accountId,
    roleName: authenticated ? built.authenticated.roleName : built.guest.roleName,
    identityId: `us-east-1:${String(n).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`,
    identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
    authenticated,
    amr: authenticated
      ? ['authenticated', 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh']
      : ['unauthenticated'],
  };
}

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
      'PutObjectTagging',
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
