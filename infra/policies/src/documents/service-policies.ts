import { type DeploymentNames } from '@stepcast/wire';
import { type PolicyDocument, type PolicyStatement } from '../document.ts';
import { type Arns } from './arns.ts';
import { poolRoleNames, type ResolvedConfig } from './policy-config.ts';

/** Stepcast's own services. The engine is forwarder, correlator and publisher in one process. */
export type ServiceName = 'forwarder' | 'correlator' | 'publisher' | 'provisioner' | 'engine';

/** Functions of the provisioner: requests by ID token, the regular comparison, first logins. */
export type ProvisionerFunction = keyof DeploymentNames['provisionerFunctions'];

const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: string | readonly string[],
): PolicyStatement => ({ Sid, Effect: 'Allow', Action, Resource });

const consume = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueAttributes',
] as const;
const send = ['sqs:SendMessage'] as const;

const document = (Statement: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement,
});

const ownLogs = (functionName: string, arns: Arns): PolicyStatement =>
  allow(
    'OwnLogs',
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    arns.of('logs', `log-group:/aws/lambda/${functionName}:*`),
  );

/** Log events in, execution records out, its own log group; Lambda hands on under this role what failed three times. */
export function forwarderPolicy({ names, services }: ResolvedConfig, arns: Arns): PolicyDocument {
  const { queueNames, forwarderFunctionName } = services;
  return document([
    allow('SendRecords', send, [arns.queue(queueNames.events), arns.queue(queueNames.deadLetters)]),
    allow('HandOnFailures', send, arns.queue(names.undeliveredQueues.standard)),
    ownLogs(forwarderFunctionName, arns),
  ]);
}

const tableOf = ({ services }: ResolvedConfig, arns: Arns) =>
  arns.of('dynamodb', `table/${services.journalTableName}`);

const consumeInputs = ({ services: { queueNames } }: ResolvedConfig, arns: Arns): PolicyStatement =>
  allow(
    'ConsumeInputs',
    consume,
    [queueNames.uploads, queueNames.status, queueNames.events].map((name) => arns.queue(name)),
  );

/** What correlating takes: the journal, to read executions, and in managed mode to start them. */
function correlationStatements(config: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  const { stateMachineNames, startMode } = config.services;
  const journal = allow(
    'Journal',
    [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      // Entries of different executions travel as one batch of PartiQL; the right is on each statement.
      'dynamodb:PartiQLInsert',
      'dynamodb:BatchWriteItem',
    ],
    tableOf(config, arns),
  );
  if (stateMachineNames.length === 0) return [journal];
  const machines = stateMachineNames.map((name) => arns.of('states', `stateMachine:${name}`));
  return [
    journal,
    allow('ReadMachines', ['states:DescribeStateMachine'], machines),
    allow(
      'ReadExecutions',
      ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:DescribeStateMachineForExecution'],
      // The second form is that of the children of a distributed Map: `execution:Machine/label:name`.
      stateMachineNames.flatMap((name) => [
        arns.of('states', `execution:${name}:*`),
        arns.of('states', `execution:${name}/*:*`),
      ]),
    ),
    allow(
      'ReadMapRuns',
      ['states:DescribeMapRun'],
      stateMachineNames.map((name) => arns.of('states', `mapRun:${name}/*:*`)),
    ),
    ...(startMode === 'managed' ? [allow('Start', ['states:StartExecution'], machines)] : []),
  ];
}

/** The feed for back offices, where there is one. */
function feedStatements({ services }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  const { feedEventBus: bus } = services;
  if (bus === '') return [];
  return [
    allow('Feed', ['events:PutEvents'], bus.startsWith('arn:') ? bus : arns.of('events', `event-bus/${bus}`)),
  ];
}

/** What talking to the broker takes: MQTT out, and catch-up requests in. */
function brokerStatements({ services, topics }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  return [
    allow('Connect', ['iot:Connect'], arns.iot(`client/${services.publisherClientIdPrefix}-*`)),
    allow('Publish', ['iot:Publish', 'iot:RetainPublish'], arns.iot(`topic/${topics.policyPattern('*')}`)),
    // MQTT wildcards are plain characters here: these are exactly the two filters that the publisher asks for.
    allow(
      'SubscribeRequests',
      ['iot:Subscribe'],
      [
        arns.iot(`topicfilter/${topics.requestFilter}`),
        arns.iot(`topicfilter/$share/*/${topics.requestFilter}`),
      ],
    ),
    allow('ReceiveRequests', ['iot:Receive'], arns.iot(`topic/${topics.requestPolicyPattern('*')}`)),
  ];
}

/** Three inputs, the journal, hand-over to the publisher; reads executions, and starts them in managed mode. */
export function correlatorPolicy(config: ResolvedConfig, arns: Arns): PolicyDocument {
  const { queueNames } = config.services;
  return document([
    consumeInputs(config, arns),
    allow('HandOver', send, [arns.queue(queueNames.progress), arns.queue(queueNames.deadLetters)]),
    ...correlationStatements(config, arns),
    ...feedStatements(config, arns),
  ]);
}

/** Progress in, MQTT out; answers catch-up requests from the journal, which it only reads; asks ECS how many copies of it run. */
export function publisherPolicy(config: ResolvedConfig, arns: Arns): PolicyDocument {
  const { names } = config;
  const { queueNames } = config.services;
  return document([
    allow('ConsumeProgress', consume, arns.queue(queueNames.progress)),
    allow('DeadLetters', send, arns.queue(queueNames.deadLetters)),
    allow('ReadJournal', ['dynamodb:Query'], tableOf(config, arns)),
    allow(
      'CountCopies',
      ['ecs:DescribeServices'],
      arns.of('ecs', `service/${names.prefix}/${names.named('publisher')}`),
    ),
    ...brokerStatements(config, arns),
  ]);
}

