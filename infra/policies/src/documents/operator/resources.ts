import { topicSpace } from '@stepcast/contracts';
import { deploymentNames } from '@stepcast/wire';

/** MQTT client IDs of the operators' command are this, a hyphen and something. */
export const OPERATOR_CLIENT_ID_PREFIX = 'stepcast-operator';

/** Role that the sandbox's operator has. In AWS an operator has a permission set of IAM Identity Center. */
export const OPERATOR_ROLE_NAME = 'stepcast-operator';

export interface OperatorScope {
  readonly partition: string;
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Default: every pool of the region. */
  readonly identityPoolId?: string | undefined;
  /** Default: every bucket whose name begins with the prefix. */
  readonly bucket?: string | undefined;
  /** Default: every machine whose name begins with the prefix. */
  readonly stateMachineNames?: readonly string[];
  /** Of the state machines, where they are not `/aws/vendedlogs/states/{name}-Logs`. */
  readonly logGroupNames?: readonly string[];
  /** The journal table. Default that of the stage. */
  readonly table?: string | undefined;
  /** Default that of the stage. */
  readonly topicNamespace?: string | undefined;
  /** A word such as `dev`, in every name. Default none. Patterns without a stage reach what other stages have too; whole names do not. */
  readonly stage?: string | undefined;
  /** What the names of stacks, roles, queues and so on begin with. Default that of the stage. */
  readonly prefix?: string;
}

/** What operators work on, by the names that the grants use. */
export function operatorResources(scope: OperatorScope) {
  const { partition, region, accountId, stateMachineNames = [], logGroupNames = [] } = scope;
  const names = deploymentNames({ stage: scope.stage, region });
  const prefix = scope.prefix ?? names.prefix;
  const of = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const role = (name: string) => `arn:${partition}:iam::${accountId}:role/${name}`;
  const machines = stateMachineNames.length > 0 ? stateMachineNames : [`${prefix}*`];
  const everyTopic = topicSpace(scope.topicNamespace ?? names.topicNamespace).policyPattern('*');
  return {
    identityPool: [of('cognito-identity', `identitypool/${scope.identityPoolId ?? `${region}:*`}`)],
    userPools: [of('cognito-idp', `userpool/${region}_*`)],
    roles: [role(`${prefix}-*`)],
    poolRoles: [role(names.roles.authenticated), role(names.roles.guest)],
    managedPolicies: [`arn:${partition}:iam::aws:policy/*`, `arn:${partition}:iam::${accountId}:policy/*`],
    iotPolicy: [of('iot', `policy/${names.iotPolicy}`)],
    brokerClient: [of('iot', `client/${OPERATOR_CLIENT_ID_PREFIX}-*`)],
    topics: [of('iot', `topic/${everyTopic}`)],
    topicFilters: [of('iot', `topicfilter/${everyTopic}`)],
    bucket: [`arn:${partition}:s3:::${scope.bucket ?? `${prefix}-*`}`],
    machines: machines.map((name) => of('states', `stateMachine:${name}`)),
    executions: machines.flatMap((name) => [
      of('states', `execution:${name}:*`),
      of('states', `execution:${name}/*:*`),
    ]),
    mapRuns: machines.map((name) => of('states', `mapRun:${name}/*:*`)),
    logGroups: [
      ...logGroupNames.map((name) => of('logs', `log-group:${name}:*`)),
      ...machines.map((name) => of('logs', `log-group:/aws/vendedlogs/states/${name}-Logs:*`)),
      of('logs', `log-group:/aws/lambda/${prefix}-*:*`),
      of('logs', `log-group:/${prefix}/*:*`),
      of('logs', `log-group:/aws/vendedlogs/${prefix}/*:*`),
    ],
    queues: [of('sqs', `${prefix}-*`)],
    inputQueues: [names.queues.uploads, names.queues.status, names.queues.events, names.queues.progress].map(
      (name) => of('sqs', name),
    ),
    deadLetterQueues: [names.queues.deadLetters, ...Object.values(names.undeliveredQueues)].map((name) =>
      of('sqs', name),
    ),
    table: [of('dynamodb', `table/${scope.table ?? names.journalTable}`)],
    stacks: [of('cloudformation', `stack/${prefix}*/*`)],
    channels: [of('kinesisvideo', 'channel/*/*')],
    rules: [of('events', `rule/${prefix}-*`)],
    alarms: [of('cloudwatch', `alarm:${prefix}-*`)],
    // A dashboard's ARN names no region.
    dashboards: [`arn:${partition}:cloudwatch::${accountId}:dashboard/${prefix}*`],
    services: [of('ecs', `service/${prefix}*/${prefix}-*`)],
    functions: [of('lambda', `function:${prefix}-*`)],
    /** What AWS decides on `*`, or on an identity ID, which is no ARN. */
    unscoped: ['*'],
  } as const;
}
export type OperatorResources = ReturnType<typeof operatorResources>;
