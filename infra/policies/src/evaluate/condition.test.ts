import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { PolicyRequestError } from '../errors.ts';
import { compileCondition } from './condition.ts';
import { readContext, type RequestContext } from './context.ts';

type Values = string | boolean | number | readonly string[];

function met(
  operator: string,
  key: string,
  values: Values,
  context: RequestContext,
  variables = true,
): boolean {
  return compileCondition(operator, key, values, variables, (problem) => new Error(problem)).met(
    readContext(context),
  );
}

const amr = 'cognito-identity.amazonaws.com:amr';
const sub = 'cognito-identity.amazonaws.com:sub';

describe('condition operators', () => {
  it.each<[string, string, Values, RequestContext, boolean]>([
    // Strings
    ['StringEquals', 's3:prefix', 'a', { 's3:prefix': 'a' }, true],
    ['StringEquals', 's3:prefix', 'a', { 's3:prefix': 'A' }, false],
    ['StringEquals', 's3:prefix', 'a*', { 's3:prefix': 'ab' }, false],
    ['StringEquals', 's3:prefix', 'a*', { 's3:prefix': 'a*' }, true],
    ['StringEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'b' }, true],
    ['StringEqualsIgnoreCase', 's3:prefix', 'Ab', { 's3:prefix': 'aB' }, true],
    ['StringNotEqualsIgnoreCase', 's3:prefix', 'Ab', { 's3:prefix': 'aB' }, false],
    ['StringLike', 's3:prefix', 'a*', { 's3:prefix': 'ab/c' }, true],
    ['StringLike', 's3:prefix', 'a?c', { 's3:prefix': 'abc' }, true],
    ['StringLike', 's3:prefix', ['x', 'a*'], { 's3:prefix': 'b' }, false],
    ['StringLike', 's3:prefix', 'a*', {}, false],
    ['StringNotLike', 's3:prefix', 'a*', {}, true],
    ['StringNotLike', 's3:prefix', ['a*', 'b*'], { 's3:prefix': 'bc' }, false],
    ['StringNotLike', 's3:prefix', ['a*', 'b*'], { 's3:prefix': 'c' }, true],
    ['StringNotEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'a' }, false],
    ['StringLike', 'S3:PREFIX', 'a', { 's3:prefix': 'a' }, true],
    // IfExists
    ['StringEqualsIfExists', 's3:prefix', 'a', {}, true],
    ['StringEqualsIfExists', 's3:prefix', 'a', { 's3:prefix': 'b' }, false],
    ['StringNotEqualsIfExists', 's3:prefix', 'a', {}, true],
    // Null
    ['Null', 's3:prefix', 'true', {}, true],
    ['Null', 's3:prefix', true, { 's3:prefix': 'a' }, false],
    ['Null', 's3:prefix', 'false', { 's3:prefix': '' }, true],
    ['Null', amr, 'true', { [amr]: [] }, true],
    // ARNs
    [
      'ArnEquals',
      'aws:PrincipalArn',
      'arn:aws:iam::111122223333:role/a',
      { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/a' },
      true,
    ],
    [
      'ArnEquals',
      'aws:PrincipalArn',
      'arn:aws:iam::*:role/a*',
      { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/ab' },
      true,
    ],
    [
      'ArnLike',
      'aws:PrincipalArn',
      'arn:aws:iam:*:1*:role/a',
      { 'aws:PrincipalArn': 'arn:aws:iam::x:1:role/a' },
      false,
    ],
    [
      'ArnLike',
      'aws:SourceArn',
      'arn:aws:states:*:*:execution:M:*',
      { 'aws:SourceArn': 'arn:aws:states:us-east-1:1:execution:M:x' },
      true,
    ],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::1:role/a', { 'aws:PrincipalArn': 'not an arn' }, false],
    [
      'ArnNotEquals',
      'aws:PrincipalArn',
      'arn:aws:iam::1:role/a',
      { 'aws:PrincipalArn': 'arn:aws:iam::1:role/b' },
      true,
    ],
    ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::1:role/*', {}, true],
    // Booleans, numbers, dates, addresses
    ['Bool', 'aws:SecureTransport', 'false', { 'aws:SecureTransport': 'false' }, true],
    ['Bool', 'aws:SecureTransport', false, { 'aws:SecureTransport': 'true' }, false],
    ['Bool', 'aws:SecureTransport', 'false', {}, false],
    ['NumericLessThanEquals', 's3:max-keys', '10', { 's3:max-keys': '10' }, true],
    ['NumericLessThan', 's3:max-keys', 10, { 's3:max-keys': '10' }, false],
    ['NumericGreaterThan', 's3:max-keys', '9', { 's3:max-keys': '10' }, true],
    ['NumericGreaterThanEquals', 's3:max-keys', '11', { 's3:max-keys': '10' }, false],
    ['NumericEquals', 's3:max-keys', '10.0', { 's3:max-keys': '10' }, true],
    ['NumericNotEquals', 's3:max-keys', '10', { 's3:max-keys': '10' }, false],
    [
      'DateLessThan',
      'aws:CurrentTime',
      '2027-01-01T00:00:00Z',
      { 'aws:CurrentTime': '2026-11-22T10:00:00Z' },
      true,
    ],
    [
      'DateGreaterThan',
      'aws:CurrentTime',
      '2026-11-22T11:00:00+02:00',
      { 'aws:CurrentTime': '2026-11-22T10:00:00Z' },
      true,
    ],
    ['DateEquals', 'aws:CurrentTime', '0', { 'aws:CurrentTime': '1970-01-01T00:00:00Z' }, true],
    ['DateNotEquals', 'aws:CurrentTime', '2026-11-22', { 'aws:CurrentTime': '2026-11-22T00:00:00Z' }, false],
    ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', { 'aws:SourceIp': '203.0.113.77' }, true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.7', { 'aws:SourceIp': '203.0.113.8' }, false],
    [
      'IpAddress',
      'aws:SourceIp',
      '2001:DB8:1234:5678::/64',
      { 'aws:SourceIp': '2001:db8:1234:5678::1' },
      true,
    ],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32', { 'aws:SourceIp': '203.0.113.8' }, false],
    [
      'NotIpAddress',
      'aws:SourceIp',
      ['203.0.113.0/24', '198.51.100.0/24'],
      { 'aws:SourceIp': '198.51.100.1' },
      false,
    ],
    // Several values in the request (table in the IAM user guide, "Single-valued vs. multivalued context keys")
    [
      'ForAllValues:StringEquals',
      'aws:TagKeys',
      ['environment', 'cost-center'],
      { 'aws:TagKeys': ['environment'] },
      true,
    ],
    [
      'ForAllValues:StringEquals',
      'aws:TagKeys',
      ['environment', 'cost-center'],
      { 'aws:TagKeys': ['environment', 'dept'] },
      false,
    ],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['environment'], {}, true],
    [
      'ForAnyValue:StringEquals',
      'aws:TagKeys',
      ['environment', 'cost-center'],
      { 'aws:TagKeys': ['environment', 'dept'] },
      true,
    ],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['environment'], { 'aws:TagKeys': ['dept'] }, false],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['environment'], {}, false],
    ['ForAllValues:StringNotEquals', 'aws:TagKeys', ['a', 'b'], { 'aws:TagKeys': ['c', 'b'] }, false],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a', 'b'], { 'aws:TagKeys': ['c', 'b'] }, true],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a'], {}, false],
    ['ForAnyValue:StringEqualsIfExists', 'aws:TagKeys', ['a'], {}, true],
    [
      'ForAnyValue:StringLike',
      amr,
      'authenticated',
      { [amr]: ['authenticated', 'cognito-idp.us-east-1.amazonaws.com/p'] },
      true,
    ],
    [
      'ForAllValues:StringEquals',
      'iot:ConnectAttributes',
      [],
      { 'iot:ConnectAttributes': ['LastWill'] },
      false,
    ],
    ['ForAllValues:StringEquals', 'iot:ConnectAttributes', [], {}, true],
    // Variables
    [
      'StringLike',
      's3:prefix',
      'users/${cognito-identity.amazonaws.com:sub}/*',
      { 's3:prefix': 'users/me/x', [sub]: 'me' },
      true,
    ],
    [
      'StringLike',
      's3:prefix',
      'users/${cognito-identity.amazonaws.com:sub}/*',
      { 's3:prefix': 'users/you/x', [sub]: 'me' },
      false,
    ],
    [
      'StringLike',
      's3:prefix',
      'users/${cognito-identity.amazonaws.com:sub}/*',
      { 's3:prefix': 'users//x' },
      false,
    ],
    [
      'StringNotLike',
      's3:prefix',
      'users/${cognito-identity.amazonaws.com:sub}/*',
      { 's3:prefix': 'users/me/x' },
      true,
    ],
    ['StringLike', 's3:prefix', "${aws:PrincipalTag/team, 'none'}", { 's3:prefix': 'none' }, true],
    ['StringLike', 's3:prefix', 'a${*}b${?}c${$}', { 's3:prefix': 'a*b?c$' }, true],
    ['StringLike', 's3:prefix', 'a${*}b', { 's3:prefix': 'axb' }, false],
    [
      'StringEqualsIgnoreCase',
      's3:prefix',
      '${cognito-identity.amazonaws.com:sub}',
      { 's3:prefix': 'ME', [sub]: 'me' },
      true,
    ],
  ])('%s %s %j of %j is %s', (operator, key, values, context, expected) => {
    expect(met(operator, key, values, context)).toBe(expected);
  });

  it('takes a variable for plain text in a document of the old version', () => {
    expect(met('StringEquals', 's3:prefix', '${aws:userid}', { 's3:prefix': '${aws:userid}' }, false)).toBe(
      true,
    );
    expect(
      met('StringEquals', 's3:prefix', '${aws:userid}', { 's3:prefix': 'me', 'aws:userid': 'me' }, false),
    ).toBe(false);
  });

  it('never reads wildcards inside the value of a variable', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('*', '?', '$', '{', '}', 'a', ':'), { minLength: 1, maxLength: 6 })
          .map((all) => all.join('')),
        fc.array(fc.constantFrom('*', '?', 'a', 'b', ':', '$'), { maxLength: 8 }).map((all) => all.join('')),
        (identity, asked) => {
          const wanted = 'p/${cognito-identity.amazonaws.com:sub}/*';
          expect(
            met('StringLike', 's3:prefix', wanted, { 's3:prefix': `p/${asked}/x`, [sub]: identity }),
          ).toBe(asked === identity);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('makes every negated operator the opposite of its positive one when the key is there', () => {
    const word = fc.constantFrom('', 'a', 'b', 'ab', '*', 'a*', 'A');
    fc.assert(
      fc.property(
        fc.constantFrom(
          ['StringEquals', 'StringNotEquals'],
          ['StringLike', 'StringNotLike'],
          ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
        ),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        word,
        ([positive = '', negative = ''], values, value) => {
          const context = { 's3:prefix': value };
          expect(met(negative, 's3:prefix', values, context)).toBe(
            !met(positive, 's3:prefix', values, context),
          );
        },
      ),
    );
  });

  it('refuses a request whose value the operator cannot read, rather than guess', () => {
    expect(() => met('NumericNotEquals', 's3:max-keys', '10', { 's3:max-keys': 'many' })).toThrow(
      PolicyRequestError,
    );
    expect(() =>
      met('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', { 'aws:SourceIp': 'localhost' }),
    ).toThrow(PolicyRequestError);
  });
});

describe('the context of a request', () => {
  it.each<[string, RequestContext, RegExp]>([
    [
      'an unknown key',
      { 'iot:ConnectAttribute': ['PersistentConnect'] },
      /"iot:ConnectAttribute" is not known/,
    ],
    ['several values for a single-valued key', { 's3:prefix': ['a', 'b'] }, /single-valued/],
    ['a key in two spellings', { 's3:prefix': 'a', 'S3:Prefix': 'b' }, /given twice/],
  ])('is refused with %s', (_what, context, message) => {
    expect(() => readContext(context)).toThrow(message);
    expect(() => readContext(context)).toThrow(PolicyRequestError);
  });
});
