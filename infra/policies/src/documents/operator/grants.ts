import type { OperatorResources } from './resources.ts';

/** The commands of `stepcast` that need rights in AWS. */
export const OPERATOR_COMMANDS = [
  'doctor',
  'lookup',
  'journal',
  'journal-import',
  'stats',
  'tail',
  'replay',
  'parked',
  'quarantine',
  'dead-letters',
  'audit',
  'backfill',
  'reprocess',
  'destroy',
] as const;
export type OperatorCommand = (typeof OPERATOR_COMMANDS)[number];

/** Commands whose rights nobody gets without having asked for them by name. */
export const GRAVE_COMMANDS: ReadonlySet<OperatorCommand> = new Set(['destroy']);

/** One right: actions on a resource, perhaps only for items whose partition key begins with something. */
export interface Grant {
  readonly resource: keyof OperatorResources;
  readonly actions: readonly string[];
  /** Patterns of the partition keys of a table. */
  readonly leadingKeys?: readonly string[];
}

const grant = (resource: Grant['resource'], service: string, names: string): Grant => ({
  resource,
  actions: names.split(' ').map((name) => `${service}:${name}`),
});
const keyed = (leadingKeys: readonly string[], names: string): Grant => ({
  ...grant('table', 'dynamodb', names),
  leadingKeys,
});

/** An identity or upload may be named by its beginning, which only a scan finds. */
const readJournal = grant('table', 'dynamodb', 'GetItem Query Scan');
/** Every change that an operator makes leaves an item of its own. */
const writeAudit = keyed(['audit#*'], 'PutItem');
const findQueues = grant('queues', 'sqs', 'GetQueueUrl');
const measureQueues = grant('queues', 'sqs', 'GetQueueUrl GetQueueAttributes');
const sendInputs = grant('inputQueues', 'sqs', 'SendMessage');
const takeLetters = grant('deadLetterQueues', 'sqs', 'ReceiveMessage DeleteMessage ChangeMessageVisibility');
const findBroker = grant('unscoped', 'iot', 'DescribeEndpoint');
const connect = grant('brokerClient', 'iot', 'Connect');
const readExecutions = grant('executions', 'states', 'DescribeExecution GetExecutionHistory');

const diagnose: readonly Grant[] = [
  grant('identityPool', 'cognito-identity', 'DescribeIdentityPool GetIdentityPoolRoles'),
  grant('userPools', 'cognito-idp', 'DescribeUserPool DescribeUserPoolClient'),
  grant('roles', 'iam', 'GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies'),
  grant('managedPolicies', 'iam', 'GetPolicy GetPolicyVersion'),
  grant('iotPolicy', 'iot', 'GetPolicy'),
  grant('bucket', 's3', 'GetBucketPolicy GetBucketCORS GetBucketNotification ListBucket'),
  grant('machines', 'states', 'DescribeStateMachine ListExecutions'),
  // In observed mode: whether inputs name their upload where the configured paths point. The doctor prints no input.
  grant('executions', 'states', 'DescribeExecution'),
  grant('logGroups', 'logs', 'DescribeSubscriptionFilters'),
  measureQueues,
  grant('stacks', 'cloudformation', 'DescribeStacks'),
  // Before a deployment: whether there is a journal already, and what the region has room for.
  grant('table', 'dynamodb', 'DescribeTable'),
  grant('unscoped', 'ec2', 'DescribeVpcs DescribeAvailabilityZones'),
  grant('unscoped', 'servicequotas', 'GetServiceQuota'),
  grant('unscoped', 'cognito-identity', 'DescribeIdentity ListIdentityPools'),
  grant('unscoped', 'iot', 'DescribeEndpoint ListAttachedPolicies TestAuthorization'),
  grant('unscoped', 'logs', 'DescribeLogGroups DescribeResourcePolicies'),
  // What --fix does, after asking.
  grant('unscoped', 'iot', 'AttachPolicy'),
  grant('bucket', 's3', 'PutBucketCORS'),
];

