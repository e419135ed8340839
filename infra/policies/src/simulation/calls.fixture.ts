import { arn, bucket, me, pool, somebodyElse } from './deployed-roles.fixture.ts';

/** One call, as IAM is asked about it: action, resource, and a condition key with its value where the call has one. */
export type Call = readonly [action: string, resource: string, key?: readonly [name: string, value: string]];

const on = (service: string, actions: string, ...resources: readonly string[]): readonly Call[] =>
  actions
    .split(' ')
    .flatMap((action) => resources.map((resource): Call => [`${service}:${action}`, resource]));
const queue = (name: string): string => arn('sqs', `stepcast-${name}`);
const consume = (...queues: readonly string[]) =>
  on('sqs', 'ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes', ...queues.map(queue));
const send = (...queues: readonly string[]) => on('sqs', 'SendMessage', ...queues.map(queue));
const iot = (rest: string): string => arn('iot', rest);
const journal = arn('dynamodb', 'table/stepcast-journal');
const machine = arn('states', 'stateMachine:PhotoPipeline');
const logsOf = (name: string) =>
  on('logs', 'CreateLogStream PutLogEvents', arn('logs', `log-group:/aws/lambda/${name}:log-stream:a`));

const correlating: readonly Call[] = [
  ...consume('uploads', 'status', 'events.fifo'),
  ...send('dead-letters'),
  ...on('dynamodb', 'GetItem Query PutItem PartiQLInsert BatchWriteItem', journal),
  ...on('states', 'DescribeStateMachine StartExecution', machine),
  ...on(
    'states',
    'DescribeExecution GetExecutionHistory DescribeStateMachineForExecution',
    arn('states', 'execution:PhotoPipeline:up-1'),
    arn('states', 'execution:PhotoPipeline/Items:1'),
  ),
  ...on('states', 'DescribeMapRun', arn('states', 'mapRun:PhotoPipeline/Items:1')),
];
const publishing: readonly Call[] = [
  ...on('iot', 'Connect', iot('client/stepcast-publisher-1')),
  ...on('iot', 'Publish RetainPublish', iot(`topic/stepcast/v1/${me}/overview`)),
  ...on(
    'iot',
    'Subscribe',
    iot('topicfilter/stepcast/v1/+/requests/+'),
    iot('topicfilter/$share/stepcast/stepcast/v1/+/requests/+'),
  ),
  ...on('iot', 'Receive', iot(`topic/stepcast/v1/${me}/requests/tab1`)),
];
const attaching: readonly Call[] = on('iot', 'AttachPolicy ListAttachedPolicies TestAuthorization', me);
const poolArn = arn('cognito-identity', `identitypool/${pool}`);
const requesting: readonly Call[] = [
  ...attaching,
  ...on('cognito-identity', 'DescribeIdentityPool GetIdentityPoolRoles', poolArn),
];
const policy = iot('policy/stepcast-identity');
const reconciling: readonly Call[] = [
  ...on('iot', 'AttachPolicy DetachPolicy', me),
  ...on('iot', 'ListTargetsForPolicy', policy),
  ...on('cognito-identity', 'ListIdentities', poolArn),
  ...on('cognito-identity', 'DescribeIdentity', me),
];

const mine = `arn:aws:s3:::${bucket}/users/${me}/a.png`;
const using: readonly Call[] = [
  ...on('iot', 'Connect', iot(`client/${me}-tab1`)),
  ...on('iot', 'Subscribe', iot(`topicfilter/stepcast/v1/${me}/overview`)),
  ...on('iot', 'Receive', iot(`topic/stepcast/v1/${me}/overview`)),
  ...on('iot', 'Publish', iot(`topic/stepcast/v1/${me}/requests/tab1`)),
];
const storing: readonly Call[] = [
  ...on('s3', 'GetObject PutObject DeleteObject AbortMultipartUpload ListMultipartUploadParts', mine),
  ['s3:ListBucket', `arn:aws:s3:::${bucket}`, ['s3:prefix', `users/${me}/`]],
];
const signing: readonly Call[] = on(
  'execute-api',
  'Invoke',
  arn('execute-api', 'f6g7h8i9j0/signed/POST/v1/provision'),
);
const channel = arn('kinesisvideo', 'channel/session-a/1764058120804');
const viewing = on(
  'kinesisvideo',
  'DescribeSignalingChannel GetSignalingChannelEndpoint GetIceServerConfig ConnectAsViewer',
  channel,
);

