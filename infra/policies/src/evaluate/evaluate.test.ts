import { describe, expect, it } from 'vitest';
import { type PolicyStatement } from '../document.ts';
import { compilePolicy, type CompiledPolicy, type PolicyKind } from './compile.ts';
import { evaluate, type PolicySet } from './evaluate.ts';

const account = '111122223333';
const roleArn = `arn:aws:iam::${account}:role/app`;
const sessionArn = `arn:aws:sts::${account}:assumed-role/app/CognitoIdentityCredentials`;
const caller = { accountId: account, roleArn, sessionArn };
const object = 'arn:aws:s3:::uploads/a';

function policy(kind: PolicyKind, ...statements: readonly PolicyStatement[]): CompiledPolicy {
  return compilePolicy(
    { Version: '2012-10-17', Statement: statements },
    { name: `the ${kind} policy`, kind },
  );
}
const allow = (change: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action: 's3:*',
  Resource: '*',
  ...change,
});
const deny = (change: Partial<PolicyStatement> = {}): PolicyStatement => ({
  ...allow(change),
  Effect: 'Deny',
});

function outcome(set: PolicySet, change: { action?: string; resource?: string } = {}) {
  return evaluate(set, {
    action: 's3:GetObject',
    resource: object,
    context: {},
    principal: caller,
    ...change,
  });
}

describe('one statement', () => {
  it.each<[string, Partial<PolicyStatement>, boolean]>([
    ['the very action', { Action: 's3:GetObject' }, true],
    ['the action in another case', { Action: 'S3:getobject' }, true],
    ['a pattern of actions', { Action: ['s3:Put*', 's3:Get?bject'] }, true],
    ['another action', { Action: 's3:PutObject' }, false],
    ['every action but another', { Action: undefined, NotAction: 's3:Put*' }, true],
    ['every action but this', { Action: undefined, NotAction: ['iot:*', 's3:Get*'] }, false],
    ['the very resource', { Resource: object }, true],
    ['the resource in another case', { Resource: 'arn:aws:s3:::uploads/A' }, false],
    ['every resource but this', { Resource: undefined, NotResource: 'arn:aws:s3:::uploads/*' }, false],
    ['every resource but another', { Resource: undefined, NotResource: 'arn:aws:s3:::other/*' }, true],
    ['a condition on an absent key', { Condition: { StringEquals: { 's3:prefix': 'a' } } }, false],
    [
      'two conditions of which one fails',
      { Condition: { Null: { 's3:prefix': 'true' }, Bool: { 'aws:SecureTransport': 'true' } } },
      false,
    ],
    [
      'a resource with a variable that has no value',
      { Resource: 'arn:aws:s3:::uploads/${aws:userid}' },
      false,
    ],
    [
      'every resource but one with a variable that has no value',
      { Resource: undefined, NotResource: 'arn:aws:s3:::${aws:userid}/*' },
      true,
    ],
  ])('that names %s', (_what, change, allowed) => {
    expect(outcome({ identity: [policy('identity', allow(change))] }).allowed).toBe(allowed);
  });
});

