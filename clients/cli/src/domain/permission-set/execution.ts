import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';

/**
 * What CloudFormation needs to make and change the resources, for `cdk bootstrap --cloudformation-execution-policies`:
 * in place of AdministratorAccess, which is the bootstrap's default.
 */
export function executionStatements(arns: PermissionArns, prefix: string): readonly PolicyStatement[] {
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
  const on = (service: string, names: string) => names.split(' ').map((name) => `${service}:${name}`);
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
        'DescribeIdentityPool UpdateIdentityPool DeleteIdentityPool GetIdentityPoolRoles SetIdentityPoolRoles TagResource',
      ),
      arns.identityPool,
    ),
    allow(
      'UserPool',
      on(
        'cognito-idp',
        'DescribeUserPool UpdateUserPool DeleteUserPool CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient TagResource',
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
        'CreateLogGroup DeleteLogGroup PutRetentionPolicy PutSubscriptionFilter DeleteSubscriptionFilter DescribeSubscriptionFilters TagResource',
      ),
      arns.logGroups,
    ),
    allow(
      'Rules',
      on('events', 'PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule TagResource'),
      arns.rules,
    ),
    allow(
      'Machines',
      on(
        'states',
        'CreateStateMachine DeleteStateMachine DescribeStateMachine UpdateStateMachine TagResource',
      ),
      arns.machines,
    ),
    allow('Alarms', on('cloudwatch', 'PutMetricAlarm DeleteAlarms DescribeAlarms'), arns.alarms),
    allow('Cluster', on('ecs', 'CreateCluster DeleteCluster DescribeClusters TagResource'), arns.cluster),
    allow(
      'Services',
      on('ecs', 'CreateService DeleteService DescribeServices UpdateService TagResource'),
      arns.services,
    ),
    allow('Tasks', on('ecs', 'RegisterTaskDefinition TagResource'), arns.taskDefinitions),
    allow(
      'SecurityGroups',
      on(
        'ec2',
        'CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress RevokeSecurityGroupIngress CreateTags',
      ),
      [arns.of('ec2', 'security-group/*'), arns.of('ec2', 'vpc/*')],
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
          'iam:PassedToService': [
            'ecs-tasks.amazonaws.com',
            'events.amazonaws.com',
            'lambda.amazonaws.com',
            'states.amazonaws.com',
          ],
        },
      },
    },
    // Whether Cognito says for whom a role is passed is not documented, so these two go without the condition.
    allow(
      'HandRolesToPool',
      on('iam', 'PassRole'),
      ['authenticated', 'guest'].map((name) => arns.role(`${prefix}-${name}`)),
    ),
    allow(
      'WhatHasNoArn',
      [
        ...on('cognito-identity', 'CreateIdentityPool'),
        ...on('cognito-idp', 'CreateUserPool'),
        ...on('ec2', 'DescribeSecurityGroups DescribeSubnets DescribeVpcs'),
        ...on('ecs', 'DescribeTaskDefinition DeregisterTaskDefinition'),
        ...on(
          'logs',
          'DescribeLogGroups DescribeResourcePolicies PutResourcePolicy CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries',
        ),
      ],
      '*',
    ),
  ];
}
