import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCorrelatorConfig } from '@stepcast/correlator';
import { forwarderConfigFromEnvironment } from '@stepcast/forwarder';
import { readProvisionerConfig } from '@stepcast/provisioner';
import { readPublisherConfig } from '@stepcast/publisher';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { DEPLOYED, synthesize, VARIANTS, type Template } from './testing/index.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const names = ['plain', 'full', 'existing'] as const;
const services = ['forwarder', 'correlator', 'publisher', 'provisioner'] as const;
type DeployedName = (typeof services)[number];

const Variables = z.record(z.string(), z.string());
const Containers = z.tuple([
  z.object({
    Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
    HealthCheck: z.object({ Command: z.array(z.string()) }),
  }),
]);

/** The variables that a service finds in its environment: the template's, and those of its image. */
function environmentOf(template: Template, service: DeployedName): Readonly<Record<string, string>> {
  if (service === 'forwarder') {
    const { Environment } = template.one('AWS::Lambda::Function', { FunctionName: 'stepcast-forwarder' });
    return { AWS_REGION: DEPLOYED.region, ...z.object({ Variables }).parse(Environment).Variables };
  }
  const { ContainerDefinitions } = template.one('AWS::ECS::TaskDefinition', {
    Family: `stepcast-${service}`,
  });
  const [{ Environment }] = Containers.parse(ContainerDefinitions);
  return {
    HOST: '0.0.0.0',
    PORT: '8080',
    ...Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])),
  };
}

const queueUrl = (name: string) =>
  `https://sqs.${DEPLOYED.region}.amazonaws.com/${DEPLOYED.accountId}/${name}`;

describe.each(names)('the environment of the services (%s)', (name) => {
  const template = synthesized.template(name);
  const bucket = name === 'existing' ? 'uploads-of-ours' : 'stepcast-uploads-111122223333-us-east-1';

  it('is what the forwarder’s schema takes', () => {
    expect(forwarderConfigFromEnvironment(environmentOf(template, 'forwarder'))).toMatchObject({
      eventsQueueUrl: queueUrl('stepcast-events.fifo'),
      deadLetterQueueUrl: queueUrl('stepcast-dead-letters'),
    });
  });

  it('is what the correlator’s schema takes, and names the buckets whose prefixes prove something', () => {
    expect(readCorrelatorConfig(environmentOf(template, 'correlator'))).toMatchObject({
      bucket: new Set([bucket]),
      startMode: name === 'full' ? 'managed' : 'observed',
      stateMachineArn: name === 'full' ? VARIANTS.full.stateMachineArn : undefined,
      uploadsQueueUrl: queueUrl('stepcast-uploads'),
      statusQueueUrl: queueUrl('stepcast-status'),
      eventsQueueUrl: queueUrl('stepcast-events.fifo'),
      progressQueueUrl: queueUrl('stepcast-progress.fifo'),
      journalTable: 'stepcast-journal',
      keyTemplate: expect.objectContaining({
        template: name === 'full' ? 'private/{identityId}/' : 'users/{identityId}/',
      }),
    });
  });

  it('is what the publisher’s schema takes', () => {
    expect(readPublisherConfig(environmentOf(template, 'publisher'))).toMatchObject({
      progressQueueUrl: queueUrl('stepcast-progress.fifo'),
      mqttUrl: `aws-iot://${VARIANTS.plain.iotEndpoint}`,
      topicNamespace: name === 'full' ? 'acme/progress' : 'stepcast/v1',
      publisherCopies: template.one('AWS::ECS::Service', { ServiceName: 'stepcast-publisher' })[
        'DesiredCount'
      ],
    });
  });

  it('is what the provisioner’s schema takes', () => {
    expect(readProvisionerConfig(environmentOf(template, 'provisioner'))).toMatchObject({
      accountId: DEPLOYED.accountId,
      identityPoolId: DEPLOYED.identityPoolId,
      userPoolId: DEPLOYED.userPoolId,
      userPoolClientId: DEPLOYED.userPoolClientId,
      iotPolicyName: template.one('AWS::IoT::Policy')['PolicyName'],
      allowedOrigins: ['https://app.example.com'],
      guestUploads: name === 'full',
      firstLoginsQueueUrl: name === 'full' ? queueUrl('stepcast-first-logins') : undefined,
    });
  });

  it('holds no variable that the service does not read', () => {
    for (const service of services) {
      const read = globSync(join(repository, `{services/${service},services/kit,services/wire}/src/**/*.ts`))
        .map((file) => readFileSync(file, 'utf8'))
        .join('\n');
      const unread = Object.keys(environmentOf(template, service)).filter(
        (variable) => !variable.startsWith('AWS_') && !read.includes(`'${variable}'`),
      );
      expect([service, unread]).toEqual([service, []]);
    }
  });
});

