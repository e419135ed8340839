import { DEPLOYED, type Resource, type Template } from '@stepcast/cdk/testing';
import * as z from 'zod';
import { type Call } from './required.fixture.ts';

const { region, accountId } = DEPLOYED;
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
const role = (name: string) => `arn:aws:iam::${accountId}:role/${name}`;
const calls = (service: string, names: string, ...resources: readonly string[]): readonly Call[] =>
  names
    .split(' ')
    .flatMap((name) => resources.map((resource) => ({ action: `${service}:${name}`, resource })));
const passed = (roleArn: string, to: string): Call => ({
  action: 'iam:PassRole',
  resource: roleArn,
  context: { 'iam:PassedToService': to },
});

/** Text under a name in the properties of a resource. */
const text = (resource: Resource, name: string): string => {
  const value = z.string().safeParse(resource.properties[name]).data;
  if (value === undefined) throw new TypeError(`${resource.id} (${resource.type}) has no ${name}`);
  return value;
};
const identityPool = arn('cognito-identity', `identitypool/${DEPLOYED.identityPoolId}`);
const userPool = arn('cognito-idp', `userpool/${DEPLOYED.userPoolId}`);
const ec2 = (kind: string) => arn('ec2', `${kind}/${kind}-0a1b2c3d`);
const gateway = (path: string) => `arn:aws:apigateway:${region}::${path}`;
const onGateway = (...paths: readonly string[]) =>
  calls('apigateway', 'GET POST PATCH DELETE', ...paths.map((path) => gateway(path)));
const scalableTarget = arn('application-autoscaling', 'scalable-target/0a1b2c3d');
const SCALING_ROLE =
  'aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService';
const Attachment = z.object({ Roles: z.record(z.string(), z.string()) });

/**
 * What CloudFormation's handler of each type calls to make, read, change and delete a resource: `handlers.permissions` of
 * the type's schema in the CloudFormation registry. A type that is not here fails the test that asks.
 */
