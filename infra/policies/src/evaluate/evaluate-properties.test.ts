import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { type PolicyStatement } from '../document.ts';
import { compilePolicy, type CompiledPolicy, type PolicyKind } from './compile.ts';
import { evaluate } from './evaluate.ts';

function policy(kind: PolicyKind, ...statements: readonly PolicyStatement[]): CompiledPolicy {
  return compilePolicy(
    { Version: '2012-10-17', Statement: statements },
    { name: `the ${kind} policy`, kind },
  );
}
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
