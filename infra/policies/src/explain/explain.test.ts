import { describe, expect, it } from 'vitest';
import { type PolicyStatement } from '../document.ts';
import { compilePolicy, type PolicyKind } from '../evaluate/compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { hintsOf } from './hints.ts';
import { accessDeniedMessage, describeEvaluation, reasonOf } from './text.ts';

const account = '111122223333';
const role = `arn:aws:iam::${account}:role/app-authenticated`;
const session = `arn:aws:sts::${account}:assumed-role/app-authenticated/CognitoIdentityCredentials`;
const me = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const sub = 'cognito-identity.amazonaws.com:sub';
const variable = '${cognito-identity.amazonaws.com:sub}';
const bucket = 'arn:aws:s3:::app-filebucket';

const compile = (kind: PolicyKind, Version: string, ...Statement: readonly PolicyStatement[]) =>
  compilePolicy({ Version, Statement }, { name: `${kind} policy`, kind });

/** The role policy that a team wrote, which was right, and the bucket policy by which they "repaired" it. */
const rolePolicy = compile(
  'identity',
  '2012-10-17',
  {
    Sid: 'OwnFiles',
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: [`${bucket}/users/${variable}`, `${bucket}/users/${variable}/*`],
  },
  {
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: bucket,
    Condition: { StringLike: { 's3:prefix': `users/${variable}/*` } },
  },
);
const openBucket = compile(
  'resource',
  '2012-10-17',
  {
    Sid: 'CognitoIdentityPoolAccess',
    Effect: 'Allow',
    Principal: { AWS: role },
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: `${bucket}/users/*`,
  },
  {
    Sid: 'CognitoIdentityPoolListBucket',
    Effect: 'Allow',
    Principal: { AWS: role },
    Action: 's3:ListBucket',
    Resource: bucket,
    Condition: { StringLike: { 's3:prefix': 'users/*' } },
  },
);
const caller = { accountId: account, roleArn: role, sessionArn: session };
const put = (key: string) => ({
  action: 's3:PutObject',
  resource: `${bucket}/${key}`,
  context: { [sub]: me },
  principal: caller,
});

describe('an upload below the user-pool sub', () => {
  const key = 'users/1448a458-6061-70ce-fb89-543829daaa9d/test.txt';
  const evaluation = evaluate({ identity: [rolePolicy] }, put(key));

  it('is refused in the words of AWS', () => {
    expect(accessDeniedMessage(session, evaluation)).toBe(
      `User: ${session} is not authorized to perform: s3:PutObject on resource: "${bucket}/${key}" ` +
        'because no identity-based policy allows the s3:PutObject action',
    );
  });

  it('is explained by the statement that nearly allowed it, and by the id that was taken for another', () => {
    expect(evaluation.nearMisses).toEqual([
      {
        statement: {
          layer: 'identity',
          policy: 'identity policy',
          statement: 'OwnFiles',
          index: 0,
          effect: 'Allow',
        },
        variablesArePlainText: false,
        failed: [
          {
            element: 'resource',
            negated: false,
            wanted: [`${bucket}/users/${me}`, `${bucket}/users/${me}/*`],
            asked: `${bucket}/${key}`,
            missingVariables: [],
          },
        ],
      },
    ]);
    expect(hintsOf(evaluation).map(({ code }) => code)).toEqual(['userPoolSubInsteadOfIdentityId']);
    expect(describeEvaluation(evaluation)).toEqual([
      'no identity-based policy allows the s3:PutObject action',
      'nearly: Allow "OwnFiles" of policy identity policy',
      `  the resource ${bucket}/${key} does not match ${bucket}/users/${me} or ${bucket}/users/${me}/*`,
    ]);
  });

  it('never needed a second layer: with the identity ID the role policy alone is enough', () => {
    expect(evaluate({ identity: [rolePolicy] }, put(`users/${me}/test.txt`)).allowed).toBe(true);
  });

  it('is let through by the bucket policy that opens everybody to everybody', () => {
    for (const who of [
      '1448a458-6061-70ce-fb89-543829daaa9d',
      'us-east-1:00000000-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
    ])
      expect(
        evaluate({ identity: [rolePolicy], resource: [openBucket] }, put(`users/${who}/x`)),
      ).toMatchObject({
        allowed: true,
        decisive: [{ layer: 'resource', statement: 'CognitoIdentityPoolAccess' }],
      });
    expect(
      evaluate(
        { identity: [rolePolicy], resource: [openBucket] },
        {
          ...put(''),
          action: 's3:ListBucket',
          resource: bucket,
          context: { [sub]: me, 's3:prefix': 'users/' },
        },
      ).allowed,
    ).toBe(true);
  });

  it('would not have been stored with the name of the bucket in place of its ARN', () => {
    expect(() =>
      compile('resource', '2012-10-17', {
        Effect: 'Allow',
        Principal: { AWS: role },
        Action: 's3:GetObject',
        Resource: 'app-filebucket/users/*',
      }),
    ).toThrow(/at \$\.Statement\.0\.Resource: "app-filebucket\/users\/\*" is not an ARN/);
  });
});

