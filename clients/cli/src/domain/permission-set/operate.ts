import { AUTHENTICATED_ROLE_NAME, GUEST_ROLE_NAME } from '@stepcast/wire';
import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';

/** What an operator needs: to diagnose everything, to look executions up and replay them, to repair permissions by hand. */
export function operateStatements(arns: PermissionArns, prefix: string): readonly PolicyStatement[] {
  const allow = (
    Sid: string,
    Action: readonly string[],
    Resource: string | readonly string[],
  ): PolicyStatement => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
  });
  return [
    allow(
      'ReadPools',
      [
        'cognito-identity:DescribeIdentityPool',
        'cognito-identity:GetIdentityPoolRoles',
        'cognito-identity:ListIdentities',
      ],
      arns.identityPool,
    ),
    allow(
      'ReadUserPools',
      [
        'cognito-idp:DescribeUserPool',
        'cognito-idp:DescribeUserPoolClient',
        'cognito-idp:ListUserPoolClients',
      ],
      arns.userPools,
    ),
    allow(
      'ReadRoles',
      ['iam:GetRole', 'iam:ListRolePolicies', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'],
      arns.role(`${prefix}-*`),
    ),
    allow('ReadManagedPolicies', ['iam:GetPolicy', 'iam:GetPolicyVersion'], arns.managedPolicies),
    allow('ReadIotPolicy', ['iot:GetPolicy', 'iot:ListTargetsForPolicy'], arns.iotPolicy),
    allow(
      'ReadBucket',
      ['s3:GetBucketPolicy', 's3:GetBucketCORS', 's3:GetBucketNotification', 's3:ListBucket'],
      arns.bucket,
    ),
    allow('ReadMachines', ['states:DescribeStateMachine', 'states:ListExecutions'], arns.machines),
    allow(
      'ReadExecutions',
      [
        'states:DescribeExecution',
        'states:GetExecutionHistory',
        'states:ListMapRuns',
        'states:RedriveExecution',
      ],
      arns.executions,
    ),
    allow('ReadMapRuns', ['states:DescribeMapRun'], arns.mapRuns),
    allow(
      'ReadLogs',
      [
        'logs:DescribeSubscriptionFilters',
        'logs:DescribeLogStreams',
        'logs:FilterLogEvents',
        'logs:GetLogEvents',
      ],
      arns.logGroups,
    ),
    allow('ReadQueues', ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'], arns.queues),
    allow(
      'HandleDeadLetters',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      arns.deadLetters,
    ),
    allow('Replay', ['sqs:SendMessage'], arns.queues),
    allow(
      'ReadJournal',
      ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:DescribeTable'],
      [arns.table, `${arns.table}/index/*`],
    ),
    allow('ReadStacks', ['cloudformation:DescribeStacks'], arns.stacks),
    allow('ReadChannels', ['kinesisvideo:DescribeSignalingChannel'], arns.channels),
    allow('ReadRules', ['events:DescribeRule', 'events:ListTargetsByRule'], arns.rules),
    allow('ReadAlarms', ['cloudwatch:DescribeAlarms'], arns.alarms),
    // Decided on "*", or on an identity ID, which is no ARN.
    allow(
      'ReadWhatHasNoArn',
      [
        'cognito-identity:DescribeIdentity',
        'cognito-identity:ListIdentityPools',
        'iot:DescribeEndpoint',
        'iot:ListAttachedPolicies',
        'iot:TestAuthorization',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'states:ListStateMachines',
      ],
      '*',
    ),
    allow('AttachByHand', ['iot:AttachPolicy', 'iot:DetachPolicy'], '*'),
    allow('PoolRoles', ['cognito-identity:SetIdentityPoolRoles'], arns.identityPool),
    allow(
      'PassPoolRoles',
      ['iam:PassRole'],
      [AUTHENTICATED_ROLE_NAME, GUEST_ROLE_NAME].map((name) => arns.role(name)),
    ),
    allow('RepairCors', ['s3:PutBucketCORS'], arns.bucket),
  ];
}
