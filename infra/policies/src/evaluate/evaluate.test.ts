import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
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

describe('IoT policies', () => {
  const iot = (rest: string) => `arn:aws:iot:us-east-1:${account}:${rest}`;
  const decide = (statement: Partial<PolicyStatement>, action: string, resource: string, context = {}) =>
    evaluate(
      { identity: [policy('identity', allow({ Action: 'iot:*', ...statement }))] },
      { action, resource: iot(resource), context },
    ).allowed;

  it('take "#" and "+" for plain characters, so that a/# allows exactly the filter a/#', () => {
    const hash = { Resource: iot('topicfilter/a/#') };
    expect(decide(hash, 'iot:Subscribe', 'topicfilter/a/#')).toBe(true);
    expect(decide(hash, 'iot:Subscribe', 'topicfilter/a/b')).toBe(false);
    expect(decide({ Resource: iot('topicfilter/a/+') }, 'iot:Subscribe', 'topicfilter/a/b')).toBe(false);
    const star = { Resource: iot('topicfilter/a/*') };
    for (const filter of ['a/b', 'a/#', 'a/+/b', 'a/b/c'])
      expect(decide(star, 'iot:Subscribe', `topicfilter/${filter}`)).toBe(true);
    expect(decide(star, 'iot:Subscribe', 'topicfilter/#')).toBe(false);
    expect(decide(star, 'iot:Subscribe', 'topicfilter/+/b')).toBe(false);
  });

  it('never match a topic where a topicfilter is asked, nor the other way round', () => {
    expect(decide({ Resource: iot('topic/a/*') }, 'iot:Subscribe', 'topicfilter/a/b')).toBe(false);
    expect(decide({ Resource: iot('topicfilter/a/*') }, 'iot:Receive', 'topic/a/b')).toBe(false);
  });

  it('allow every client id by client/${iot:ClientId}, because it says nothing', () => {
    const tautology = { Resource: iot('client/${iot:ClientId}') };
    for (const id of ['me', 'somebody-else', '+', '*'])
      expect(decide(tautology, 'iot:Connect', `client/${id}`, { 'iot:ClientId': id })).toBe(true);
  });

  it('let a client that calls itself "+" read everybody, where topics hang on ${iot:ClientId}', () => {
    const exploitable = { Resource: iot('topicfilter/x/${iot:ClientId}') };
    expect(decide(exploitable, 'iot:Subscribe', 'topicfilter/x/+', { 'iot:ClientId': '+' })).toBe(true);
    expect(decide(exploitable, 'iot:Subscribe', 'topicfilter/x/+', { 'iot:ClientId': 'me' })).toBe(false);
  });

  const attributes = (operator: string, ...wanted: readonly string[]) => ({
    Condition: { [operator]: { 'iot:ConnectAttributes': wanted } },
  });
  it.each<[string, Partial<PolicyStatement>, readonly string[], boolean]>([
    ['nothing said, clean session', {}, [], true],
    ['nothing said, persistent session', {}, ['PersistentConnect'], false],
    ['nothing said, last will', {}, ['LastWill'], false],
    [
      'persistent allowed, clean session',
      attributes('ForAllValues:StringEquals', 'PersistentConnect'),
      [],
      true,
    ],
    [
      'persistent allowed, persistent session',
      attributes('ForAllValues:StringEquals', 'PersistentConnect'),
      ['PersistentConnect'],
      true,
    ],
    [
      'persistent allowed, both',
      attributes('ForAllValues:StringEquals', 'PersistentConnect'),
      ['PersistentConnect', 'LastWill'],
      false,
    ],
    [
      'both allowed, both',
      attributes('ForAllValues:StringEquals', 'PersistentConnect', 'LastWill'),
      ['PersistentConnect', 'LastWill'],
      true,
    ],
    [
      'all but persistent, persistent',
      attributes('ForAllValues:StringNotEquals', 'PersistentConnect'),
      ['PersistentConnect'],
      false,
    ],
    [
      'all but persistent, last will',
      attributes('ForAllValues:StringNotEquals', 'PersistentConnect'),
      ['LastWill'],
      true,
    ],
    ['only defaults, clean session', attributes('ForAllValues:StringEquals'), [], true],
    [
      'only defaults, persistent session',
      attributes('ForAllValues:StringEquals'),
      ['PersistentConnect'],
      false,
    ],
    [
      'must be persistent, clean session',
      attributes('ForAnyValue:StringEquals', 'PersistentConnect'),
      [],
      false,
    ],
  ])('of connections: %s', (_what, statement, asked, allowed) => {
    expect(decide(statement, 'iot:Connect', 'client/me', { 'iot:ConnectAttributes': asked })).toBe(allowed);
  });

  it('may deny persistent sessions to everybody', () => {
    const set = [
      policy(
        'identity',
        allow({
          Action: 'iot:Connect',
          ...attributes('ForAllValues:StringEquals', 'PersistentConnect', 'LastWill'),
        }),
        deny({ Action: 'iot:Connect', ...attributes('ForAnyValue:StringEquals', 'PersistentConnect') }),
      ),
    ];
    const ask = (given: readonly string[]) =>
      evaluate(
        { identity: set },
        { action: 'iot:Connect', resource: iot('client/me'), context: { 'iot:ConnectAttributes': given } },
      ).outcome;
    expect(ask(['LastWill'])).toBe('allow');
    expect(ask(['LastWill', 'PersistentConnect'])).toBe('explicitDeny');
  });
});