const handlers: Readonly<Record<string, (resource: Resource) => readonly Call[]>> = {
  'AWS::S3::Bucket': (r) =>
    calls(
      's3',
      'CreateBucket DeleteBucket PutBucketCORS PutBucketNotification PutBucketPublicAccessBlock PutBucketOwnershipControls PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutBucketTagging',
      `arn:aws:s3:::${text(r, 'BucketName')}`,
    ),
  'AWS::S3::BucketPolicy': (r) =>
    calls('s3', 'GetBucketPolicy PutBucketPolicy DeleteBucketPolicy', `arn:aws:s3:::${text(r, 'Bucket')}`),
  'AWS::SQS::Queue': (r) =>
    calls(
      'sqs',
      'CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes TagQueue',
      arn('sqs', text(r, 'QueueName')),
    ),
  'AWS::SQS::QueuePolicy': (r) =>
    calls(
      'sqs',
      'SetQueueAttributes GetQueueAttributes',
      ...z
        .array(z.string())
        .parse(r.properties['Queues'])
        .map((url) => arn('sqs', url.slice(url.lastIndexOf('/') + 1))),
    ),
  'AWS::DynamoDB::Table': (r) =>
    calls(
      'dynamodb',
      'CreateTable DeleteTable DescribeTable UpdateTable UpdateTimeToLive DescribeTimeToLive UpdateContinuousBackups DescribeContinuousBackups TagResource',
      arn('dynamodb', `table/${text(r, 'TableName')}`),
    ),
  'AWS::IoT::Policy': (r) =>
    calls(
      'iot',
      'CreatePolicy DeletePolicy GetPolicy CreatePolicyVersion DeletePolicyVersion ListPolicyVersions SetDefaultPolicyVersion',
      arn('iot', `policy/${text(r, 'PolicyName')}`),
    ),
  'AWS::Cognito::IdentityPool': () => [
    ...calls('cognito-identity', 'CreateIdentityPool', '*'),
    ...calls(
      'cognito-identity',
      'DescribeIdentityPool UpdateIdentityPool DeleteIdentityPool TagResource',
      identityPool,
    ),
  ],
  'AWS::Cognito::IdentityPoolRoleAttachment': (r) => [
    ...calls('cognito-identity', 'GetIdentityPoolRoles', identityPool),
    ...calls('cognito-identity', 'SetIdentityPoolRoles', '*'),
    ...Object.values(Attachment.parse(r.properties).Roles).map((roleArn) => ({
      action: 'iam:PassRole',
      resource: roleArn,
    })),
    ...[...JSON.stringify(r.properties['RoleMappings'] ?? {}).matchAll(/arn:aws:iam::[^"]+/g)].map(
      ([roleArn]) => ({ action: 'iam:PassRole', resource: roleArn }),
    ),
  ],
  'AWS::Cognito::UserPool': () => [
    ...calls('cognito-idp', 'CreateUserPool', '*'),
    ...calls(
      'cognito-idp',
      'DescribeUserPool UpdateUserPool DeleteUserPool SetUserPoolMfaConfig GetUserPoolMfaConfig TagResource',
      userPool,
    ),
  ],
  'AWS::Cognito::UserPoolClient': () =>
    calls(
      'cognito-idp',
      'CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient',
      userPool,
    ),
  'AWS::IAM::Role': (r) =>
    calls(
      'iam',
      'CreateRole DeleteRole GetRole UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy TagRole',
      role(z.string().optional().parse(r.properties['RoleName']) ?? `stepcast-${r.id}-1A2B3C`),
    ),
  'AWS::IAM::Policy': (r) =>
    calls(
      'iam',
      'PutRolePolicy GetRolePolicy DeleteRolePolicy',
      ...z
        .array(z.string())
        .parse(r.properties['Roles'])
        .map((name) => role(name)),
    ),
  'AWS::IAM::RolePolicy': (r) =>
    calls('iam', 'PutRolePolicy GetRolePolicy DeleteRolePolicy', role(text(r, 'RoleName'))),
  'AWS::Lambda::Function': (r) => [
    ...calls('s3', 'GetObject', `arn:aws:s3:::cdk-hnb659fds-assets-${accountId}-${region}/0a1b.zip`),
    ...calls(
      'lambda',
      'CreateFunction DeleteFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration TagResource',
      arn('lambda', `function:${text(r, 'FunctionName')}`),
    ),
    passed(text(r, 'Role'), 'lambda.amazonaws.com'),
  ],
  'AWS::Lambda::Permission': (r) =>
    calls('lambda', 'AddPermission RemovePermission', text(r, 'FunctionName')),
  'AWS::Logs::LogGroup': (r) => [
    ...calls(
      'logs',
      'CreateLogGroup DeleteLogGroup PutRetentionPolicy TagResource',
      arn('logs', `log-group:${text(r, 'LogGroupName')}:*`),
    ),
    ...calls('logs', 'DescribeLogGroups', '*'),
  ],
  'AWS::Logs::SubscriptionFilter': (r) =>
    calls(
      'logs',
      'PutSubscriptionFilter DeleteSubscriptionFilter DescribeSubscriptionFilters',
      arn('logs', `log-group:${text(r, 'LogGroupName')}:*`),
    ),
  'AWS::Logs::ResourcePolicy': () =>
    calls('logs', 'PutResourcePolicy DescribeResourcePolicies DeleteResourcePolicy', '*'),
  'AWS::Events::Rule': (r) =>
    calls(
      'events',
      'PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule TagResource',
      arn('events', `rule/${text(r, 'Name')}`),
    ),
  'AWS::CloudWatch::Alarm': (r) =>
    calls(
      'cloudwatch',
      'PutMetricAlarm DeleteAlarms DescribeAlarms',
      arn(
        'cloudwatch',
        `alarm:${z.string().optional().parse(r.properties['AlarmName']) ?? `stepcast-${r.id}-1A2B3C`}`,
      ),
    ),
  'AWS::CloudWatch::Dashboard': (r) =>
    calls(
      'cloudwatch',
      'PutDashboard GetDashboard DeleteDashboards',
      `arn:aws:cloudwatch::${accountId}:dashboard/${text(r, 'DashboardName')}`,
    ),
  'AWS::Logs::MetricFilter': (r) =>
    calls(
      'logs',
      'PutMetricFilter DeleteMetricFilter DescribeMetricFilters',
      arn('logs', `log-group:${text(r, 'LogGroupName')}:*`),
    ),
  'AWS::SNS::Topic': (r) =>
    calls(
      'sns',
      'CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic ListTagsForResource TagResource',
      arn('sns', text(r, 'TopicName')),
    ),
  'AWS::SNS::Subscription': (r) =>
    calls(
      'sns',
      'Subscribe Unsubscribe GetSubscriptionAttributes ListSubscriptionsByTopic',
      text(r, 'TopicArn'),
    ),
  'AWS::SNS::TopicPolicy': (r) =>
    z
      .array(z.string())
      .parse(r.properties['Topics'])
      .flatMap((topic) => calls('sns', 'GetTopicAttributes SetTopicAttributes', topic)),
  'AWS::Lambda::EventSourceMapping': () => [
    ...calls('lambda', 'CreateEventSourceMapping', '*'),
    ...calls(
      'lambda',
      'GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping',
      arn('lambda', 'event-source-mapping:0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'),
    ),
  ],
  'AWS::ApplicationAutoScaling::ScalableTarget': () => [
    ...calls(
      'application-autoscaling',
      'RegisterScalableTarget DeregisterScalableTarget TagResource',
      scalableTarget,
    ),
    ...calls('application-autoscaling', 'DescribeScalableTargets', '*'),
    ...calls('iam', 'CreateServiceLinkedRole PassRole', role(SCALING_ROLE)),
  ],
  'AWS::ApplicationAutoScaling::ScalingPolicy': () => [
    ...calls('application-autoscaling', 'PutScalingPolicy DeleteScalingPolicy', scalableTarget),
    ...calls('application-autoscaling', 'DescribeScalingPolicies', '*'),
  ],
  'AWS::ECS::Cluster': (r) => [
    ...calls(
      'ecs',
      'CreateCluster DeleteCluster DescribeClusters UpdateCluster TagResource',
      arn('ecs', `cluster/${text(r, 'ClusterName')}`),
    ),
    ...calls(
      'iam',
      'CreateServiceLinkedRole',
      role('aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'),
    ),
  ],
  'AWS::ECS::Service': (r) =>
    calls(
      'ecs',
      'CreateService DeleteService DescribeServices UpdateService TagResource',
      arn('ecs', `service/${text(r, 'Cluster')}/${text(r, 'ServiceName')}`),
    ),
  'AWS::ECS::TaskDefinition': (r) => [
    ...calls(
      'ecs',
      'RegisterTaskDefinition TagResource',
      arn('ecs', `task-definition/${text(r, 'Family')}:1`),
    ),
    ...calls('ecs', 'DescribeTaskDefinition DeregisterTaskDefinition', '*'),
    passed(text(r, 'TaskRoleArn'), 'ecs-tasks.amazonaws.com'),
    passed(text(r, 'ExecutionRoleArn'), 'ecs-tasks.amazonaws.com'),
  ],
  'AWS::EC2::SecurityGroup': () => [
    ...calls(
      'ec2',
      'CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress CreateTags',
      ec2('security-group'),
    ),
    ...calls('ec2', 'CreateSecurityGroup', ec2('vpc')),
    ...calls('ec2', 'DescribeSecurityGroups', '*'),
  ],
  'AWS::EC2::VPC': () => [
    ...calls('ec2', 'CreateVpc DeleteVpc ModifyVpcAttribute CreateTags', ec2('vpc')),
    ...calls('ec2', 'DescribeVpcs DescribeVpcAttribute', '*'),
  ],
  'AWS::EC2::Subnet': () => [
    ...calls('ec2', 'CreateSubnet DeleteSubnet ModifySubnetAttribute CreateTags', ec2('subnet')),
    ...calls('ec2', 'CreateSubnet', ec2('vpc')),
    ...calls('ec2', 'DescribeSubnets DescribeAvailabilityZones', '*'),
  ],
  'AWS::EC2::RouteTable': () => [
    ...calls('ec2', 'CreateRouteTable DeleteRouteTable CreateTags', ec2('route-table')),
    ...calls('ec2', 'CreateRouteTable', ec2('vpc')),
    ...calls('ec2', 'DescribeRouteTables', '*'),
  ],
  'AWS::EC2::SubnetRouteTableAssociation': () =>
    calls('ec2', 'AssociateRouteTable DisassociateRouteTable', ec2('route-table'), ec2('subnet')),
  'AWS::EC2::EIP': () => [
    ...calls('ec2', 'AllocateAddress ReleaseAddress CreateTags', ec2('elastic-ip')),
    ...calls('ec2', 'DescribeAddresses', '*'),
  ],
  'AWS::EC2::NatGateway': () => [
    ...calls('ec2', 'CreateNatGateway DeleteNatGateway CreateTags', ec2('natgateway')),
    ...calls('ec2', 'CreateNatGateway', ec2('subnet'), ec2('elastic-ip')),
    ...calls('ec2', 'DescribeNatGateways', '*'),
  ],
  'AWS::EC2::Route': () => calls('ec2', 'CreateRoute DeleteRoute', ec2('route-table')),
  'AWS::EC2::InternetGateway': () => [
    ...calls('ec2', 'CreateInternetGateway DeleteInternetGateway CreateTags', ec2('internet-gateway')),
    ...calls('ec2', 'DescribeInternetGateways', '*'),
  ],
  'AWS::EC2::VPCGatewayAttachment': () =>
    calls('ec2', 'AttachInternetGateway DetachInternetGateway', ec2('internet-gateway'), ec2('vpc')),
  'AWS::ApiGatewayV2::Api': () => [
    ...onGateway('/apis', '/apis/a1b2c3'),
    ...calls('apigateway', 'PUT TagResource', gateway('/tags/arn%3Aaws%3Aapigateway')),
  ],
  'AWS::ApiGatewayV2::Integration': () =>
    onGateway('/apis/a1b2c3/integrations', '/apis/a1b2c3/integrations/d4e5f6'),
  'AWS::ApiGatewayV2::Route': () => onGateway('/apis/a1b2c3/routes', '/apis/a1b2c3/routes/d4e5f6'),
  'AWS::ApiGatewayV2::Authorizer': () =>
    onGateway('/apis/a1b2c3/authorizers', '/apis/a1b2c3/authorizers/d4e5f6'),
  'AWS::ApiGatewayV2::Stage': () => [
    ...onGateway('/apis/a1b2c3/stages', '/apis/a1b2c3/stages/$default'),
    ...calls(
      'logs',
      'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries',
      '*',
    ),
    ...calls('logs', 'PutResourcePolicy DescribeResourcePolicies DescribeLogGroups', '*'),
  ],
};

/** Everything that CloudFormation calls to make, change and delete what stands in a template. */
export function neededBy(template: Template): readonly Call[] {
  const bootstrap = calls('ssm', 'GetParameters', arn('ssm', 'parameter/cdk-bootstrap/hnb659fds/version'));
  return [
    ...bootstrap,
    ...template.all().flatMap((resource) => {
      const handler = handlers[resource.type];
      if (handler === undefined) throw new TypeError(`what ${resource.type} needs is not known here`);
      return handler(resource);
    }),
  ];
}
