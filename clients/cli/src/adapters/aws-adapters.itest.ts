import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { createCloudFormationStacks } from './cloudformation-stacks.adapter.ts';
import { createCloudWatchLogs } from './cloudwatch-logs.adapter.ts';
import { createCognitoIdentityPools } from './cognito-identity-pools.adapter.ts';
import { createCognitoUserPools } from './cognito-user-pools.adapter.ts';
import { createIotControl } from './iot-control.adapter.ts';
import { createSqsQueues } from './sqs-queues.adapter.ts';
import { createStsCaller } from './sts-caller.adapter.ts';
import { json, jsonError, openAwsWire, policy, type AwsWire } from '../testing/aws-wire.ts';

let wire: AwsWire;

beforeAll(async () => {
  wire = await openAwsWire();
});
beforeEach(() => wire.reset());
afterAll(() => wire.close());

describe('logs', () => {
  const logs = () => createCloudWatchLogs(new CloudWatchLogsClient(wire.options()));

  it('find the very group, not one that begins the same', async () => {
    wire.replies.set(
      'DescribeLogGroups',
      json({ logGroups: [{ logGroupName: '/a-b', logGroupClass: 'STANDARD' }] }),
    );
    expect(await logs().logGroup('/a')).toEqual({ state: 'known', value: { found: false } });
    wire.replies.set(
      'DescribeLogGroups',
      json({ logGroups: [{ logGroupName: '/a', logGroupClass: 'INFREQUENT_ACCESS' }] }),
    );
    expect(await logs().logGroup('/a')).toMatchObject({
      value: { value: { logClass: 'INFREQUENT_ACCESS' } },
    });
  });

  it('have resource policies and subscription filters', async () => {
    wire.replies.set(
      'DescribeResourcePolicies',
      json({ resourcePolicies: [{ policyName: 'p', policyDocument: policy('logs:PutLogEvents') }] }),
    );
    expect(await logs().resourcePolicies()).toMatchObject({
      value: [{ name: 'p', document: { Version: '2012-10-17' } }],
    });
    wire.replies.set(
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
    wire.replies.set('GetIdentityPoolRoles', json({ Roles: { authenticated: 'arn:a' }, RoleMappings }));
    expect(
      await createCognitoIdentityPools(new CognitoIdentityClient(wire.options())).roles('us-east-1:x'),
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
    wire.replies.set(
      'DescribeUserPoolClient',
      json({ UserPoolClient: { ClientId: 'c', ClientSecret: 'do-not-keep-me' } }),
    );
    const client = await createCognitoUserPools(new CognitoIdentityProviderClient(wire.options())).client(
      'p',
      'c',
    );
    expect(client).toEqual({ state: 'known', value: { found: true, value: { id: 'c', hasSecret: true } } });
    wire.replies.set(
      'DescribeUserPool',
      jsonError('ResourceNotFoundException', 'User pool p does not exist.'),
    );
    expect(
      await createCognitoUserPools(new CognitoIdentityProviderClient(wire.options())).userPool('p'),
    ).toEqual({
      state: 'known',
      value: { found: false },
    });
  });
});

describe('IoT', () => {
  it('decides by itself, one answer for each question', async () => {
    wire.replies.set(
      'POST /test-authorization?clientId',
      json({
        authResults: [
          { authInfo: { actionType: 'SUBSCRIBE', resources: ['arn:s'] }, authDecision: 'IMPLICIT_DENY' },
          { authInfo: { actionType: 'CONNECT', resources: ['arn:c'] }, authDecision: 'ALLOWED' },
        ],
      }),
    );
    const iot = createIotControl(new IoTClient(wire.options()));
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
    wire.replies.set('GetQueueUrl', json({ QueueUrl: `${wire.endpoint}/111122223333/q.fifo` }));
    wire.replies.set(
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
    expect(await createSqsQueues(new SQSClient(wire.options())).queue('q.fifo')).toMatchObject({
      value: { value: { fifo: true, messages: 7, redrive: { targetArn: 'arn:d', maxReceiveCount: 5 } } },
    });
    wire.replies.set('GetQueueUrl', jsonError('com.amazonaws.sqs#QueueDoesNotExist', 'no'));
    expect(await createSqsQueues(new SQSClient(wire.options())).queue('q')).toEqual({
      state: 'known',
      value: { found: false },
    });

    wire.replies.set('DescribeStacks', {
      body: '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member><OutputKey>BucketName</OutputKey><OutputValue>b</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>',
    });
    const stacks = createCloudFormationStacks(new CloudFormationClient(wire.options()));
    expect(await stacks.stack('s')).toEqual({
      state: 'known',
      value: { found: true, value: { status: 'CREATE_COMPLETE', outputs: { BucketName: 'b' } } },
    });
    wire.replies.set('DescribeStacks', {
      status: 400,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id s does not exist</Message></Error></ErrorResponse>',
    });
    expect(await stacks.stack('s')).toEqual({ state: 'known', value: { found: false } });
    wire.replies.set('GetCallerIdentity', {
      body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ann</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    });
    expect(await createStsCaller(new STSClient(wire.options())).caller()).toEqual({
      state: 'known',
      value: { accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/ann' },
    });
  });
});
