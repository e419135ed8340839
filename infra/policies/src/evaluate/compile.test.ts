import { describe, expect, it } from 'vitest';
import { PolicyError } from '../errors.ts';
import { compilePolicy, type PolicyKind } from './compile.ts';

const statement = {
  Sid: 'S',
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::uploads/a',
};

function problemOf(document: Record<string, unknown>, kind: PolicyKind = 'identity'): PolicyError {
  try {
    compilePolicy(document, { name: 'p', kind });
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('the document was accepted');
}

const withStatement = (change: Record<string, unknown>) => ({
  Version: '2012-10-17',
  Statement: [{ ...statement, ...change }],
});
const withCondition = (operator: string, key: string, value: unknown) =>
  withStatement({ Condition: { [operator]: { [key]: value } } });

describe('compiling a policy document', () => {
  it('takes a single statement without a list, and a list of one', () => {
    expect(compilePolicy({ Version: '2012-10-17', Statement: statement }).statements).toHaveLength(1);
    expect(compilePolicy({ Version: '2012-10-17', Statement: [statement] }).statements).toHaveLength(1);
  });

  it('takes a document without a version for the old one, which has no variables', () => {
    expect(compilePolicy({ Statement: [statement] }).variables).toBe(false);
  });

  const S = '$.Statement.0';
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no statement', { Version: '2012-10-17' }, '$.Statement', /list of statements/],
    ['an empty list of statements', { Version: '2012-10-17', Statement: [] }, '$.Statement', /./],
    ['an unknown version', { Version: '2020-01-01', Statement: [statement] }, '$.Version', /./],
    ['an unknown element', { ...withStatement({}), Statements: [] }, '$.Statements', /not known/],
    [
      'an unknown element of a statement',
      withStatement({ NotPrincipal: '*' }),
      `${S}.NotPrincipal`,
      /not known/,
    ],
    ['another effect', withStatement({ Effect: 'allow' }), `${S}.Effect`, /"Allow" or "Deny"/],
    ['no action', withStatement({ Action: undefined }), S, /neither "Action" nor "NotAction"/],
    ['action and its negation', withStatement({ NotAction: 's3:*' }), S, /both/],
    ['no resource', withStatement({ Resource: undefined }), S, /neither "Resource" nor "NotResource"/],
    ['resource and its negation', withStatement({ NotResource: '*' }), S, /both/],
    ['an empty list of actions', withStatement({ Action: [] }), `${S}.Action`, /not empty/],
    ['an action without a service', withStatement({ Action: 'GetObject' }), `${S}.Action`, /not an action/],
    [
      'a wildcard in the service of an action',
      withStatement({ Action: 's*:Get' }),
      `${S}.Action`,
      /not an action/,
    ],
    [
      'the name of a bucket for its ARN',
      withStatement({ Resource: 'uploads/users/*' }),
      `${S}.Resource`,
      /not an ARN.*GetAtt/,
    ],
    [
      'an ARN with too few parts',
      withStatement({ Resource: 'arn:aws:s3:uploads' }),
      `${S}.Resource`,
      /six parts/,
    ],
    ['a wildcard for the service', withStatement({ Resource: 'arn:aws:s?:::b' }), `${S}.Resource`, /service/],
    [
      'a variable before the fifth colon',
      withStatement({ Resource: 'arn:aws:s3::${aws:PrincipalAccount}:b' }),
      `${S}.Resource`,
      /before the fifth colon/,
    ],
    [
      'an unknown variable',
      withStatement({ Resource: 'arn:aws:s3:::b/${cognito:sub}' }),
      `${S}.Resource`,
      /variable "\$\{cognito:sub\}" is not known/,
    ],
    [
      'a variable that is not closed',
      withStatement({ Resource: 'arn:aws:s3:::b/${aws:userid' }),
      `${S}.Resource`,
      /not closed/,
    ],
    [
      'a variable with several values',
      withStatement({ Resource: 'arn:aws:s3:::b/${cognito-identity.amazonaws.com:amr}' }),
      `${S}.Resource`,
      /several values/,
    ],
    [
      'a principal in an identity policy',
      withStatement({ Principal: '*' }),
      `${S}.Principal`,
      /no principal/,
    ],
    [
      'an unknown operator',
      withCondition('StringMatches', 's3:prefix', 'a'),
      `${S}.Condition.StringMatches.s3:prefix`,
      /operator/,
    ],
    [
      'an operator in the wrong case',
      withCondition('stringlike', 's3:prefix', 'a'),
      `${S}.Condition.stringlike.s3:prefix`,
      /operator/,
    ],
    [
      'an operator that is not evaluated here',
      withCondition('BinaryEquals', 's3:prefix', 'YQ=='),
      `${S}.Condition.BinaryEquals.s3:prefix`,
      /operator/,
    ],
    [
      'a quantified Null',
      withCondition('ForAnyValue:Null', 's3:prefix', 'true'),
      `${S}.Condition.ForAnyValue:Null.s3:prefix`,
      /operator/,
    ],
    [
      'NullIfExists',
      withCondition('NullIfExists', 's3:prefix', 'true'),
      `${S}.Condition.NullIfExists.s3:prefix`,
      /operator/,
    ],
    [
      'an unknown key',
      withCondition('StringLike', 's3:prefx', 'a'),
      `${S}.Condition.StringLike.s3:prefx`,
      /key "s3:prefx"/,
    ],
    [
      'a multi-valued key without a set operator',
      withCondition('StringEquals', 'cognito-identity.amazonaws.com:amr', 'authenticated'),
      `${S}.Condition.StringEquals.cognito-identity.amazonaws.com:amr`,
      /ForAnyValue/,
    ],
    [
      'an empty list of values',
      withCondition('StringEquals', 's3:prefix', []),
      `${S}.Condition.StringEquals.s3:prefix`,
      /empty/,
    ],
    [
      'a number that is none',
      withCondition('NumericLessThan', 's3:max-keys', 'ten'),
      `${S}.Condition.NumericLessThan.s3:max-keys`,
      /not a number/,
    ],
    [
      'a date that is none',
      withCondition('DateLessThan', 'aws:CurrentTime', 'tomorrow'),
      `${S}.Condition.DateLessThan.aws:CurrentTime`,
      /not a date/,
    ],
    [
      'a boolean that is none',
      withCondition('Bool', 'aws:SecureTransport', 'yes'),
      `${S}.Condition.Bool.aws:SecureTransport`,
      /not a boolean/,
    ],
    [
      'an address that is none',
      withCondition('IpAddress', 'aws:SourceIp', '203.0.113.0/33'),
      `${S}.Condition.IpAddress.aws:SourceIp`,
      /not an address/,
    ],
    [
      'Null of something else',
      withCondition('Null', 's3:prefix', 'maybe'),
      `${S}.Condition.Null.s3:prefix`,
      /true/,
    ],
    [
      'a variable in a boolean',
      withCondition('Bool', 'aws:SecureTransport', '${aws:userid}'),
      `${S}.Condition.Bool.aws:SecureTransport`,
      /no policy variables/,
    ],
    [
      'an ARN condition that is no ARN',
      withCondition('ArnLike', 'aws:PrincipalArn', 'role/x'),
      `${S}.Condition.ArnLike.aws:PrincipalArn`,
      /six parts/,
    ],
    [
      'a condition that is not an object',
      withStatement({ Condition: { StringLike: 'x' } }),
      `${S}.Condition.StringLike`,
      /./,
    ],
    [
      'a Sid used twice',
      { Version: '2012-10-17', Statement: [statement, statement] },
      '$.Statement.1.Sid',
      /twice/,
    ],
  ])('refuses %s, saying where', (_what, document, path, problem) => {
    const error = problemOf(document);
    expect(error).toMatchObject({ code: 'POLICIES_DOCUMENT', policy: 'p', path, retryable: false });
    expect(error.problem).toMatch(problem);
  });

  it.each<[string, unknown, RegExp]>([
    ['no principal', undefined, /needs "Principal"/],
    ['nobody', {}, /names nobody/],
    ['a wildcard inside', { AWS: 'arn:aws:iam::111122223333:role/*' }, /no wildcards/],
    ['a deleted role', { AWS: 'AROAEXAMPLEROLEID0001' }, /deleted/],
    ['something else', { AWS: 'alice' }, /not an account/],
  ])('refuses a resource policy whose principal is %s', (_what, Principal, problem) => {
    expect(problemOf(withStatement({ Principal }), 'resource').problem).toMatch(problem);
  });

  it('refuses a resource in a trust policy', () => {
    expect(problemOf(withStatement({ Principal: '*' }), 'trust').path).toBe(`${S}.Resource`);
  });
});
