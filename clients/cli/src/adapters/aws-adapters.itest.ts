import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { IAMClient } from '@aws-sdk/client-iam';
import { IoTClient } from '@aws-sdk/client-iot';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { createCloudFormationStacks } from './cloudformation-stacks.adapter.ts';
import { createCloudWatchLogs } from './cloudwatch-logs.adapter.ts';
import { createCognitoIdentityPools } from './cognito-identity-pools.adapter.ts';
import { createCognitoUserPools } from './cognito-user-pools.adapter.ts';
import { createIamRoles } from './iam-roles.adapter.ts';
import { createIotControl } from './iot-control.adapter.ts';
import { createS3Buckets } from './s3-buckets.adapter.ts';
import { createSqsQueues } from './sqs-queues.adapter.ts';
import { createStsCaller } from './sts-caller.adapter.ts';

/**
 * The adapters with their real SDK clients over real HTTP, against answers in the shape of the service's wire: XML for
 * IAM, STS, CloudFormation and S3, JSON for the rest. An answer is found by the operation that was asked for.
 */
interface Reply {
  readonly status?: number;
  readonly body: string;
}

let server: Server;
let endpoint = '';
const replies = new Map<string, Reply>();
const asked: { readonly operation: string; readonly body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const url = new URL(request.url ?? '/', 'http://aws');
      const target = request.headers['x-amz-target'];
      // REST services are told apart by method, path and the first parameter, such as `GET /b?policy`.
      const rest = `${request.method ?? ''} ${url.pathname.replace(/\/$/, '')}?${[...url.searchParams.keys()][0] ?? ''}`;
      const operation =
        typeof target === 'string'
          ? (target.split('.').at(-1) ?? '')
          : (new URLSearchParams(body).get('Action') ?? rest);
      asked.push({ operation, body });
      const reply = replies.get(operation);
      response.writeHead(reply?.status ?? (reply === undefined ? 501 : 200), {
        'content-type': 'application/xml',
      });
      response.end(reply?.body ?? '{"__type":"NotImplemented","message":"x"}');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  replies.clear();
  asked.length = 0;
});

const options = () => ({
  region: 'us-east-1',
  endpoint,
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
});
const json = (value: object): Reply => ({ body: JSON.stringify(value) });
const jsonError = (type: string, message: string): Reply => ({
  status: 400,
  body: JSON.stringify({ __type: type, message }),
});
const xmlError = (code: string, status: number): Reply => ({
  status,
  body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
});
const policy = (action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });

describe('roles', () => {
  it('come with their trust and every document, decoded, inline and managed', async () => {
    replies.set('GetRole', {
      body: `<GetRoleResponse><GetRoleResult><Role><RoleName>app</RoleName><Arn>arn:aws:iam::111122223333:role/x/app</Arn><AssumeRolePolicyDocument>${encodeURIComponent(policy('sts:AssumeRole'))}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>`,
    });
    replies.set('ListRolePolicies', {
      body: '<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated></ListRolePoliciesResult></ListRolePoliciesResponse>',
    });
    replies.set('GetRolePolicy', {
      body: `<GetRolePolicyResponse><GetRolePolicyResult><PolicyDocument>${encodeURIComponent(policy('s3:GetObject'))}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>`,
    });
    replies.set('ListAttachedRolePolicies', {
      body: '<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>AWSIoTConfigAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/AWSIoTConfigAccess</PolicyArn></member></AttachedPolicies></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>',
    });
    replies.set('GetPolicy', {
      body: '<GetPolicyResponse><GetPolicyResult><Policy><DefaultVersionId>v9</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>',
    });
    replies.set('GetPolicyVersion', {
      body: `<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>${encodeURIComponent(policy('iot:AttachPolicy'))}</Document></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>`,
    });
    const arn = 'arn:aws:iam::111122223333:role/x/app';
    expect(await createIamRoles(new IAMClient(options())).role(arn)).toMatchObject({
      state: 'known',
      value: {
        found: true,
        value: {
          name: 'app',
          trust: { Statement: [{ Action: 'sts:AssumeRole' }] },
          policies: [
            { name: 'own', document: { Statement: [{ Action: 's3:GetObject' }] } },
            {
              name: 'AWSIoTConfigAccess',
              arn: 'arn:aws:iam::aws:policy/AWSIoTConfigAccess',
              document: { Statement: [{ Action: 'iot:AttachPolicy' }] },
            },
          ],
        },
      },
    });
    expect(asked.find(({ operation }) => operation === 'GetPolicyVersion')?.body).toContain('VersionId=v9');
  });

  it('are not found, or could not be asked for', async () => {
    const roles = createIamRoles(new IAMClient(options()));
    replies.set('GetRole', xmlError('NoSuchEntity', 404));
    expect(await roles.role('arn:aws:iam::111122223333:role/gone')).toEqual({
      state: 'known',
      value: { found: false },
    });
    replies.set('GetRole', xmlError('AccessDenied', 403));
    expect(await roles.role('arn:aws:iam::111122223333:role/gone')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('not allowed to look'),
    });
  });
});

