import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';
import { allow, on } from './statement.ts';

/**
 * What CloudFormation needs to make and change the data path, for `cdk bootstrap --cloudformation-execution-policies`: in
 * place of AdministratorAccess, which is the bootstrap's default. Containers and network have documents of their own,
 * because a managed policy has room for 6,144 characters.
 */
export function executionStatements(arns: PermissionArns, prefix: string): readonly PolicyStatement[] {
  const roles = arns.role(`${prefix}-*`);
  return [
    allow('Assets', on('s3', 'GetObject'), `${arns.assets}/*`),
    allow('Version', on('ssm', 'GetParameters'), arns.bootstrapVersion),
    allow(
      'Bucket',
      on(
        's3',
        'CreateBucket DeleteBucket GetBucketPolicy PutBucketPolicy DeleteBucketPolicy PutBucketCORS PutBucketNotification PutBucketPublicAccessBlock PutBucketOwnershipControls PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutBucketTagging',
      ),
      arns.bucket,
    ),
    allow(
      'Queues',
      on('sqs', 'CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes TagQueue'),
      arns.queues,
    ),
    allow(
      'Journal',
      on(
        'dynamodb',
        'CreateTable DeleteTable DescribeTable UpdateTable UpdateTimeToLive DescribeTimeToLive UpdateContinuousBackups DescribeContinuousBackups TagResource',
      ),
      arns.table,
    ),
    allow(
      'IotPolicy',
      on(
        'iot',
        'CreatePolicy DeletePolicy GetPolicy CreatePolicyVersion DeletePolicyVersion ListPolicyVersions SetDefaultPolicyVersion',
      ),
      arns.iotPolicy,
    ),
    allow(
      'IdentityPool',
      on(
        'cognito-identity',
        'DescribeIdentityPool UpdateIdentityPool DeleteIdentityPool GetIdentityPoolRoles TagResource',
      ),
      arns.identityPool,
    ),
    allow(
      'UserPool',
      on(
        'cognito-idp',
        'DescribeUserPool UpdateUserPool DeleteUserPool SetUserPoolMfaConfig GetUserPoolMfaConfig CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient TagResource',
      ),
      arns.userPools,
    ),
    allow(
      'Forwarder',
      on(
        'lambda',
        'CreateFunction DeleteFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration AddPermission RemovePermission TagResource',
      ),
      arns.functions,
    ),
    allow(
      'LogGroups',
      on(
        'logs',
        'CreateLogGroup DeleteLogGroup PutRetentionPolicy PutSubscriptionFilter DeleteSubscriptionFilter DescribeSubscriptionFilters PutMetricFilter DeleteMetricFilter DescribeMetricFilters TagResource',
      ),
      arns.logGroups,
    ),
    ...(arns.subscribed.length === 0
      ? []
      : [
          allow(
            'Subscriptions',
            on('logs', 'PutSubscriptionFilter DeleteSubscriptionFilter DescribeSubscriptionFilters'),
            arns.subscribed,
          ),
        ]),
    allow(
      'Rules',
      on('events', 'PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule TagResource'),
      arns.rules,
    ),
    allow('Alarms', on('cloudwatch', 'PutMetricAlarm DeleteAlarms DescribeAlarms'), arns.alarms),
    allow('Dashboard', on('cloudwatch', 'PutDashboard GetDashboard DeleteDashboards'), arns.dashboard),
    allow(
      'AlarmTopic',
      on(
        'sns',
        'CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe GetSubscriptionAttributes ListSubscriptionsByTopic ListTagsForResource TagResource',
      ),
      arns.alarmTopic,
    ),
    allow(
      'Roles',
      on(
        'iam',
        'CreateRole DeleteRole GetRole UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy TagRole',
      ),
      roles,
    ),
    {
      ...allow('HandRolesToServices', on('iam', 'PassRole'), roles),
      Condition: {
        StringEquals: {
          'iam:PassedToService': ['lambda.amazonaws.com'],
        },
      },
    },
    // Whether Cognito says for whom a role is passed is not documented, so these go without the condition.
    allow(
      'HandRolesToPool',
      on('iam', 'PassRole'),
      ['authenticated', 'guest', 'speaker', 'listener'].map((name) => arns.regionalRole(name)),
    ),
    allow(
      'WhatHasNoArn',
      [
        ...on('cognito-identity', 'CreateIdentityPool SetIdentityPoolRoles'),
        ...on('cognito-idp', 'CreateUserPool'),
        ...on('logs', 'DescribeLogGroups DescribeResourcePolicies PutResourcePolicy DeleteResourcePolicy'),
      ],
      '*',
    ),
  ];
}
