import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  FUNCTIONS,
  isFunction,
  isSmall,
  names,
  packagesOf,
  servicesOf,
  type DeployedName,
  type FunctionName,
  type Name,
} from './testing/deployed-services.ts';
import { synthesize, VARIANTS, type Template } from './testing/index.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

/** IAM's action for an SDK command, where it is not the command's own name. Source: service authorization reference. */
const actionOf: Readonly<Record<string, string | undefined>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  // The services' statements are INSERTs.
  BatchExecuteStatement: 'PartiQLInsert',
};

/** What runs in one piece; the provisioner’s functions share its sources. */
type Deployable = Exclude<DeployedName, FunctionName> | 'forwarder';

/** What goes by other ways than commands of the SDK in the service's own sources. */
const besides: Readonly<Record<Deployable, readonly string[]>> = {
  // Lambda writes logs, and hands on failures, under the function's role.
  forwarder: ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'],
  // The kit sends and receives by HTTP; GetQueueAttributes belongs to consuming, as AWS's own policies have it.
  correlator: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
    // The feed.
    'events:PutEvents',
    // The doctor asks under this role where the deployment is the sandbox.
    'states:DescribeStateMachine',
  ],
  publisher: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
    'iot:Connect',
    'iot:Publish',
    'iot:RetainPublish',
    'iot:Subscribe',
    'iot:Receive',
  ],
  engine: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
    'iot:Connect',
    'iot:Publish',
    'iot:RetainPublish',
    'iot:Subscribe',
    'iot:Receive',
    'events:PutEvents',
    'states:DescribeStateMachine',
  ],
  provisioner: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
  ],
};

/** Called by the administration command, which brings rights of its own; public; or by tests and sandboxes only. */
const elsewhere: readonly string[] = [
  'cognito-identity:SetIdentityPoolRoles',
  'cognito-identity:GetId',
  'dynamodb:CreateTable',
];

const prefixes: readonly (readonly [RegExp, string])[] = [
  [/client-sqs/, 'sqs'],
  [/client-dynamodb/, 'dynamodb'],
  [/client-sfn/, 'states'],
  [/client-iot'/, 'iot'],
  [/client-iot-data-plane/, 'iot'],
  [/client-cognito-identity'/, 'cognito-identity'],
];

/** IAM actions of every SDK command and paginator that the sources of a service import, and of the kit's DynamoDB. */
function actionsCalledBy(service: Deployable): readonly string[] {
  const sources = packagesOf(service)
    .flatMap((folder) => globSync(join(repository, `services/${folder}/src/**/*.ts`)))
    .filter((file) => !/\.i?test\.ts$|\/testing\//.test(file))
    .map((file) => readFileSync(file, 'utf8'));
  const bySdk = sources
    .flatMap((text) => [...text.matchAll(/import \{([^}]*)\} from ('@aws-sdk\/client-[^']+')/g)])
    .flatMap(([, imported = '', from = '']) => {
      const prefix = prefixes.find(([pattern]) => pattern.test(from))?.[1] ?? from;
      return [...imported.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)].map(
        ([, paged, sent = '']) => `${prefix}:${actionOf[paged ?? sent] ?? paged ?? sent}`,
      );
    });
  const byKit = sources
    .filter((text) => text.includes("from '@stepcast/kit/dynamodb'"))
    .flatMap((text) => [
      ...text.matchAll(/'(GetItem|PutItem|DeleteItem|Query|BatchWriteItem|BatchExecuteStatement)'/g),
    ])
    .map(([, operation = '']) => `dynamodb:${actionOf[operation] ?? operation}`);
  return [...bySdk, ...byKit];
}

const Statements = z.array(
  z.object({
    Action: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
    Resource: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  }),
);
const Role = z.object({
  Policies: z.tuple([z.object({ PolicyDocument: z.object({ Statement: Statements }) })]),
});

function statementsOf(template: Template, service: DeployedName) {
  const RoleName = `${isFunction(service) ? FUNCTIONS[service] : `stepcast-${service}`}-us-east-1`;
  const role = Role.parse(template.one('AWS::IAM::Role', { RoleName }));
  return role.Policies[0].PolicyDocument.Statement;
}

describe('rights of the services', () => {
  const actionsOf = (name: Name, service: DeployedName) =>
    statementsOf(synthesized.template(name), service).flatMap(({ Action }) => Action);
  const calledBy = (service: Deployable) =>
    [...actionsCalledBy(service), ...besides[service]].filter((action) => !elsewhere.includes(action));
  const distinct = (actions: readonly string[]) => [...new Set(actions)].toSorted();

  it.each<[Deployable, Name]>([
    ['forwarder', 'full'],
    ['correlator', 'full'],
    ['publisher', 'full'],
    ['provisioner', 'full'],
    ['engine', 'fullSmall'],
  ])('%s may do exactly what its code calls (%s)', (service, name) => {
    expect(distinct(actionsOf(name, service))).toEqual(distinct(calledBy(service)));
  });

  it('the provisioner’s functions together may do what its code calls, but for what only the container does', () => {
    const functions = (['byToken', 'reconcile', 'firstLogins'] as const).flatMap((service) =>
      actionsOf('fullSmall', service),
    );
    const container = [
      // Readiness.
      'iot:GetPolicy',
      // The administration command.
      'iot:DeleteConnection',
      'iot:DescribeEndpoint',
      // Lambda reads the queue.
      'sqs:ChangeMessageVisibility',
    ];
    expect(distinct(functions)).toEqual(
      distinct([
        ...calledBy('provisioner').filter((action) => !container.includes(action)),
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]),
    );
  });

  it.each(names)(
    'no role has an action with a wildcard, nor "*" but where AWS knows no resource (%s)',
    (name) => {
      const template = synthesized.template(name);
      const everything = servicesOf(name).flatMap((service) =>
        statementsOf(template, service).filter(({ Resource }) => Resource.includes('*')),
      );
      // Decided on an identity ID, which is no ARN, or on nothing at all.
      expect(distinct(everything.flatMap(({ Action }) => Action))).toEqual([
        'cognito-identity:DescribeIdentity',
        'iot:AttachPolicy',
        ...(isSmall(name) ? [] : ['iot:DescribeEndpoint']),
        'iot:DetachPolicy',
        'iot:ListAttachedPolicies',
        'iot:TestAuthorization',
      ]);
      for (const service of servicesOf(name))
        for (const { Action } of statementsOf(template, service))
          for (const action of Action) expect(action).not.toContain('*');
      const others = template
        .of('AWS::IAM::Policy')
        .flatMap(
          ({ properties }) =>
            z.object({ Statement: Statements }).parse(properties['PolicyDocument']).Statement,
        )
        .filter(({ Resource }) => Resource.some((one) => one === '*'));
      expect(others.flatMap(({ Action }) => Action)).toEqual(['ecr:GetAuthorizationToken']);
      expect(JSON.stringify(template.of('AWS::IAM::Role'))).not.toContain('ManagedPolicyArns');
    },
  );
});