/** Every call that each role makes, and no other. */
export const CALLS: Readonly<Record<string, readonly Call[]>> = {
  forwarder: [...send('events.fifo', 'dead-letters', 'undelivered'), ...logsOf('stepcast-forwarder')],
  correlator: [...correlating, ...send('progress.fifo')],
  publisher: [
    ...consume('progress.fifo'),
    ...send('dead-letters'),
    ...on('dynamodb', 'Query', journal),
    ...on('ecs', 'DescribeServices', arn('ecs', 'service/stepcast/stepcast-publisher')),
    ...publishing,
  ],
  engine: [...correlating, ...publishing],
  provisioner: [
    ...requesting,
    ...reconciling,
    ...on('iot', 'DescribeEndpoint', '*'),
    ...on('iot', 'GetPolicy', policy),
    ...on('iot', 'DeleteConnection', iot(`client/${me}-tab1`)),
    ...on('cognito-identity', 'SetIdentityPoolRoles', '*'),
    ...on(
      'iam',
      'PassRole',
      ...['authenticated', 'guest', 'speaker', 'listener'].map(
        (name) => `arn:aws:iam::111122223333:role/stepcast-${name}`,
      ),
    ),
    ...consume('first-logins'),
    ...send('dead-letters'),
  ],
  signedProvisioner: [...requesting, ...logsOf('stepcast-provisioner-signed')],
  byToken: [...requesting, ...logsOf('stepcast-provisioner-token')],
  reconcile: [...reconciling, ...logsOf('stepcast-provisioner-reconcile')],
  firstLogins: [
    ...attaching,
    ...on('cognito-identity', 'DescribeIdentity', me),
    ...on('sqs', 'ReceiveMessage DeleteMessage GetQueueAttributes', queue('first-logins')),
    ...send('dead-letters'),
    ...logsOf('stepcast-provisioner-logins'),
  ],
  authenticated: [...using, ...storing, ...signing, ...viewing],
  guest: [...using, ...storing],
  speaker: [...using, ...storing, ...signing, ...viewing, ['kinesisvideo:ConnectAsMaster', channel]],
  listener: [...using, ...storing, ...signing, ...viewing],
};

const requests = `arn:aws:iot:us-east-1:111122223333:topic/stepcast/v1/${me}/requests/tab1`;
/**
 * What a role may do although it never does: one pattern covers all topics of an identity, and a policy has no way to leave one out
 * but a deny. Nothing comes of it: the publisher hears its own words, a person reads their own.
 */
export const BROADER: Readonly<Record<string, readonly Call[]>> = {
  publisher: [['iot:Publish', requests]],
  engine: [['iot:Publish', requests]],
  authenticated: [['iot:Receive', requests]],
  guest: [['iot:Receive', requests]],
  speaker: [['iot:Receive', requests]],
  listener: [['iot:Receive', requests]],
};

const keyed = (action: string, key: string): Call => [
  `dynamodb:${action}`,
  journal,
  ['dynamodb:LeadingKeys', key],
];

