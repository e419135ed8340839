import { QUEUE_NAMES, UNDELIVERED_QUEUE_NAMES } from '@stepcast/wire';
import { type RequestContext } from '@stepcast/policies';

/** One call that somebody makes, as IAM sees it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

const R = 'us-east-1';
const A = '111122223333';
const arn = (service: string, resource: string) => `arn:aws:${service}:${R}:${A}:${resource}`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const bucket = 'arn:aws:s3:::stepcast-uploads-111122223333';
const pool = arn('cognito-identity', 'identitypool/us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11');
const userPool = arn('cognito-idp', 'userpool/us-east-1_Ab3dEf9Gh');
const machine = arn('states', 'stateMachine:stepcast-pipeline');
const group = arn('logs', 'log-group:/aws/vendedlogs/states/stepcast-pipeline-Logs:*');
const stack = arn('cloudformation', 'stack/stepcast-app/0a1b2c3d-0000-4000-8000-000000000001');

const calls = (service: string, names: string, ...resources: readonly string[]): readonly Call[] =>
  names
    .split(' ')
    .flatMap((name) => resources.map((resource) => ({ action: `${service}:${name}`, resource })));

const INPUTS = [QUEUE_NAMES.uploads, QUEUE_NAMES.status, QUEUE_NAMES.events, QUEUE_NAMES.progress];
const topic = 'stepcast/v1/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/overview';
const table = arn('dynamodb', 'table/stepcast-journal');

/** A call on one partition of the journal table. */
const onItems = (name: string, partition: string): Call => ({
  action: `dynamodb:${name}`,
  resource: table,
  context: { 'dynamodb:LeadingKeys': [partition] },
});

/**
 * What people have to be able to do. Deploying: the calls of `cdk deploy` in a bootstrapped account. Operating: what the
 * doctor asks, its repairs, looking up and replaying, and what the runbook has people read and do by hand.
 */
export const required: Readonly<Record<'deploy' | 'operate', readonly Call[]>> = {
  deploy: [
    ...['deploy', 'file-publishing', 'image-publishing', 'lookup'].map((name) => ({
      action: 'sts:AssumeRole',
      resource: role(`cdk-hnb659fds-${name}-role-${A}-${R}`),
    })),
    ...calls('ssm', 'GetParameter', arn('ssm', 'parameter/cdk-bootstrap/hnb659fds/version')),
    ...calls(
      'cloudformation',
      'DescribeStacks DescribeStackEvents DescribeStackResources DescribeChangeSet GetTemplate ListStackResources',
      stack,
      arn('cloudformation', 'stack/CDKToolkit/0a1b2c3d-0000-4000-8000-000000000002'),
    ),
  ],
  operate: [
    ...calls('cognito-identity', 'DescribeIdentityPool GetIdentityPoolRoles ListIdentities', pool),
    ...calls('cognito-identity', 'DescribeIdentity ListIdentityPools SetIdentityPoolRoles', '*'),
    ...calls('cognito-idp', 'DescribeUserPool DescribeUserPoolClient ListUserPoolClients', userPool),
    ...calls(
      'iam',
      'GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies',
      role('stepcast-authenticated'),
    ),
    ...calls(
      'iam',
      'GetPolicy GetPolicyVersion',
      'arn:aws:iam::aws:policy/AWSIoTConfigAccess',
      `arn:aws:iam::${A}:policy/own`,
    ),
    ...calls('iam', 'PassRole', role('stepcast-authenticated-us-east-1'), role('stepcast-guest-us-east-1')),
    ...calls('iot', 'GetPolicy ListTargetsForPolicy', arn('iot', 'policy/stepcast-identity')),
    ...calls(
      'iot',
      'AttachPolicy DetachPolicy ListAttachedPolicies TestAuthorization',
      'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
    ),
    ...calls('iot', 'DescribeEndpoint', '*'),
    ...calls('s3', 'GetBucketPolicy GetBucketCORS GetBucketNotification ListBucket PutBucketCORS', bucket),
    ...calls('states', 'DescribeStateMachine ListExecutions', machine),
    ...calls('states', 'ListStateMachines', '*'),
    ...calls(
      'states',
      'DescribeExecution GetExecutionHistory ListMapRuns RedriveExecution',
      arn('states', 'execution:stepcast-pipeline:up-5f1c0a9e7b3d'),
      arn('states', 'execution:stepcast-pipeline/Tiles:child'),
    ),
    ...calls('states', 'DescribeMapRun', arn('states', 'mapRun:stepcast-pipeline/Tiles:0a1b')),
    ...calls('logs', 'DescribeLogGroups DescribeResourcePolicies', '*'),
    ...calls('logs', 'DescribeSubscriptionFilters DescribeLogStreams FilterLogEvents GetLogEvents', group),
    ...calls(
      'logs',
      'StartQuery GetQueryResults',
      arn('logs', 'log-group:/stepcast/engine:*'),
      arn('logs', 'log-group:/aws/lambda/stepcast-forwarder:*'),
      arn('logs', 'log-group:/aws/vendedlogs/stepcast/api:*'),
    ),
    ...calls(
      'sqs',
      'GetQueueUrl GetQueueAttributes',
      ...Object.values(QUEUE_NAMES).map((name) => arn('sqs', name)),
    ),
    ...calls('sqs', 'SendMessage', ...INPUTS.map((name) => arn('sqs', name))),
    ...calls(
      'sqs',
      'ReceiveMessage DeleteMessage ChangeMessageVisibility StartMessageMoveTask ListMessageMoveTasks',
      ...[QUEUE_NAMES.deadLetters, ...Object.values(UNDELIVERED_QUEUE_NAMES)].map((name) => arn('sqs', name)),
    ),
    ...calls(
      'dynamodb',
      'GetItem Query Scan PutItem DescribeTable',
      arn('dynamodb', 'table/stepcast-journal'),
    ),
    onItems('DeleteItem', 'execution#0123456789abcdef'),
    ...calls('iot', 'Connect', arn('iot', 'client/stepcast-operator-0a1b')),
    ...calls('iot', 'Publish RetainPublish Receive', arn('iot', `topic/${topic}`)),
    ...calls('iot', 'Subscribe', arn('iot', `topicfilter/${topic}`)),
    ...calls('states', 'StartExecution', machine),
    ...calls('cloudwatch', 'GetMetricStatistics GetMetricData', '*'),
    ...calls('cloudwatch', 'GetDashboard', `arn:aws:cloudwatch::${A}:dashboard/stepcast-${R}`),
    ...calls('ecs', 'DescribeServices', arn('ecs', 'service/stepcast/stepcast-engine')),
    ...calls('lambda', 'GetPolicy', arn('lambda', 'function:stepcast-forwarder')),
    ...calls('cloudformation', 'DescribeStacks', stack),
    ...calls('ec2', 'DescribeVpcs DescribeAvailabilityZones', '*'),
    ...calls('servicequotas', 'GetServiceQuota', '*'),
    ...calls(
      'kinesisvideo',
      'DescribeSignalingChannel',
      arn('kinesisvideo', 'channel/session-a/1764058120804'),
    ),
    ...calls('events', 'DescribeRule ListTargetsByRule', arn('events', 'rule/stepcast-uploads')),
    ...calls('cloudwatch', 'DescribeAlarms', arn('cloudwatch', 'alarm:stepcast-dead-letters')),
  ],
};