describe('hints', () => {
  const iot = (rest: string) => `arn:aws:iot:us-east-1:${account}:${rest}`;
  const hinted = (
    statement: Partial<PolicyStatement>,
    request: { action: string; resource: string; context?: Record<string, string | readonly string[]> },
    version = '2012-10-17',
  ) => {
    const policy = compile('identity', version, {
      Effect: 'Allow',
      Action: request.action,
      Resource: '*',
      ...statement,
    });
    const evaluation = evaluate({ identity: [policy] }, { context: {}, ...request });
    expect(evaluation.allowed).toBe(false);
    return hintsOf(evaluation).map(({ code }) => code);
  };
  const subscribe = (filter: string) => ({ action: 'iot:Subscribe', resource: iot(`topicfilter/${filter}`) });

  it('name topic in place of topicfilter, and the other way round', () => {
    expect(hinted({ Resource: iot('topic/a/*') }, subscribe('a/b'))).toEqual(['topicInsteadOfTopicfilter']);
    expect(
      hinted({ Resource: iot('topicfilter/a/*') }, { action: 'iot:Receive', resource: iot('topic/a/b') }),
    ).toEqual(['topicfilterInsteadOfTopic']);
  });

  it('name MQTT wildcards that a policy takes for characters', () => {
    expect(hinted({ Resource: iot('topicfilter/a/#') }, subscribe('a/b'))).toEqual(['mqttWildcardIsLiteral']);
    expect(hinted({ Resource: iot('topicfilter/a/+/c') }, subscribe('a/b/c'))).toEqual([
      'mqttWildcardIsLiteral',
    ]);
  });

  it('name a variable without a value, and one that is plain text by the version', () => {
    expect(hinted({ Resource: iot(`topicfilter/${variable}/*`) }, subscribe('a/b'))).toEqual([
      'variableWithoutValue',
    ]);
    expect(
      hinted(
        { Resource: iot(`topicfilter/${variable}/*`) },
        { ...subscribe(`${me}/b`), context: { [sub]: me } },
        '2008-10-17',
      ),
    ).toEqual(['variableInOldVersion']);
  });

  it('name a persistent session that no statement speaks of', () => {
    expect(
      hinted(
        {},
        {
          action: 'iot:Connect',
          resource: iot('client/x'),
          context: { 'iot:ConnectAttributes': ['PersistentConnect'] },
        },
      ),
    ).toEqual(['connectAttributesNotAllowed']);
  });

  it('name a signaling channel without its creation time', () => {
    const channel = (rest: string) => `arn:aws:kinesisvideo:us-east-1:${account}:channel/${rest}`;
    expect(
      hinted(
        { Resource: channel('session-x') },
        { action: 'kinesisvideo:ConnectAsViewer', resource: channel('session-x/1764058120804') },
      ),
    ).toEqual(['channelWithoutCreationTime']);
  });

  it('name a role without any policy', () => {
    const evaluation = evaluate({ identity: [] }, { action: 's3:GetObject', resource: bucket, context: {} });
    expect(hintsOf(evaluation, 0).map(({ code }) => code)).toEqual(['nothingAttached']);
  });
});

describe('the words of a decision', () => {
  const any = compile('identity', '2012-10-17', { Sid: 'Any', Effect: 'Allow', Action: '*', Resource: '*' });
  const request = { action: 's3:GetObject', resource: `${bucket}/a`, context: {}, principal: caller };

  it('follow AWS for each layer', () => {
    const denying = (kind: PolicyKind) =>
      compile(kind, '2012-10-17', {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        ...(kind === 'resource' ? { Principal: '*' as const } : {}),
      });
    expect(reasonOf(evaluate({ identity: [any], resource: [denying('resource')] }, request))).toBe(
      'with an explicit deny in a resource-based policy',
    );
    expect(reasonOf(evaluate({ identity: [any, denying('identity')] }, request))).toBe(
      'with an explicit deny in an identity-based policy',
    );
    expect(reasonOf(evaluate({ identity: [any], session: [] }, request))).toBe(
      'no session policy allows the s3:GetObject action',
    );
    expect(reasonOf(evaluate({ identity: [any] }, request))).toBe(
      'allowed by Allow "Any" of policy identity policy',
    );
  });

  it('give the whole message of a denial without "because" before "with an explicit deny"', () => {
    const deny = compile('resource', '2012-10-17', {
      Sid: 'No',
      Effect: 'Deny',
      Principal: '*',
      Action: '*',
      Resource: '*',
    });
    const evaluation = evaluate({ identity: [any], resource: [deny] }, request);
    expect(accessDeniedMessage(session, evaluation)).toBe(
      `User: ${session} is not authorized to perform: s3:GetObject on resource: "${bucket}/a" with an explicit deny in a resource-based policy`,
    );
    expect(describeEvaluation(evaluation)).toEqual([
      'with an explicit deny in a resource-based policy',
      'decided by Deny "No" of policy resource policy',
    ]);
  });

  it('say of a condition which key had which value', () => {
    const evaluation = evaluate(
      { identity: [rolePolicy] },
      { action: 's3:ListBucket', resource: bucket, context: { [sub]: me, 's3:prefix': 'users/' } },
    );
    expect(describeEvaluation(evaluation)[2]).toBe(
      `  s3:prefix is "users/", but StringLike wants "users/${me}/*"`,
    );
    const without = evaluate(
      { identity: [rolePolicy] },
      { action: 's3:ListBucket', resource: bucket, context: { [sub]: me } },
    );
    expect(describeEvaluation(without)[2]).toBe(
      `  s3:prefix is absent, but StringLike wants "users/${me}/*"`,
    );
  });
});