/** IAM's action for an SDK command, where it is not the command's own name. Source: service authorization reference. */
const actionOf: Readonly<Record<string, string | undefined>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  // The services' statements are INSERTs.
  BatchExecuteStatement: 'PartiQLInsert',
};

/** What goes by other ways than commands of the SDK in the service's own sources. */
const besides: Readonly<Record<DeployedName, readonly string[]>> = {
  // Lambda writes logs, and hands on failures, under the function's role.
  forwarder: ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'],
  // The kit sends and receives by HTTP; GetQueueAttributes belongs to consuming, as AWS's own policies have it.
  correlator: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
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
function actionsCalledBy(service: DeployedName): readonly string[] {
  const sources = globSync(join(repository, `services/${service}/src/**/*.ts`))
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
  const role = Role.parse(template.one('AWS::IAM::Role', { RoleName: `stepcast-${service}` }));
  return role.Policies[0].PolicyDocument.Statement;
}

describe('rights of the services', () => {
  it.each(services)('%s may do exactly what its code calls', (service) => {
    const allowed = statementsOf(synthesized.template('full'), service).flatMap(({ Action }) => Action);
    const called = [...actionsCalledBy(service), ...besides[service]].filter(
      (action) => !elsewhere.includes(action),
    );
    expect([...new Set(allowed)].toSorted()).toEqual([...new Set(called)].toSorted());
  });

  it.each(names)(
    'no role has an action with a wildcard, nor "*" but where AWS knows no resource (%s)',
    (name) => {
      const template = synthesized.template(name);
      const everything = services.flatMap((service) =>
        statementsOf(template, service).filter(({ Resource }) => Resource.includes('*')),
      );
      // Decided on an identity ID, which is no ARN, or on nothing at all.
      expect(everything.flatMap(({ Action }) => Action).toSorted()).toEqual([
        'cognito-identity:DescribeIdentity',
        'iot:AttachPolicy',
        'iot:DescribeEndpoint',
        'iot:DetachPolicy',
        'iot:ListAttachedPolicies',
        'iot:TestAuthorization',
      ]);
      for (const service of services)
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

describe('the forwarder as a bundle', () => {
  it('is one module that starts in its environment and takes a payload', () => {
    const template = synthesized.template('plain');
    const { Handler, Runtime } = template.one('AWS::Lambda::Function');
    expect([Handler, Runtime]).toEqual(['index.handler', 'nodejs24.x']);
    const bundle = synthesized.bundle('plain', 'stepcast-forwarder');
    // What CloudWatch Logs sends to see whether somebody is there: nothing goes out for it.
    const payload = {
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logGroup: '',
      logStream: '',
      subscriptionFilters: [],
      logEvents: [{ id: '', timestamp: 1_793_700_000_000, message: 'CWL CONTROL MESSAGE: Checking health.' }],
    };
    const script = `
      import { gzipSync } from 'node:zlib';
      import { pathToFileURL } from 'node:url';
      const { handler } = await import(pathToFileURL(process.argv[1]));
      const data = gzipSync(process.argv[2]).toString('base64');
      const answer = await handler({ awslogs: { data } }, { awsRequestId: '1', functionName: 'stepcast-forwarder' });
      process.stdout.write('\\n' + JSON.stringify(answer));
    `;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, bundle, JSON.stringify(payload)],
      {
        env: { ...environmentOf(template, 'forwarder') },
        encoding: 'utf8',
        timeout: 300_000,
        killSignal: 'SIGKILL',
      },
    );
    expect(output.split('\n').at(-1)).toMatch(/^\{/);
  });
});
