import { IDENTITY_VARIABLE, type PolicyDocument, type PolicyStatement } from '@stepcast/policies';
import fc from 'fast-check';
import { nobody, type PolicyPair } from './policy-pairs.ts';

// Words that meet each other often, so that a good part of the random pairs match something.
const actions = [
  's3:GetObject',
  's3:PutObject',
  's3:ListBucket',
  'iot:Publish',
  'iot:Subscribe',
  'iot:Receive',
];
const actionPatterns = [
  ...actions,
  's3:*',
  'iot:*',
  '*',
  '*',
  's3:Get*',
  's3:?etObject',
  'S3:getobject',
  'iot:*b*',
  'iot:Re?eive',
  's3:*Object',
];
const leaves = [
  'users/a',
  'users/b/x',
  'users/*',
  'a?c',
  'topic/a/#',
  'topic/a/+',
  'topic/a:b',
  nobody,
  `users/${nobody}/x`,
];
const leafPatterns = [
  ...leaves,
  '*',
  'users/?',
  'users/?/*',
  '*/x',
  'topic/a/*',
  'topic/*:?',
  `users/${IDENTITY_VARIABLE}/*`,
  `*${IDENTITY_VARIABLE}`,
];
const heads = ['arn:aws:s3:::', 'arn:aws:iot:us-east-1:111122223333:', 'arn:aws:iot:eu-west-1:444455556666:'];
const headPatterns = [
  ...heads,
  'arn:aws:iot:*:111122223333:',
  'arn:aws:iot:us-east-?:*:',
  'arn:*:s3:::',
  'arn:aws:iot:us-*-1:111122223333:',
  'arn:aws:iot:us*1:*3:',
  'arn:aws:iot:*:*:',
];
const words = ['us-east-1', 'us-west-2', 'users|a', 'users|b|x', '*', 'a'];
const wordPatterns = [...words, 'us-*', '?', 'users|*', 'US-EAST-1', '*1', IDENTITY_VARIABLE];
const accounts = ['111122223333', '444455556666', '000000000007'];

const some = <T>(values: readonly T[], maxLength = 2) =>
  fc
    .array(fc.constantFrom(...values), { minLength: 1, maxLength })
    .map((all) => (all.length === 1 && all[0] !== undefined ? all[0] : all));
const operators = (names: readonly string[], negatable = true) =>
  fc
    .tuple(
      fc.constantFrom('', '', '', 'ForAnyValue:', 'ForAllValues:'),
      fc.constantFrom(...(negatable ? names : names.slice(0, 1))),
      fc.constantFrom('', '', 'IfExists'),
    )
    .map((parts) => parts.join(''));
const condition = (
  operator: fc.Arbitrary<string>,
  key: fc.Arbitrary<string>,
  values: fc.Arbitrary<string | string[]>,
) =>
  fc
    .tuple(operator, key, values)
    .map(([name, of, wanted]): Record<string, Record<string, string | string[]>> => ({
      [name]: { [of]: wanted },
    }));
const number = [
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
];

const conditions = fc.oneof(
  {
    weight: 4,
    arbitrary: condition(
      operators([
        'StringEquals',
        'StringNotEquals',
        'StringLike',
        'StringNotLike',
        'StringEqualsIgnoreCase',
        'StringNotEqualsIgnoreCase',
      ]),
      fc.constantFrom(
        'aws:RequestedRegion',
        'AWS:requestedregion',
        'aws:RequestedRegion',
        's3:prefix',
        'aws:userid',
        'aws:PrincipalType',
      ),
      some(wordPatterns),
    ),
  },
  {
    weight: 2,
    arbitrary: condition(
      operators(['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals']),
      fc.constantFrom('aws:PrincipalArn', 'aws:SourceArn'),
      some([
        'arn:aws:iam::111122223333:root',
        'arn:aws:iam::*:root',
        'arn:aws:iam::1*3:r??t',
        'arn:aws:iam::444455556666:*',
        'arn:aws:iam:*:1111*:root',
        'arn:aws:i*:root:x:y:z',
      ]),
    ),
  },
  {
    weight: 1,
    arbitrary: condition(
      operators(number),
      fc.constantFrom('aws:PrincipalAccount', 's3:max-keys'),
      some([...accounts, '7', '7.0', '-1', '222222222222']),
    ),
  },
  {
    weight: 1,
    arbitrary: condition(
      operators(number.map((name) => name.replace('Numeric', 'Date'))),
      fc.constantFrom('aws:CurrentTime', 'aws:TokenIssueTime', 'aws:EpochTime'),
      some([
        '2020-01-01T00:00:00Z',
        '2120-01-01',
        '2120-01-01T00:00:00.500+02:00',
        '1577836800',
        '4733510400',
      ]),
    ),
  },
  {
    weight: 1,
    arbitrary: condition(
      operators(['IpAddress', 'NotIpAddress']),
      fc.constantFrom('aws:SourceIp'),
      some(['127.0.0.1', '127.0.0.0/8', '10.0.0.0/8', '::1', '0.0.0.0/0', '::/0']),
    ),
  },
  {
    weight: 1,
    arbitrary: condition(
      operators(['Bool'], false),
      fc.constantFrom('aws:SecureTransport', 'aws:MultiFactorAuthPresent'),
      some(['true', 'false', 'False']),
    ),
  },
  {
    weight: 1,
    arbitrary: condition(
      fc.constant('Null'),
      fc.constantFrom('aws:RequestedRegion', 's3:prefix', 'aws:TokenIssueTime'),
      fc.constantFrom('true', 'false'),
    ),
  },
);

const selector = (positive: 'Action' | 'Resource', values: fc.Arbitrary<string | string[]>) =>
  fc
    .tuple(fc.constantFrom(true, true, true, false), values)
    .map(([plain, value]) => ({ [plain ? positive : `Not${positive}`]: value }));
const resourcePattern = fc.oneof(
  { weight: 2, arbitrary: fc.constant('*') },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...headPatterns), fc.constantFrom(...leafPatterns))
      .map((parts) => parts.join('')),
  },
);
const resources = fc
  .array(resourcePattern, { minLength: 1, maxLength: 2 })
  .map((all) => (all.length === 1 && all[0] !== undefined ? all[0] : all));
const statement = fc
  .tuple(
    fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Allow', 'Deny'),
    selector('Action', some(actionPatterns, 3)),
    selector('Resource', resources),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 3,
        arbitrary: fc
          .array(conditions, { minLength: 1, maxLength: 2 })
          .map((all) => ({ Condition: Object.assign({}, ...all) as PolicyStatement['Condition'] })),
      },
    ),
  )
  .map(([Effect, action, resource, rest]): PolicyStatement => ({ Effect, ...action, ...resource, ...rest }));

/** Random documents and requests, made of words that meet often. */
export const randomPair: fc.Arbitrary<PolicyPair> = fc.record({
  document: fc
    .array(statement, { minLength: 1, maxLength: 5 })
    .map((Statement): PolicyDocument => ({ Version: '2012-10-17', Statement })),
  action: fc.constantFrom(...actions),
  resource: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(...heads, 'arn:aws:iot:us-x:y-1:111122223333:'), fc.constantFrom(...leaves))
        .map((parts) => parts.join('')),
    },
    { weight: 1, arbitrary: fc.constantFrom<string>(nobody, '*') },
  ),
  accountId: fc.constantFrom(...accounts),
  region: fc.constantFrom(...words),
  prefix: fc.constant(undefined),
  identityId: fc.constant(nobody),
});
