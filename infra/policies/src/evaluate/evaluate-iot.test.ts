import { describe, expect, it } from 'vitest';
import { type PolicyStatement } from '../document.ts';
import { compilePolicy, type CompiledPolicy, type PolicyKind } from './compile.ts';
import { evaluate } from './evaluate.ts';

const account = '111122223333';

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
