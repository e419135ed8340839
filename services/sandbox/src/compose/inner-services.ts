import { randomUUID } from 'node:crypto';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { CreatePolicyCommand, IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ENV, JOURNAL_KEYS, JOURNAL_TABLE_NAME, QUEUE_NAMES } from '@stepcast/wire';
import { createJournalTable } from '@stepcast/correlator';
import {
  createEngine,
  createEngineMetrics,
  readEngineConfig,
  type Engine,
  type EngineMetrics,
} from '@stepcast/engine';
import {
  awsClientDefaults,
  createHealthChecks,
  createMetrics,
  systemClock,
  systemTimers,
  type Environment,
  type HealthReport,
  type Lifecycle,
  type Logger,
  type Metrics,
} from '@stepcast/kit';
import type { ServiceName } from '@stepcast/policies';
import { composeProvisioner, readProvisionerConfig } from '@stepcast/provisioner';
import type { FastifyInstance } from 'fastify';
import type { SandboxConfig } from '../config.ts';
import type { IssuedCredential } from '../core/index.ts';
import type { Access } from './access.ts';
import { FEED, PREFIXES, type Place } from './place.ts';
import { jwksPath } from './sandbox-info.ts';

export interface InnerServicesOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  /** `http://127.0.0.1:port`: they reach the sandbox as they would reach AWS. */
  readonly baseUrl: string;
  readonly mqttPort: number;
  /** What a report of a function has to bring along. */
  readonly reportToken: string;
}

/** The engine that runs inside of the sandbox. */
export interface InnerEngine {
  readonly engine: Engine;
  readonly metrics: EngineMetrics;
  /** Whether it is ready, by part. */
  ready(): Promise<HealthReport>;
}

/** The environment that each service would be given as a container beside this sandbox. */
export function serviceEnvironment(options: InnerServicesOptions): Environment {
  const { config, place, baseUrl, mqttPort, access } = options;
  const queue = (name: string) => `${baseUrl}${PREFIXES.sqs}/${place.accountId}/${name}`;
  return {
    AWS_REGION: place.region,
    [ENV.logLevel]: config.logLevel,
    [ENV.accountId]: place.accountId,
    [ENV.bucket]: place.bucket,
    [ENV.keyTemplate]: config.keyTemplate,
    STEPCAST_PROJECTIONS: config.projections,
    STEPCAST_OWNERSHIP_INPUT_PATHS: config.inputPaths,
    [ENV.topicNamespace]: config.topicNamespace,
    [ENV.startMode]: config.mode,
    [ENV.stateMachineArn]: place.stateMachineArn,
    [ENV.uploadsQueueUrl]: queue(QUEUE_NAMES.uploads),
    [ENV.statusQueueUrl]: queue(QUEUE_NAMES.status),
    [ENV.eventsQueueUrl]: queue(QUEUE_NAMES.events),
    [ENV.progressQueueUrl]: queue(QUEUE_NAMES.progress),
    [ENV.deadLetterQueueUrl]: queue(QUEUE_NAMES.deadLetters),
    [ENV.journalTable]: JOURNAL_TABLE_NAME,
    [ENV.mqttUrl]: `mqtt://127.0.0.1:${mqttPort}`,
    [ENV.mqttUsername]: 'publisher',
    [ENV.mqttPassword]: access.mqttPassword,
    [ENV.identityPoolId]: place.identityPoolId,
    [ENV.userPoolId]: place.userPoolId,
    [ENV.userPoolClientId]: place.userPoolClientId,
    [ENV.jwksUrl]: `${baseUrl}${jwksPath(place)}`,
    [ENV.allowedOrigins]: '*',
    [ENV.reportToken]: options.reportToken,
    [ENV.guestUploads]: String(config.guests),
    [ENV.shownWorkflows]: place.stateMachineName,
    ...(config.feed
      ? { [ENV.feedEventBus]: FEED.eventBus, [ENV.feedEndpoint]: `${baseUrl}${PREFIXES.eventBridge}` }
      : {}),
  };
}

/** Options of an AWS SDK client of one service: its own key, the sandbox's endpoint. */
export function clientOptions(place: Place, baseUrl: string, prefix: string, credential: IssuedCredential) {
  return {
    ...awsClientDefaults(),
    region: place.region,
    endpoint: `${baseUrl}${prefix}`,
    credentials: { accessKeyId: credential.accessKeyId, secretAccessKey: credential.secretAccessKey },
  };
}