/** What each command needs, and nothing else. */
export const OPERATOR_GRANTS: Readonly<Record<OperatorCommand, readonly Grant[]>> = {
  doctor: diagnose,
  lookup: [readJournal],
  journal: [readJournal],
  'journal-import': [grant('table', 'dynamodb', 'GetItem PutItem')],
  stats: [
    grant('table', 'dynamodb', 'Scan'),
    measureQueues,
    grant('deadLetterQueues', 'sqs', 'ReceiveMessage ChangeMessageVisibility'),
    grant('unscoped', 'cloudwatch', 'GetMetricStatistics'),
  ],
  tail: [
    readJournal,
    findBroker,
    connect,
    grant('topicFilters', 'iot', 'Subscribe'),
    grant('topics', 'iot', 'Receive'),
  ],
  replay: [readJournal, findBroker, connect, grant('topics', 'iot', 'Publish RetainPublish'), writeAudit],
  parked: [
    grant('table', 'dynamodb', 'Scan'),
    findQueues,
    sendInputs,
    keyed(['execution#*'], 'DeleteItem'),
    writeAudit,
  ],
  quarantine: [readJournal, findQueues, sendInputs, keyed(['execution#*'], 'DeleteItem PutItem'), writeAudit],
  // Records that were given up for want of an owner are weighed anew: that they were given up is forgotten.
  'dead-letters': [
    grant('table', 'dynamodb', 'GetItem Query'),
    findQueues,
    takeLetters,
    sendInputs,
    keyed(['execution#*'], 'DeleteItem'),
    writeAudit,
  ],
  audit: [keyed(['audit#*'], 'Query')],
  backfill: [
    readJournal,
    readExecutions,
    grant('logGroups', 'logs', 'FilterLogEvents'),
    grant('unscoped', 'logs', 'DescribeLogGroups'),
    findQueues,
    sendInputs,
    writeAudit,
  ],
  reprocess: [
    readJournal,
    grant('executions', 'states', 'DescribeExecution'),
    findQueues,
    sendInputs,
    writeAudit,
    grant('machines', 'states', 'StartExecution'),
  ],
  // CloudFormation deletes under the role that it deployed with; detaching has no ARN to be scoped to.
  destroy: [
    grant('stacks', 'cloudformation', 'DescribeStacks ListStackResources DeleteStack'),
    grant('iotPolicy', 'iot', 'ListTargetsForPolicy'),
    grant('unscoped', 'iot', 'DetachPolicy'),
  ],
};

/** What operators do by hand, with the runbook open: no command of ours needs it. */
export const BY_HAND: readonly Grant[] = [
  grant('identityPool', 'cognito-identity', 'ListIdentities'),
  grant('unscoped', 'cognito-identity', 'SetIdentityPoolRoles'),
  grant('poolRoles', 'iam', 'PassRole'),
  grant('userPools', 'cognito-idp', 'ListUserPoolClients'),
  grant('iotPolicy', 'iot', 'ListTargetsForPolicy'),
  grant('unscoped', 'iot', 'DetachPolicy'),
  grant('unscoped', 'states', 'ListStateMachines'),
  grant('machines', 'states', 'ListExecutions'),
  grant('executions', 'states', 'ListMapRuns RedriveExecution'),
  grant('mapRuns', 'states', 'DescribeMapRun'),
  grant('logGroups', 'logs', 'DescribeLogStreams GetLogEvents StartQuery GetQueryResults'),
  grant('table', 'dynamodb', 'DescribeTable'),
  grant('channels', 'kinesisvideo', 'DescribeSignalingChannel'),
  grant('rules', 'events', 'DescribeRule ListTargetsByRule'),
  grant('alarms', 'cloudwatch', 'DescribeAlarms'),
  grant('dashboards', 'cloudwatch', 'GetDashboard'),
  grant('unscoped', 'cloudwatch', 'GetMetricData'),
  grant('services', 'ecs', 'DescribeServices'),
  // Who may invoke the forwarder.
  grant('functions', 'lambda', 'GetPolicy'),
  grant('deadLetterQueues', 'sqs', 'StartMessageMoveTask ListMessageMoveTasks'),
];
