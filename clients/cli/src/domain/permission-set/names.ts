import { deploymentNames } from '@stepcast/wire';
import type { OperatorCommand } from '@stepcast/policies';

export const PURPOSES = ['deploy', 'operate', 'execution', 'execution-containers', 'execution-vpc'] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface PermissionSetOptions {
  readonly purpose: Purpose;
  readonly partition: string;
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Default: every pool of the region. */
  readonly identityPoolId: string | undefined;
  /** Default: every bucket whose name begins with the prefix. */
  readonly bucket: string | undefined;
  /** Default: every machine whose name begins with the prefix. */
  readonly stateMachineNames: readonly string[];
  /** A word such as `dev`, in every name; `undefined`: none. */
  readonly stage: string | undefined;
  /** The journal table, where it has a name of its own; default `stepcast-journal`, or `stepcast-STAGE-journal`. */
  readonly table: string | undefined;
  /** Of the state machines, where they are not `/aws/vendedlogs/states/{name}-Logs`; with `execution` also of tasks that report. */
  readonly logGroupNames: readonly string[];
  /** What the names of stacks, roles, queues and so on begin with. */
  readonly prefix: string;
  /** Of the CDK bootstrap. */
  readonly qualifier: string;
  /** With `operate`: the commands that are run; none for all of them. */
  readonly commands: readonly OperatorCommand[];
  /** First levels of every topic; default `stepcast/v1`. */
  readonly topicNamespace: string | undefined;
}

/** The ARNs that the documents and their requirements are made of. */
export function arnsFor(options: PermissionSetOptions) {
  const { partition, region, accountId, prefix, qualifier, stage } = options;
  const names = deploymentNames({ stage, region });
  const of = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const machines = options.stateMachineNames.length > 0 ? options.stateMachineNames : [`${prefix}*`];
  return {
    of,
    role: (name: string) => `arn:${partition}:iam::${accountId}:role/${name}`,
    regionalRole: (name: string) => `arn:${partition}:iam::${accountId}:role/${prefix}-${name}-${region}`,
    bootstrapRole: (name: string) =>
      `arn:${partition}:iam::${accountId}:role/cdk-${qualifier}-${name}-role-${accountId}-${region}`,
    assets: `arn:${partition}:s3:::cdk-${qualifier}-assets-${accountId}-${region}`,
    bootstrapVersion: of('ssm', `parameter/cdk-bootstrap/${qualifier}/version`),
    bucket: `arn:${partition}:s3:::${options.bucket ?? `${prefix}-*`}`,
    queues: of('sqs', `${prefix}-*`),
    table: of('dynamodb', `table/${options.table ?? names.journalTable}`),
    iotPolicy: of('iot', `policy/${names.iotPolicy}`),
    identityPool: of('cognito-identity', `identitypool/${options.identityPoolId ?? `${region}:*`}`),
    userPools: of('cognito-idp', `userpool/${region}_*`),
    functions: of('lambda', `function:${prefix}-*`),
    logGroups: [
      ...machines.map((name) => of('logs', `log-group:/aws/vendedlogs/states/${name}-Logs:*`)),
      of('logs', `log-group:/aws/lambda/${prefix}-*:*`),
      of('logs', `log-group:/${prefix}/*:*`),
      of('logs', `log-group:/aws/vendedlogs/${prefix}/*:*`),
    ],
    /** That exist, are not Stepcast's, and are subscribed to. */
    subscribed: options.logGroupNames.map((name) => of('logs', `log-group:${name}:*`)),
    rules: of('events', `rule/${prefix}-*`),
    alarms: of('cloudwatch', `alarm:${prefix}-*`),
    // A dashboard's ARN names no region.
    dashboard: `arn:${partition}:cloudwatch::${accountId}:dashboard/${prefix}*`,
    alarmTopic: of('sns', `${prefix}-alarms`),
    stacks: of('cloudformation', `stack/${prefix}*/*`),
    toolkit: of('cloudformation', 'stack/CDKToolkit/*'),
    cluster: of('ecs', `cluster/${prefix}*`),
    services: of('ecs', `service/${prefix}*/${prefix}-*`),
    taskDefinitions: of('ecs', `task-definition/${prefix}-*:*`),
    // Scalable targets have IDs and no names.
    scalableTargets: of('application-autoscaling', 'scalable-target/*'),
    // API Gateway's ARNs name no account.
    gateway: (path: string) => `arn:${partition}:apigateway:${region}::${path}`,
  };
}
export type PermissionArns = ReturnType<typeof arnsFor>;

/**
 * Actions that AWS decides on `*` only, or on something that has no ARN. Nothing else in a document here has the resource
 * `*`; a test holds it so. Source: service authorization reference; for AttachPolicy the denials that name a bare
 * identity ID as the resource.
 */
export const UNSCOPED_ACTIONS: ReadonlySet<string> = new Set([
  'application-autoscaling:DescribeScalableTargets',
  'application-autoscaling:DescribeScalingPolicies',
  'cognito-identity:CreateIdentityPool',
  'cognito-identity:DescribeIdentity',
  'cognito-identity:ListIdentityPools',
  'cognito-identity:SetIdentityPoolRoles',
  'cloudwatch:GetMetricData',
  'cloudwatch:GetMetricStatistics',
  'cognito-idp:CreateUserPool',
  'ec2:DescribeAddresses',
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeInternetGateways',
  'ec2:DescribeNatGateways',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcAttribute',
  'ec2:DescribeVpcs',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeTaskDefinition',
  'iot:AttachPolicy',
  'iot:DescribeEndpoint',
  'iot:DetachPolicy',
  'iot:ListAttachedPolicies',
  'iot:TestAuthorization',
  'lambda:CreateEventSourceMapping',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DeleteResourcePolicy',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'servicequotas:GetServiceQuota',
  'states:ListStateMachines',
]);