/** What no role may do, whatever it is for. */
export const HOSTILE: readonly Call[] = [
  ...['PutItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete', 'UpdateItem', 'DeleteItem']
    .filter((action) => !['PutItem', 'PartiQLInsert'].includes(action))
    .map((action) => keyed(action, `stream#${me}`)),
  ...on(
    'dynamodb',
    'DeleteItem UpdateItem Scan DeleteTable UpdateTable CreateBackup ExportTableToPointInTime',
    journal,
  ),
  ...on('dynamodb', 'GetItem Query PutItem PartiQLInsert', arn('dynamodb', 'table/somebody-elses')),
  ...on('sqs', 'PurgeQueue DeleteQueue SetQueueAttributes AddPermission', queue('events.fifo')),
  ...on('sqs', 'SendMessage ReceiveMessage', arn('sqs', 'somebody-elses'), queue('uploads-copy')),
  ...on('sqs', 'SendMessage', queue('uploads'), queue('status')),
  ...on('sqs', 'ReceiveMessage', queue('dead-letters'), queue('undelivered'), queue('undelivered.fifo')),
  ...on(
    'states',
    'StartExecution UpdateStateMachine DeleteStateMachine',
    arn('states', 'stateMachine:Payroll'),
  ),
  ...on('states', 'UpdateStateMachine DeleteStateMachine', machine),
  ...on(
    'states',
    'StopExecution RedriveExecution SendTaskSuccess',
    arn('states', 'execution:PhotoPipeline:up-1'),
  ),
  ...on('states', 'GetExecutionHistory', arn('states', 'execution:PhotoPipelineCopy:up-1')),
  ...on('iot', 'Connect', iot('client/x'), iot('client/stepcast-operator-1'), iot('client/*')),
  ...on('iot', 'Connect', iot(`client/${somebodyElse}-tab1`)),
  ...on(
    'iot',
    'Subscribe',
    iot('topicfilter/#'),
    iot('topicfilter/stepcast/v1/#'),
    iot('topicfilter/$aws/#'),
  ),
  ...on(
    'iot',
    'Subscribe',
    iot(`topicfilter/stepcast/v1/${somebodyElse}/#`),
    iot('topicfilter/stepcast/v1/+/overview'),
  ),
  ...on('iot', 'Publish', iot('topic/$aws/things/a/shadow/update'), iot('topic/other/v1/x')),
  ...on('iot', 'CreatePolicy CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy', policy),
  ...on('iot', 'DeleteConnection', iot('client/stepcast-publisher-1')),
  ...on('iot', 'GetThingShadow UpdateThingShadow', iot('thing/a')),
  ...on('iot', 'GetRetainedMessage ListRetainedMessages', iot(`topic/stepcast/v1/${somebodyElse}/overview`)),
  ...on('s3', 'GetObject PutObject DeleteObject', `arn:aws:s3:::${bucket}/users/${somebodyElse}/a.png`),
  ...on('s3', 'GetObject', 'arn:aws:s3:::somebody-elses/a.png', `arn:aws:s3:::${bucket}/a.png`),
  ...on('s3', 'DeleteObjectVersion PutObjectAcl GetObjectVersion', mine),
  ...on('s3', 'PutBucketPolicy DeleteBucket PutBucketNotification PutBucketCORS', `arn:aws:s3:::${bucket}`),
  ['s3:ListBucket', `arn:aws:s3:::${bucket}`],
  ['s3:ListBucket', `arn:aws:s3:::${bucket}`, ['s3:prefix', 'users/']],
  ['s3:ListBucket', `arn:aws:s3:::${bucket}`, ['s3:prefix', `users/${somebodyElse}/`]],
  ...on(
    'iam',
    'PassRole CreateRole PutRolePolicy AttachRolePolicy UpdateAssumeRolePolicy',
    'arn:aws:iam::111122223333:role/admin',
  ),
  ...on('iam', 'PutRolePolicy', 'arn:aws:iam::111122223333:role/stepcast-authenticated'),
  ...on('sts', 'AssumeRole', 'arn:aws:iam::111122223333:role/admin'),
  ...on(
    'ecs',
    'UpdateService DeleteService StopTask RunTask ExecuteCommand DescribeServices',
    arn('ecs', 'service/stepcast/stepcast-correlator'),
    arn('ecs', 'service/elsewhere/stepcast-publisher'),
  ),
  ...on('ecs', 'UpdateService DeleteService', arn('ecs', 'service/stepcast/stepcast-publisher')),
  ...on('cognito-identity', 'DeleteIdentities UpdateIdentityPool DeleteIdentityPool', poolArn),
  ...on(
    'cognito-idp',
    'AdminCreateUser AdminSetUserPassword ListUsers',
    arn('cognito-idp', 'userpool/us-east-1_A'),
  ),
  ...on(
    'logs',
    'DeleteLogGroup PutSubscriptionFilter GetLogEvents',
    arn('logs', 'log-group:/aws/lambda/stepcast-forwarder:*'),
  ),
  ...on(
    'logs',
    'PutLogEvents',
    arn('logs', 'log-group:/aws/vendedlogs/states/PhotoPipeline-Logs:log-stream:a'),
  ),
  ...on('events', 'PutEvents PutRule', arn('events', 'event-bus/default')),
  ...on(
    'execute-api',
    'Invoke',
    arn('execute-api', 'f6g7h8i9j0/signed/GET/v1/guests'),
    arn('execute-api', 'other00000/signed/POST/v1/provision'),
  ),
  ...on('kinesisvideo', 'DeleteSignalingChannel CreateSignalingChannel', channel),
  ...on('kinesisvideo', 'ConnectAsViewer', arn('kinesisvideo', 'channel/other-a/1764058120804')),
  ...on('lambda', 'InvokeFunction UpdateFunctionCode', arn('lambda', 'function:stepcast-forwarder')),
  ...on('ecs', 'UpdateService RunTask ExecuteCommand', arn('ecs', 'service/stepcast/stepcast-engine')),
  ...on('kms', 'Decrypt', arn('kms', 'key/1')),
  ...on('ssm', 'GetParameter', arn('ssm', 'parameter/secret')),
  ...on('secretsmanager', 'GetSecretValue', arn('secretsmanager', 'secret:a')),
];