describe('buckets', () => {
  const buckets = () => createS3Buckets(new S3Client({ ...options(), forcePathStyle: true }));
  const s3Error = (code: string, status: number): Reply => ({
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  });

  it('have a policy, or none', async () => {
    replies.set('GET /b?policy', { body: policy('s3:GetObject') });
    expect(await buckets().policy('b')).toMatchObject({
      value: { found: true, value: { Version: '2012-10-17' } },
    });
    replies.set('GET /b?policy', s3Error('NoSuchBucketPolicy', 404));
    expect(await buckets().policy('b')).toEqual({ state: 'known', value: { found: false } });
  });

  it('have CORS rules, or none, and take them', async () => {
    replies.set('GET /b?cors', {
      body: '<CORSConfiguration><CORSRule><ID>r</ID><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>',
    });
    const rules = await buckets().cors('b');
    expect(rules).toEqual({
      state: 'known',
      value: [
        {
          id: 'r',
          allowedOrigins: ['*'],
          allowedMethods: ['PUT'],
          allowedHeaders: [],
          exposeHeaders: ['ETag'],
          maxAgeSeconds: 60,
        },
      ],
    });
    replies.set('GET /b?cors', s3Error('NoSuchCORSConfiguration', 404));
    expect(await buckets().cors('b')).toEqual({ state: 'known', value: [] });
    replies.set('PUT /b?cors', { body: '' });
    await buckets().putCors('b', rules.state === 'known' ? rules.value : []);
    expect(asked.at(-1)?.body).toContain('<ExposeHeader>ETag</ExposeHeader>');
  });

  it('report to EventBridge or to queues, and have levels', async () => {
    replies.set('GET /b?notification', {
      body: '<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:us-east-1:111122223333:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration><EventBridgeConfiguration/></NotificationConfiguration>',
    });
    expect(await buckets().events('b')).toEqual({
      state: 'known',
      value: { eventBridge: true, queueArns: ['arn:aws:sqs:us-east-1:111122223333:q'] },
    });
    replies.set('GET /b?delimiter', {
      body: '<ListBucketResult><CommonPrefixes><Prefix>users/us-east-1:1f0e/</Prefix></CommonPrefixes></ListBucketResult>',
    });
    expect(await buckets().levelsBelow('b', 'users/')).toEqual({ state: 'known', value: ['us-east-1:1f0e'] });
  });
});

describe('logs', () => {
  const logs = () => createCloudWatchLogs(new CloudWatchLogsClient(options()));

  it('find the very group, not one that begins the same', async () => {
    replies.set(
      'DescribeLogGroups',
      json({ logGroups: [{ logGroupName: '/a-b', logGroupClass: 'STANDARD' }] }),
    );
    expect(await logs().logGroup('/a')).toEqual({ state: 'known', value: { found: false } });
    replies.set(
      'DescribeLogGroups',
      json({ logGroups: [{ logGroupName: '/a', logGroupClass: 'INFREQUENT_ACCESS' }] }),
    );
    expect(await logs().logGroup('/a')).toMatchObject({
      value: { value: { logClass: 'INFREQUENT_ACCESS' } },
    });
  });

  it('have resource policies and subscription filters', async () => {
    replies.set(
      'DescribeResourcePolicies',
      json({ resourcePolicies: [{ policyName: 'p', policyDocument: policy('logs:PutLogEvents') }] }),
    );
    expect(await logs().resourcePolicies()).toMatchObject({
      value: [{ name: 'p', document: { Version: '2012-10-17' } }],
    });
    replies.set(
      'DescribeSubscriptionFilters',
      json({ subscriptionFilters: [{ filterName: 'f', filterPattern: '', destinationArn: 'd' }] }),
    );
    expect(await logs().subscriptionFilters('/a')).toEqual({
      state: 'known',
      value: [{ name: 'f', pattern: '', destinationArn: 'd' }],
    });
  });
});