/**
 * What correlator and publisher may do, without the progress queue, which is not there between them, and without copies to count. What the publisher
 * reads of the journal is within what the correlator may.
 */
export function enginePolicy(config: ResolvedConfig, arns: Arns): PolicyDocument {
  return document([
    consumeInputs(config, arns),
    allow('DeadLetters', send, arns.queue(config.services.queueNames.deadLetters)),
    ...correlationStatements(config, arns),
    ...feedStatements(config, arns),
    ...brokerStatements(config, arns),
  ]);
}

/**
 * Attaches the IoT policy, confirms it, reads the pool. AWS decides AttachPolicy and DetachPolicy on the *target*, a bare
 * identity ID that no ARN pattern matches, so only `*` works there; what keeps this right small is that nothing but the
 * provisioner has it, and that its code fixes the policy's name.
 */
export function provisionerPolicy(config: ResolvedConfig, arns: Arns): PolicyDocument {
  const { names, services, region } = config;
  const roles = poolRoleNames(config).map((name) => arns.role(name));
  const statements = [
    allow(
      'AttachToIdentities',
      [
        'iot:AttachPolicy',
        'iot:DetachPolicy',
        'iot:ListAttachedPolicies',
        'iot:TestAuthorization',
        'iot:DescribeEndpoint',
      ],
      '*',
    ),
    allow('ReadPolicy', ['iot:GetPolicy', 'iot:ListTargetsForPolicy'], arns.iotPolicy),
    // Identity IDs begin with the region; the publisher's and other clients' connections are out of reach.
    allow('CutIdentities', ['iot:DeleteConnection'], arns.iot(`client/${region}:*`)),
    allow(
      'ReadPool',
      [
        'cognito-identity:DescribeIdentityPool',
        'cognito-identity:GetIdentityPoolRoles',
        'cognito-identity:ListIdentities',
      ],
      arns.identityPool,
    ),
    allow('ReadIdentities', ['cognito-identity:DescribeIdentity'], '*'),
  ];
  statements.push(...workflowStatements(config, arns));
  if (services.firstLogins)
    statements.push(
      allow('ConsumeFirstLogins', consume, arns.queue(names.firstLoginsQueue)),
      allow('DeadLetters', send, arns.queue(services.queueNames.deadLetters)),
    );
  if (services.provisionerExtendsRoles)
    statements.push(
      // It takes no resource (source: Service Authorization Reference, Amazon Cognito Identity): limited to a pool it would allow
      // nothing. PassPoolRoles limits which roles can be set.
      allow('SetPoolRoles', ['cognito-identity:SetIdentityPoolRoles'], '*'),
      allow('PassPoolRoles', ['iam:PassRole'], roles),
    );
  return document(statements);
}

/** For the outlines of the workflows, where people may see them. */
function workflowStatements({ services }: ResolvedConfig, arns: Arns): readonly PolicyStatement[] {
  if (!services.showWorkflows || services.stateMachineNames.length === 0) return [];
  const machines = services.stateMachineNames.map((name) => arns.of('states', `stateMachine:${name}`));
  return [allow('ReadWorkflows', ['states:DescribeStateMachine'], machines)];
}

/** What attaching to somebody takes whose identity is proven. */
const attachOne: PolicyStatement = allow(
  'AttachToIdentities',
  ['iot:AttachPolicy', 'iot:ListAttachedPolicies', 'iot:TestAuthorization'],
  '*',
);

/**
 * A function of the provisioner that answers requests, by ID token or signed: what of `provisionerPolicy` a single request
 * needs. It detaches nothing, cuts nobody off, lists no identities and reads no queue.
 */
export function requestFunctionPolicy(
  functionName: string,
  config: ResolvedConfig,
  arns: Arns,
): PolicyDocument {
  return document([
    attachOne,
    allow(
      'ReadPool',
      ['cognito-identity:DescribeIdentityPool', 'cognito-identity:GetIdentityPoolRoles'],
      arns.identityPool,
    ),
    ...workflowStatements(config, arns),
    ownLogs(functionName, arns),
  ]);
}

/** The function that compares: it lists identities and attachments, attaches what is missing, and detaches from the deleted. */
export function reconcileFunctionPolicy({ names }: ResolvedConfig, arns: Arns): PolicyDocument {
  return document([
    allow('MendAttachments', ['iot:AttachPolicy', 'iot:DetachPolicy'], '*'),
    allow('ReadAttachments', ['iot:ListTargetsForPolicy'], arns.iotPolicy),
    allow('ReadPool', ['cognito-identity:ListIdentities'], arns.identityPool),
    allow('ReadIdentities', ['cognito-identity:DescribeIdentity'], '*'),
    ownLogs(names.provisionerFunctions.reconcile, arns),
  ]);
}

/** The function on the queue of first logins, which Lambda reads under its role. */
export function firstLoginsFunctionPolicy({ names, services }: ResolvedConfig, arns: Arns): PolicyDocument {
  return document([
    attachOne,
    allow('ReadIdentities', ['cognito-identity:DescribeIdentity'], '*'),
    // Lambda itself deletes and gives back; these three are what it asks for (Lambda developer guide, "Using Lambda with Amazon SQS").
    allow(
      'ConsumeFirstLogins',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      arns.queue(names.firstLoginsQueue),
    ),
    allow('DeadLetters', send, arns.queue(services.queueNames.deadLetters)),
    ownLogs(names.provisionerFunctions.firstLogins, arns),
  ]);
}