/** What none of them may do. */
export const forbidden: readonly Call[] = [
  ...calls('iam', 'CreateUser CreateAccessKey', `arn:aws:iam::${A}:user/x`),
  ...calls('iam', 'PassRole CreateRole PutRolePolicy AttachRolePolicy UpdateAssumeRolePolicy', role('Admin')),
  ...calls('iam', 'AttachRolePolicy', role('stepcast-correlator')),
  {
    action: 'iam:PassRole',
    resource: role('stepcast-correlator'),
    context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  },
  ...calls('sts', 'AssumeRole', role('Admin'), role(`cdk-hnb659fds-cfn-exec-role-${A}-${R}`)),
  ...calls('s3', 'GetBucketPolicy PutBucketPolicy DeleteBucket ListBucket', 'arn:aws:s3:::somebody-elses'),
  ...calls(
    's3',
    'GetObject PutObject DeleteObject',
    `${bucket}/users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/a.png`,
  ),
  ...calls('dynamodb', 'DeleteTable GetItem', arn('dynamodb', 'table/orders')),
  ...calls('sqs', 'PurgeQueue', arn('sqs', QUEUE_NAMES.deadLetters)),
  ...calls('sqs', 'ReceiveMessage', arn('sqs', 'orders')),
  ...calls('lambda', 'InvokeFunction', arn('lambda', 'function:stepcast-forwarder')),
  ...calls('lambda', 'UpdateFunctionCode', arn('lambda', 'function:orders')),
  ...calls('lambda', 'GetPolicy', arn('lambda', 'function:orders')),
  ...calls('logs', 'StartQuery GetQueryResults', arn('logs', 'log-group:/aws/lambda/orders:*')),
  ...calls('states', 'StartExecution', arn('states', 'stateMachine:somebody-elses')),
  ...['stream#a', 'upload#a', 'identity#a', 'audit#2026-11'].map((partition) =>
    onItems('DeleteItem', partition),
  ),
  ...calls(
    'iot',
    'Connect',
    arn('iot', 'client/stepcast-publisher-1'),
    arn('iot', 'client/us-east-1:1f0e2d3c'),
  ),
  ...calls('iot', 'Publish', arn('iot', 'topic/elsewhere/a')),
  ...calls('secretsmanager', 'GetSecretValue', arn('secretsmanager', 'secret:x')),
  ...calls('ec2', 'RunInstances', arn('ec2', 'instance/*')),
  ...calls('route53', 'ChangeResourceRecordSets', 'arn:aws:route53:::hostedzone/Z0A1B2C3'),
  ...calls(
    'iam',
    'CreateServiceLinkedRole',
    role('aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations'),
  ),
  ...calls('cloudformation', 'DeleteStack', stack),
  ...calls('organizations', 'LeaveOrganization', '*'),
];
