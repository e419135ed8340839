import { clientIdOf, IdentityId, keyTemplate, SessionId, topicSpace, uploadIdOf } from '@stepcast/contracts';
import {
  buildPolicies,
  IDENTITY_VARIABLE,
  type PolicyDocument,
  type PolicyStatement,
} from '@stepcast/policies';
import fc from 'fast-check';

/**
 * Pairs of a policy document and a request for two evaluators. `document` is Stepcast's own form, with variables;
 * {@link forSimulator} turns it into what a simulator without context entries and variables can answer.
 */
export interface PolicyPair {
  readonly document: PolicyDocument;
  readonly action: string;
  readonly resource: string;
  /** What the request knows: the caller's account, its region (any text: conditions are tested on it), a prefix. */
  readonly accountId: string;
  readonly region: string;
  readonly prefix: string | undefined;
  readonly identityId: string;
}

const session = SessionId.parse('tab1');
const bucket = 'progress-uploads-111122223333';
const people = ['1f0e2d3c', '2a1b3c4d', '9d8e7f60'].map((head) =>
  IdentityId.parse(`us-east-1:${head}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`),
);
const nobody = people[0] ?? IdentityId.parse('');

/** Every document that is shipped, asked about the caller's own things and those of somebody else. */
export function shippedPairs(): readonly PolicyPair[] {
  const built = buildPolicies({
    region: 'us-east-1',
    accountId: '111122223333',
    bucket,
    identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
    guestUploads: true,
    kvs: { channelPattern: 'session-*', speakerRoleName: 'speaker', listenerRoleName: 'listener' },
    services: { stateMachineNames: ['PhotoPipeline'], provisionerExtendsRoles: true },
  });
  const documents = [
    ...[
      built.authenticated,
      built.guest,
      built.speaker,
      built.listener,
      ...Object.values(built.services),
    ].flatMap((role) => (role === undefined ? [] : [role.document])),
    built.iotPolicy.document,
  ];
  return documents.flatMap((document) =>
    people.slice(0, 2).flatMap((owner) =>
      requestsAbout(owner).map((request) => ({
        document,
        identityId: nobody,
        accountId: '111122223333',
        region: 'us-east-1',
        ...request,
      })),
    ),
  );
}

function requestsAbout(
  owner: IdentityId,
): { action: string; resource: string; prefix: string | undefined }[] {
  const topics = topicSpace();
  const keys = keyTemplate('users/{identityId}/');
  const uploadId = uploadIdOf(bucket, `${keys.prefixOf(owner)}a.png`);
  const iot = (rest: string) => `arn:aws:iot:us-east-1:111122223333:${rest}`;
  const events = topics.build({ kind: 'events', identityId: owner, uploadId });
  const requests = topics.build({ kind: 'requests', identityId: owner, session });
  const plain = (action: string, resource: string) => ({ action, resource, prefix: undefined });
  const channel = 'arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-a/1764058120804';
  return [
    ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:PutObjectAcl', 's3:AbortMultipartUpload'].map(
      (action) => plain(action, `arn:aws:s3:::${bucket}/${keys.prefixOf(owner)}a*?.png`),
    ),
    ...[undefined, '*', 'users/', keys.prefixOf(owner), `${keys.prefixOf(owner)}2026/`].map((prefix) => ({
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${bucket}`,
      prefix,
    })),
    plain('iot:Connect', iot(`client/${clientIdOf(owner, session)}`)),
    plain('iot:Connect', iot('client/stepcast-publisher-1')),
    ...[
      events,
      `${topics.namespace}/${owner}/#`,
      '#',
      topics.requestFilter,
      `$share/g/${topics.requestFilter}`,
    ].map((filter) => plain('iot:Subscribe', iot(`topicfilter/${filter}`))),
    ...[events, requests].flatMap((topic) =>
      ['iot:Receive', 'iot:Publish', 'iot:RetainPublish'].map((action) =>
        plain(action, iot(`topic/${topic}`)),
      ),
    ),
    plain('iot:AttachPolicy', owner),
    plain('kinesisvideo:ConnectAsViewer', channel),
    plain('kinesisvideo:ConnectAsMaster', channel),
    plain('sqs:SendMessage', 'arn:aws:sqs:us-east-1:111122223333:stepcast-progress.fifo'),
    plain('dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal'),
    plain('states:StartExecution', 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline'),
  ];
}

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

export interface SimulatorQuestion {
  readonly document: string;
  readonly action: string;
  readonly resource: string;
  readonly accountId: string;
  readonly region: string;
}

/**
 * The same question for MiniStack's `SimulateCustomPolicy`, which takes no context entries and replaces no variables.
 * Variables are replaced here. The one free context value it has is the region, read from the credential scope of the
 * request; a prefix travels as the region (with `|` for `/`, which ends a scope), and conditions on `s3:prefix` with it.
 */
export function forSimulator(pair: PolicyPair): SimulatorQuestion {
  const { action, resource, accountId, prefix } = pair;
  const document: PolicyDocument = {
    ...pair.document,
    Statement: pair.document.Statement.map((one) =>
      prefix === undefined || one.Condition === undefined
        ? one
        : { ...one, Condition: prefixAsRegion(one.Condition) },
    ),
  };
  return {
    document: JSON.stringify(document).replaceAll(IDENTITY_VARIABLE, pair.identityId),
    action,
    resource,
    accountId,
    region: prefix === undefined ? pair.region : prefix.replaceAll('/', '|'),
  };
}

function prefixAsRegion(condition: NonNullable<PolicyStatement['Condition']>): PolicyStatement['Condition'] {
  const bar = (value: string | number | boolean) => String(value).replaceAll('/', '|');
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, values]) =>
          key === 's3:prefix' ? ['aws:RequestedRegion', [values].flat().map(bar)] : [key, values],
        ),
      ),
    ]),
  );
}