describe('layers of policies', () => {
  const none = policy('identity', allow({ Action: 'iot:*' }));
  const everything = policy('identity', allow());
  const bucketAllow = (AWS: string) => policy('resource', allow({ Principal: { AWS } }));

  it('allows when the role or the bucket policy allows, in one account', () => {
    expect(outcome({ identity: [everything], resource: [] }).allowed).toBe(true);
    expect(outcome({ identity: [none], resource: [bucketAllow(roleArn)] }).allowed).toBe(true);
    expect(outcome({ identity: [none], resource: [bucketAllow(sessionArn)] }).allowed).toBe(true);
    expect(
      outcome({ identity: [none], resource: [policy('resource', allow({ Principal: '*' }))] }).allowed,
    ).toBe(true);
    expect(
      outcome({ identity: [none], resource: [bucketAllow(`arn:aws:iam::${account}:role/other`)] }).allowed,
    ).toBe(false);
  });

  it('takes an allow for the whole account as a hand-over to its identity policies, but a deny as a deny', () => {
    const root = `arn:aws:iam::${account}:root`;
    expect(outcome({ identity: [none], resource: [bucketAllow(root)] }).allowed).toBe(false);
    expect(outcome({ identity: [everything], resource: [bucketAllow(root)] }).allowed).toBe(true);
    expect(
      outcome({
        identity: [everything],
        resource: [policy('resource', deny({ Principal: { AWS: account } }))],
      }).allowed,
    ).toBe(false);
  });

  it('lets a deny win wherever it stands', () => {
    for (const layer of ['identity', 'session', 'resource'] as const) {
      const set = {
        identity: [everything],
        session: [policy('session', allow())],
        resource: [policy('resource', allow({ Principal: '*' }))],
      };
      const denying = policy(layer, deny(layer === 'resource' ? { Principal: '*' } : {}));
      const result = outcome({ ...set, [layer]: [...set[layer], denying] });
      expect(result).toMatchObject({
        allowed: false,
        outcome: 'explicitDeny',
        decisive: [{ layer, effect: 'Deny' }],
      });
    }
  });

  it('cuts the role with its session policies, of which one has to allow', () => {
    expect(outcome({ identity: [everything], session: [] })).toMatchObject({
      allowed: false,
      missing: 'session',
    });
    expect(
      outcome({ identity: [everything], session: [policy('session', allow({ Action: 'iot:*' }))] }).allowed,
    ).toBe(false);
    expect(
      outcome({
        identity: [everything],
        session: [policy('session', allow({ Action: 'iot:*' })), policy('session', allow())],
      }).allowed,
    ).toBe(true);
  });

  it('limits a grant to the role by session policies, but not a grant to the session', () => {
    expect(outcome({ identity: [none], session: [], resource: [bucketAllow(roleArn)] }).allowed).toBe(false);
    expect(outcome({ identity: [none], session: [], resource: [bucketAllow(sessionArn)] }).allowed).toBe(
      true,
    );
  });

  it('cuts the role with the IoT policies for the seven data actions only', () => {
    const role = policy('identity', allow({ Action: 'iot:*' }));
    const topic = { resource: `arn:aws:iot:us-east-1:${account}:topic/a` };
    for (const action of [
      'iot:Connect',
      'iot:Publish',
      'iot:Subscribe',
      'iot:Receive',
      'iot:GetThingShadow',
      'iot:UpdateThingShadow',
      'iot:DeleteThingShadow',
    ])
      expect(outcome({ identity: [role], iot: [] }, { action, ...topic })).toMatchObject({
        allowed: false,
        missing: 'iot',
      });
    for (const action of [
      'iot:AttachPolicy',
      'iot:RetainPublish',
      'iot:GetRetainedMessage',
      'iot:CreatePolicy',
    ])
      expect(outcome({ identity: [role], iot: [] }, { action, ...topic }).allowed).toBe(true);
    const denyAll = policy('iot', deny({ Action: '*' }));
    expect(
      outcome({ identity: [role], iot: [denyAll] }, { action: 'iot:AttachPolicy', ...topic }).allowed,
    ).toBe(true);
    expect(outcome({ identity: [role], iot: [denyAll] }, { action: 'iot:Publish', ...topic }).outcome).toBe(
      'explicitDeny',
    );
  });

  it('asks the bucket policy alone about somebody without credentials', () => {
    const request = { action: 's3:GetObject', resource: object, context: {} };
    expect(
      evaluate({ identity: [], resource: [policy('resource', allow({ Principal: '*' }))] }, request).allowed,
    ).toBe(true);
    expect(evaluate({ identity: [], resource: [bucketAllow(roleArn)] }, request)).toMatchObject({
      allowed: false,
      missing: 'resource',
    });
  });

  it('does not show withheld keys to resource policies', () => {
    const sub = 'cognito-identity.amazonaws.com:sub';
    const onlyOwn = policy(
      'resource',
      deny({ Principal: '*', Resource: undefined, NotResource: `arn:aws:s3:::uploads/\${${sub}}` }),
    );
    const request = { action: 's3:GetObject', resource: object, context: { [sub]: 'a' } };
    expect(evaluate({ identity: [everything], resource: [onlyOwn] }, request).allowed).toBe(true);
    expect(
      evaluate(
        { identity: [everything], resource: [onlyOwn] },
        { ...request, withheldFromResourcePolicies: [sub] },
      ).allowed,
    ).toBe(false);
  });
});