describe('pools', () => {
  it('have roles with their mappings, untouched', async () => {
    const RoleMappings = {
      'p:c': {
        Type: 'Rules',
        AmbiguousRoleResolution: 'Deny',
        RulesConfiguration: {
          Rules: [{ Claim: 'cognito:groups', MatchType: 'Contains', Value: 's', RoleARN: 'arn:r' }],
        },
      },
    };
    replies.set('GetIdentityPoolRoles', json({ Roles: { authenticated: 'arn:a' }, RoleMappings }));
    expect(
      await createCognitoIdentityPools(new CognitoIdentityClient(options())).roles('us-east-1:x'),
    ).toEqual({
      state: 'known',
      value: {
        authenticated: 'arn:a',
        unauthenticated: undefined,
        mapped: [{ provider: 'p:c', roleArn: 'arn:r' }],
        mappings: RoleMappings,
      },
    });
  });

  it('say of a client only whether it has a secret', async () => {
    replies.set(
      'DescribeUserPoolClient',
      json({ UserPoolClient: { ClientId: 'c', ClientSecret: 'do-not-keep-me' } }),
    );
    const client = await createCognitoUserPools(new CognitoIdentityProviderClient(options())).client(
      'p',
      'c',
    );
    expect(client).toEqual({ state: 'known', value: { found: true, value: { id: 'c', hasSecret: true } } });
    replies.set('DescribeUserPool', jsonError('ResourceNotFoundException', 'User pool p does not exist.'));
    expect(await createCognitoUserPools(new CognitoIdentityProviderClient(options())).userPool('p')).toEqual({
      state: 'known',
      value: { found: false },
    });
  });
});

describe('IoT', () => {
  it('decides by itself, one answer for each question', async () => {
    replies.set(
      'POST /test-authorization?clientId',
      json({
        authResults: [
          { authInfo: { actionType: 'SUBSCRIBE', resources: ['arn:s'] }, authDecision: 'IMPLICIT_DENY' },
          { authInfo: { actionType: 'CONNECT', resources: ['arn:c'] }, authDecision: 'ALLOWED' },
        ],
      }),
    );
    const iot = createIotControl(new IoTClient(options()));
    expect(
      await iot.verdicts({ identityId: 'us-east-1:i', identityPoolId: 'us-east-1:p', clientId: 'c' }, [
        { action: 'iot:Connect', resource: 'arn:c' },
        { action: 'iot:Subscribe', resource: 'arn:s' },
      ]),
    ).toEqual({
      state: 'known',
      value: [
        { action: 'iot:Connect', resource: 'arn:c', decision: 'ALLOWED' },
        { action: 'iot:Subscribe', resource: 'arn:s', decision: 'IMPLICIT_DENY' },
      ],
    });
  });
});

describe('queues, stacks and the caller', () => {
  it('are read', async () => {
    replies.set('GetQueueUrl', json({ QueueUrl: `${endpoint}/111122223333/q.fifo` }));
    replies.set(
      'GetQueueAttributes',
      json({
        Attributes: {
          QueueArn: 'arn:aws:sqs:us-east-1:111122223333:q.fifo',
          FifoQueue: 'true',
          ApproximateNumberOfMessages: '7',
          RedrivePolicy: '{"deadLetterTargetArn":"arn:d","maxReceiveCount":"5"}',
        },
      }),
    );
    expect(await createSqsQueues(new SQSClient(options())).queue('q.fifo')).toMatchObject({
      value: { value: { fifo: true, messages: 7, redrive: { targetArn: 'arn:d', maxReceiveCount: 5 } } },
    });
    replies.set('GetQueueUrl', jsonError('com.amazonaws.sqs#QueueDoesNotExist', 'no'));
    expect(await createSqsQueues(new SQSClient(options())).queue('q')).toEqual({
      state: 'known',
      value: { found: false },
    });

    replies.set('DescribeStacks', {
      body: '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><Outputs><member><OutputKey>BucketName</OutputKey><OutputValue>b</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>',
    });
    expect(await createCloudFormationStacks(new CloudFormationClient(options())).outputs('s')).toEqual({
      state: 'known',
      value: { BucketName: 'b' },
    });
    replies.set('GetCallerIdentity', {
      body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ann</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    });
    expect(await createStsCaller(new STSClient(options())).caller()).toEqual({
      state: 'known',
      value: { accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/ann' },
    });
  });
});
