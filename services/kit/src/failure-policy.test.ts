import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { AwsCallError, DynamoDbError } from './aws/aws-call-error.ts';
import { StepcastError, type FailureKind } from './errors.ts';
import { createFailureBudget, FAILURE_POLICIES, failureKindOf, retryDelayMs } from './failure-policy.ts';
import { QueueSendError } from './sqs/sqs-sender.adapter.ts';

class SaysNothing extends StepcastError {
  readonly code = 'TEST_SAYS_NOTHING';
  readonly retryable = false;
}
class Unreadable extends StepcastError {
  readonly code = 'TEST_UNREADABLE';
  readonly retryable = false;
  override readonly failure = 'poison';
}

/** An error as the SDK throws it. */
const sdkError = (name: string, more: object = {}) =>
  Object.assign(new Error('for a test'), { name, ...more });
const withCode = (code: string) => Object.assign(new Error('for a test'), { code });
const caused = (cause: unknown) => new Error('outer', { cause });

describe('the kind of a failure', () => {
  it.each<[string, unknown, FailureKind]>([
    ['an error that says so', new Unreadable('x'), 'poison'],
    ['an error that says nothing', new SaysNothing('x'), 'unexpected'],
    ['a bug', new TypeError('x is not a function'), 'unexpected'],
    ['something that is no error', 'x', 'unexpected'],
    ['throttling', sdkError('ThrottlingException'), 'infrastructure'],
    ['a table that is throttled', sdkError('ProvisionedThroughputExceededException'), 'infrastructure'],
    [
      'an answer of status 503',
      sdkError('Unknown', { $metadata: { httpStatusCode: 503 } }),
      'infrastructure',
    ],
    [
      'an answer of status 429',
      sdkError('Unknown', { $metadata: { httpStatusCode: 429 } }),
      'infrastructure',
    ],
    [
      'an answer of status 400',
      sdkError('ValidationException', { $metadata: { httpStatusCode: 400 } }),
      'unexpected',
    ],
    ['an error that the SDK would retry', sdkError('Unknown', { $retryable: {} }), 'infrastructure'],
    ['missing credentials', sdkError('CredentialsProviderError'), 'infrastructure'],
    ['expired credentials', sdkError('ExpiredTokenException'), 'infrastructure'],
    ['missing rights', sdkError('AccessDeniedException'), 'infrastructure'],
    ['a key that is disabled', sdkError('KmsInvalidStateException'), 'infrastructure'],
    ['a timeout', sdkError('TimeoutError'), 'infrastructure'],
    ['a conditional write that lost', sdkError('ConditionalCheckFailedException'), 'contention'],
    ['a statement whose item exists', sdkError('DuplicateItemException'), 'contention'],
    ['a transaction in conflict', sdkError('TransactionConflictException'), 'contention'],
    ['a refused connection', withCode('ECONNREFUSED'), 'infrastructure'],
    ['a name that does not resolve', withCode('ENOTFOUND'), 'infrastructure'],
    ['a timeout of undici', withCode('UND_ERR_HEADERS_TIMEOUT'), 'infrastructure'],
    ['a misuse of undici', withCode('UND_ERR_INVALID_ARG'), 'unexpected'],
    ['an expired certificate', withCode('CERT_HAS_EXPIRED'), 'infrastructure'],
    ['a missing file', withCode('ENOENT'), 'unexpected'],
    ['a name with several addresses', new AggregateError([withCode('ECONNREFUSED')]), 'infrastructure'],
    ['a cause', caused(caused(withCode('ECONNRESET'))), 'infrastructure'],
    [
      'the cause of an error that says nothing',
      new SaysNothing('x', { cause: new Unreadable('y') }),
      'poison',
    ],
    [
      'DynamoDB refusing a condition',
      new DynamoDbError('PutItem', 'ConditionalCheckFailedException', false),
      'contention',
    ],
    [
      'SQS denying a call',
      new AwsCallError('ReceiveMessage', 'AccessDenied', false, { status: 403 }),
      'infrastructure',
    ],
    [
      'an invalid request of ours',
      new AwsCallError('Query', 'ValidationException', false, { status: 400 }),
      'unexpected',
    ],
    ['a queue that took nothing', new QueueSendError(1, 'down', true), 'infrastructure'],
  ])('of %s', (_name, thrown, kind) => {
    expect(failureKindOf(thrown)).toBe(kind);
  });

  it('of causes that go round in a circle', () => {
    const one = new Error('one');
    const other = new Error('other', { cause: one });
    one.cause = other;
    expect(failureKindOf(one)).toBe('unexpected');
  });
});

const kinds = fc.constantFrom<FailureKind[]>('infrastructure', 'contention', 'poison', 'unexpected');

describe('the wait before the next delivery', () => {
  it('stays within the bounds of its kind, and grows with the attempts', () => {
    fc.assert(
      fc.property(
        kinds,
        fc.nat({ max: 2_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (kind, attempt, random) => {
          const delayMs = retryDelayMs(kind, attempt, () => random);
          if (kind === 'poison') expect(delayMs).toBeUndefined();
          else {
            const [minMs, maxMs] = kind === 'contention' ? [50, 500] : [1_000, 60_000];
            expect(delayMs).toBeGreaterThanOrEqual(minMs);
            expect(delayMs).toBeLessThanOrEqual(maxMs);
            expect(delayMs).toBeLessThanOrEqual(retryDelayMs(kind, attempt + 1, () => random) ?? 0);
          }
        },
      ),
    );
    expect(retryDelayMs('unexpected', 0, () => 0.999_999)).toBe(2_000);
    expect(retryDelayMs('infrastructure', 9, () => 0.999_999)).toBe(60_000);
  });
});

describe('the policy', () => {
  it('counts only what is unexpected, dead-letters only poison at once, and raises readiness for infrastructure', () => {
    const those = (property: 'counts' | 'deadLetterAtOnce' | 'raisesReadiness') =>
      Object.entries(FAILURE_POLICIES).flatMap(([kind, policy]) => (policy[property] ? [kind] : []));
    expect(those('counts')).toEqual(['unexpected']);
    expect(those('deadLetterAtOnce')).toEqual(['poison']);
    expect(those('raisesReadiness')).toEqual(['infrastructure']);
  });
});

describe('the failure budget', () => {
  it('is spent after 20 unexpected failures of a message, whatever else fails in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), kinds), { maxLength: 120 }), (failures) => {
        const budget = createFailureBudget();
        const counts = new Map<string, number>();
        for (const [id, kind] of failures) {
          const count = (counts.get(id) ?? 0) + (kind === 'unexpected' ? 1 : 0);
          counts.set(id, count);
          expect(budget.failed(id, kind)).toEqual({
            failures: count,
            spent: kind === 'unexpected' && count >= 20,
          });
        }
      }),
    );
  });

  it('begins again for a message that is done', () => {
    const budget = createFailureBudget({ limit: 2 });
    expect(budget.failed('a', 'unexpected').spent).toBe(false);
    budget.forget('a');
    expect(budget.failed('a', 'unexpected').spent).toBe(false);
    expect(budget.failed('a', 'unexpected').spent).toBe(true);
  });

  it('forgets the message that failed longest ago when there are too many', () => {
    const budget = createFailureBudget({ limit: 2, maxEntries: 2 });
    for (const id of ['a', 'b', 'a', 'c']) budget.failed(id, 'unexpected');
    expect(budget.failed('b', 'unexpected')).toEqual({ failures: 1, spent: false });
  });
});
