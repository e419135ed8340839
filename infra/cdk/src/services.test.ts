import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCorrelatorConfig } from '@stepcast/correlator';
import { readEngineConfig } from '@stepcast/engine';
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
const small = ['plain', 'fullSmall'] as const;
const large = ['full', 'existing'] as const;
type Name = keyof typeof VARIANTS;
const names: readonly Name[] = [...small, ...large];
const isFull = (name: Name) => name === 'full' || name === 'fullSmall';
const isSmall = (name: Name) => small.some((one) => one === name);

/** Deployed as functions, under the name of their role. */
const FUNCTIONS = {
  forwarder: 'stepcast-forwarder',
  byToken: 'stepcast-provisioner-token',
  reconcile: 'stepcast-provisioner-reconcile',
  firstLogins: 'stepcast-provisioner-logins',
} as const;
type FunctionName = keyof typeof FUNCTIONS;
type DeployedName = FunctionName | 'engine' | 'correlator' | 'publisher' | 'provisioner';
const isFunction = (service: DeployedName): service is FunctionName => service in FUNCTIONS;

/** What runs in a variant. */
function servicesOf(name: Name): readonly DeployedName[] {
  if (!isSmall(name)) return ['forwarder', 'correlator', 'publisher', 'provisioner'];
  return ['forwarder', 'engine', 'byToken', 'reconcile', ...(isFull(name) ? (['firstLogins'] as const) : [])];
}

/** Whose sources a service consists of. */
function packagesOf(service: DeployedName): readonly string[] {
  if (service === 'engine') return ['engine', 'correlator', 'publisher'];
  return [isFunction(service) && service !== 'forwarder' ? 'provisioner' : service];
}

const Variables = z.record(z.string(), z.string());
const Containers = z.tuple([
  z.object({
    Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
    HealthCheck: z.object({ Command: z.array(z.string()) }),
  }),
]);

/** The variables that a service finds in its environment: the template's, and those of its image. */
function environmentOf(template: Template, service: DeployedName): Readonly<Record<string, string>> {
  if (isFunction(service)) {
    const { Environment } = template.one('AWS::Lambda::Function', { FunctionName: FUNCTIONS[service] });
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

  const correlation = {
    bucket: new Set([bucket]),
    startMode: isFull(name) ? 'managed' : 'observed',
    stateMachineArn: isFull(name) ? VARIANTS.full.stateMachineArn : undefined,
    uploadsQueueUrl: queueUrl('stepcast-uploads'),
    statusQueueUrl: queueUrl('stepcast-status'),
    eventsQueueUrl: queueUrl('stepcast-events.fifo'),
    deadLetterQueueUrl: queueUrl('stepcast-dead-letters'),
    journalTable: 'stepcast-journal',
    keyTemplate: expect.objectContaining({
      template: isFull(name) ? 'private/{identityId}/' : 'users/{identityId}/',
    }),
  };
  const publishing = {
    mqttUrl: `aws-iot://${VARIANTS.plain.iotEndpoint}`,
    topicNamespace: isFull(name) ? 'acme/progress' : 'stepcast/v1',
  };

  it('is what the schemas of engine, or of correlator and publisher take, and names the buckets that prove an owner', () => {
    if (isSmall(name)) {
      const environment = environmentOf(template, 'engine');
      expect(readEngineConfig(environment)).toMatchObject({ ...correlation, ...publishing });
      expect(JSON.stringify(environment)).not.toContain('progress.fifo');
      return;
    }
    const progressQueueUrl = queueUrl('stepcast-progress.fifo');
    expect(readCorrelatorConfig(environmentOf(template, 'correlator'))).toMatchObject({
      ...correlation,
      progressQueueUrl,
    });
    expect(readPublisherConfig(environmentOf(template, 'publisher'))).toMatchObject({
      ...publishing,
      progressQueueUrl,
    });
  });

  it.each(servicesOf(name).filter((service) => packagesOf(service).includes('provisioner')))(
    'is what the provisioner’s schema takes (%s)',
    (service) => {
      expect(readProvisionerConfig(environmentOf(template, service))).toMatchObject({
        accountId: DEPLOYED.accountId,
        identityPoolId: DEPLOYED.identityPoolId,
        userPoolId: DEPLOYED.userPoolId,
        userPoolClientId: DEPLOYED.userPoolClientId,
        iotPolicyName: template.one('AWS::IoT::Policy')['PolicyName'],
        allowedOrigins: ['https://app.example.com'],
        guestUploads: isFull(name),
        firstLoginsQueueUrl: name === 'full' ? queueUrl('stepcast-first-logins') : undefined,
        deadLetterQueueUrl:
          service === 'provisioner' || service === 'firstLogins'
            ? queueUrl('stepcast-dead-letters')
            : undefined,
      });
    },
  );

  it('holds no variable that the service does not read', () => {
    for (const service of servicesOf(name)) {
      const folders = [...packagesOf(service), 'kit', 'wire'].join(',');
      const read = globSync(join(repository, `services/{${folders}}/src/**/*.ts`))
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
  const RoleName = isFunction(service) ? FUNCTIONS[service] : `stepcast-${service}`;
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

describe('the forwarder as a bundle', () => {
  it('is one module that starts in its environment and takes a payload', () => {
    const template = synthesized.template('plain');
    const { Handler, Runtime } = template.one('AWS::Lambda::Function', {
      FunctionName: 'stepcast-forwarder',
    });
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