describe('any policies', () => {
  const action = fc.constantFrom('s3:*', 's3:Get*', 's3:GetObject', 's3:PutObject', '*', 's3:?etObject');
  const resource = fc.constantFrom(
    '*',
    'arn:aws:s3:::b/*',
    'arn:aws:s3:::b/a',
    'arn:aws:s3:::b/${aws:userid}/*',
    'arn:aws:s3:::*/x',
  );
  const selector = <T>(positive: string, negative: string, one: fc.Arbitrary<T>) =>
    fc
      .tuple(fc.boolean(), fc.array(one, { minLength: 1, maxLength: 2 }))
      .map(([not, values]) => (not ? { [negative]: values } : { [positive]: values }));
  const condition = fc.option(
    fc
      .tuple(
        fc.constantFrom(
          'StringEquals',
          'StringNotLike',
          'ForAnyValue:StringLike',
          'StringLikeIfExists',
          'ForAllValues:StringEquals',
        ),
        fc.array(fc.constantFrom('a', 'a*', '${aws:userid}', '?'), { minLength: 1, maxLength: 2 }),
      )
      .map(([operator, values]) => ({ Condition: { [operator]: { 's3:prefix': values } } })),
    { nil: {} },
  );
  const statement = (effect: 'Allow' | 'Deny') =>
    fc
      .tuple(
        selector('Action', 'NotAction', action),
        selector('Resource', 'NotResource', resource),
        condition,
      )
      .map((parts): PolicyStatement => Object.assign({ Effect: effect }, ...parts));
  const any = fc.oneof(
    { weight: 3, arbitrary: statement('Allow') },
    { weight: 1, arbitrary: statement('Deny') },
  );
  const statements = fc.array(any, { minLength: 1, maxLength: 4 });
  const request = fc.record({
    action: fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:ListBucket', 'iot:Publish'),
    resource: fc.constantFrom(
      'arn:aws:s3:::b/a',
      'arn:aws:s3:::b/me/x',
      'arn:aws:s3:::c/x',
      'arn:aws:s3:::b/*',
      'arn:aws:s3:::b',
    ),
    context: fc.constantFrom<Record<string, string>>(
      {},
      { 'aws:userid': 'me' },
      { 's3:prefix': 'a' },
      { 's3:prefix': 'ab', 'aws:userid': 'ab' },
    ),
  });
  const decided = (
    all: readonly PolicyStatement[],
    asked: { action: string; resource: string; context: Record<string, string> },
  ) => evaluate({ identity: [policy('identity', ...all)] }, asked);

  it('refuse what a deny that applies names, whatever else they say', () => {
    fc.assert(
      fc.property(statements, statement('Deny'), request, (all, denying, asked) => {
        const applies = decided([{ ...denying, Effect: 'Allow' }], asked).allowed;
        if (applies) expect(decided([...all, denying], asked).outcome).toBe('explicitDeny');
        else expect(decided([...all, denying], asked).outcome).toBe(decided(all, asked).outcome);
      }),
      { numRuns: 3000 },
    );
  });

  it('lose no allow when an allow is added, and win none when a deny is added', () => {
    fc.assert(
      fc.property(
        statements,
        statement('Allow'),
        statement('Deny'),
        request,
        (all, allowing, denying, asked) => {
          const before = decided(all, asked).allowed;
          if (before) expect(decided([allowing, ...all], asked).allowed).toBe(true);
          else expect(decided([denying, ...all], asked).allowed).toBe(false);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('decide the same in whatever order their statements and documents stand', () => {
    fc.assert(
      fc.property(statements, request, (all, asked) => {
        const split = all.map((one) => policy('identity', one)).reverse();
        expect(evaluate({ identity: split }, asked).outcome).toBe(decided(all, asked).outcome);
      }),
    );
  });

  it('allow less, never more, when session or IoT policies are added', () => {
    fc.assert(
      fc.property(statements, statements, request, (all, limiting, asked) => {
        const limited = evaluate(
          { identity: [policy('identity', ...all)], session: [policy('session', ...limiting)] },
          asked,
        );
        const alone = decided(all, asked);
        const limit = decided(limiting, asked);
        expect(limited.allowed).toBe(alone.allowed && limit.allowed);
      }),
      { numRuns: 2000 },
    );
  });

  it('explain every implicit deny without a near miss that has nothing wrong', () => {
    fc.assert(
      fc.property(statements, request, (all, asked) => {
        const result = decided(all, asked);
        expect(result.decisive.length > 0).toBe(result.outcome !== 'implicitDeny');
        for (const near of result.nearMisses) expect(near.failed.length).toBeGreaterThan(0);
      }),
    );
  });
});