/** What the services have in common: their environment, clients under their own roles, what is injected. */
function createToolbox(options: InnerServicesOptions & { readonly lifecycle: Lifecycle }) {
  const { place, access, logger, baseUrl, lifecycle } = options;
  const clients: { destroy(): void }[] = [];
  lifecycle.onStop('clients of the services', () => {
    for (const client of clients) client.destroy();
    return Promise.resolve();
  });
  return {
    environment: serviceEnvironment(options),
    injected: { clock: systemClock, timers: systemTimers, random: Math.random, ids: randomUUID },
    loggerOf: (service: ServiceName) => logger.child({ part: service }),
    client: <Client extends { destroy(): void }>(
      service: ServiceName,
      prefix: string,
      make: (options: ReturnType<typeof clientOptions>) => Client,
    ): Client => {
      const client = make(clientOptions(place, baseUrl, prefix, access.services[service]));
      clients.push(client);
      return client;
    },
  };
}

/** Empty receives cost nothing here, and a stop waits for those under way. */
const QUEUE_READING = { waitTimeSeconds: 1 };

/** Adds the provisioner's routes to a server that is not ready yet. */
export async function addProvisioner(
  options: InnerServicesOptions & { readonly server: FastifyInstance; readonly lifecycle: Lifecycle },
): Promise<Metrics> {
  const { environment, injected, client, loggerOf } = createToolbox(options);
  const metrics = createMetrics('stepcast_provisioner_');
  await composeProvisioner({
    ...injected,
    config: readProvisionerConfig(environment),
    clients: {
      iot: client('provisioner', PREFIXES.iot, (given) => new IoTClient(given)),
      cognitoIdentity: client(
        'provisioner',
        PREFIXES.cognitoIdentity,
        (given) => new CognitoIdentityClient(given),
      ),
      sfn: client('provisioner', PREFIXES.stepFunctions, (given) => new SFNClient(given)),
    },
    logger: loggerOf('provisioner'),
    metrics,
    server: options.server,
  });
  return metrics;
}

/** The engine in this process: the same composition as in its container, under its own role. */
export function startEngine(options: InnerServicesOptions & { readonly lifecycle: Lifecycle }): InnerEngine {
  const { lifecycle, logger } = options;
  const { environment, injected, client } = createToolbox(options);
  const metrics = createEngineMetrics();
  const engine = createEngine({
    ...injected,
    config: readEngineConfig({ ...environment, [ENV.mqttUsername]: 'engine' }),
    clients: {
      sqs: client('engine', PREFIXES.sqs, (given) => new SQSClient(given)),
      dynamodb: client('engine', PREFIXES.dynamodb, (given) => new DynamoDBClient(given)),
      sfn: client('engine', PREFIXES.stepFunctions, (given) => new SFNClient(given)),
    },
    logger,
    queue: QUEUE_READING,
    metrics,
    // Its broker ends with it: no message of an earlier engine comes in.
    keepEndedMs: 0,
  });
  const checks = createHealthChecks();
  lifecycle.onStop('health checks', () => {
    checks.close();
    return Promise.resolve();
  });
  engine.addChecks(checks);
  lifecycle.onStop('engine', (how) => engine.stop(how));
  engine.start();
  return { engine, metrics, ready: () => checks.ready() };
}

/** The operator makes the table, as infrastructure does in AWS. */
export async function createTable({ place, access, baseUrl }: InnerServicesOptions): Promise<void> {
  const client = new DynamoDBClient(clientOptions(place, baseUrl, PREFIXES.dynamodb, access.root));
  await createJournalTable(client, JOURNAL_TABLE_NAME);
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: JOURNAL_TABLE_NAME,
      TimeToLiveSpecification: { AttributeName: JOURNAL_KEYS.expiresAt, Enabled: true },
    }),
  );
  client.destroy();
}

/** The policy of identities, which infrastructure makes, too. */
export async function createIdentityPolicy({ place, access, baseUrl }: InnerServicesOptions): Promise<void> {
  const client = new IoTClient(clientOptions(place, baseUrl, PREFIXES.iot, access.root));
  const { name, document } = access.policies.iotPolicy;
  await client.send(new CreatePolicyCommand({ policyName: name, policyDocument: JSON.stringify(document) }));
  client.destroy();
}
