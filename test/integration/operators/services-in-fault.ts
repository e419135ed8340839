import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createCorrelator, type Correlator, type ProgressOutbox } from '@stepcast/correlator';
import { createEngine, createEngineMetrics, readEngineConfig, type Engine } from '@stepcast/engine';
import { createForwarder, createLambdaHandler } from '@stepcast/forwarder';
import {
  createMetrics,
  createSqsSender,
  silentLogger,
  systemClock,
  systemTimers,
  type Environment,
} from '@stepcast/kit';
import { createFirstLoginsHandler, createProvisioner, readProvisionerConfig } from '@stepcast/provisioner';
import { createPublisher, readPublisherConfig } from '@stepcast/publisher';
import { startLimitBroker, type LimitBroker, type LimitBrokerOptions } from '@stepcast/publisher/testing';
import type { Sandbox } from '@stepcast/sandbox';
import { ENV, JOURNAL_TABLE_NAME, QUEUE_NAMES } from '@stepcast/wire';

/** Queues that stay empty: what a second engine reads, so that it takes nothing from the first. */
const QUIET = { uploads: 'quiet-uploads', status: 'quiet-status' } as const;

/**
 * Stepcast's services once more, on the table, the queues and the workflow of a sandbox, as their containers and functions
 * compose them, with something wrong in their settings or in what they are given.
 */
export interface ServicesInFault {
  /** A broker of their own. */
  readonly broker: (options?: LimitBrokerOptions) => Promise<LimitBroker>;
  /** It reads no queue of the sandbox, and begins nothing by itself. */
  engine(environment: Environment, broker: LimitBroker): Engine;
  /** @param outbox what takes its entries */
  correlator(environment: Environment, outbox: ProgressOutbox): Correlator;
  /** Reads the progress queue, until it is stopped. */
  publisher(broker: LimitBroker): { stop(): Promise<void> };
  /** The function on the subscription, or on a Kinesis stream. */
  forwarderFunction(): ReturnType<typeof createLambdaHandler>;
  /** @param firstLogin what handles a login; by default the use case on the sandbox's Cognito and IoT */
  firstLogins(
    environment: Environment,
    firstLogin?: () => Promise<never>,
  ): (body: string) => Promise<'done' | object>;
  close(): Promise<void>;
}

const urlOfBroker = ({ port }: LimitBroker): Environment => ({ [ENV.mqttUrl]: `mqtt://127.0.0.1:${port}` });
const FAST = { waitTimeSeconds: 1, visibilityTimeoutSeconds: 5 };

export async function servicesInFault(sandbox: Sandbox): Promise<ServicesInFault> {
  const { region, endpoints, accountId, bucket, stateMachineArn, ...pools } = sandbox.info;
  const at = (endpoint: string) => ({ region, endpoint, credentials: sandbox.access.root });
  const sqs = new SQSClient(at(endpoints.sqs));
  const dynamodb = new DynamoDBClient(at(endpoints.dynamodb));
  const sfn = new SFNClient(at(endpoints.stepFunctions));
  const iot = new IoTClient(at(endpoints.iot));
  // Asked by a publisher that is a service of ECS, which none here is.
  const ecs = new ECSClient({ region });
  const cognitoIdentity = new CognitoIdentityClient(at(endpoints.cognitoIdentity));
  const urlOf = (name: string) => `${endpoints.sqs}/${accountId}/${name}`;
  const senderTo = (name: string) => createSqsSender({ client: sqs, queueUrl: urlOf(name) });
  for (const QueueName of Object.values(QUIET)) await sqs.send(new CreateQueueCommand({ QueueName }));

  const common: Environment = {
    AWS_REGION: region,
    [ENV.accountId]: accountId,
    [ENV.bucket]: bucket,
    [ENV.stateMachineArn]: stateMachineArn,
    [ENV.startMode]: 'observed',
    [ENV.uploadsQueueUrl]: urlOf(QUIET.uploads),
    [ENV.statusQueueUrl]: urlOf(QUIET.status),
    [ENV.progressQueueUrl]: urlOf(QUEUE_NAMES.progress),
    [ENV.deadLetterQueueUrl]: urlOf(QUEUE_NAMES.deadLetters),
    [ENV.journalTable]: JOURNAL_TABLE_NAME,
    [ENV.mqttUrl]: 'mqtt://127.0.0.1:1',
    STEPCAST_MQTT_PROTOCOL: '5',
    [ENV.identityPoolId]: pools.identityPoolId,
    [ENV.userPoolId]: pools.userPoolId,
    [ENV.userPoolClientId]: pools.userPoolClientId,
    [ENV.allowedOrigins]: '*',
    STEPCAST_SWEEP_INTERVAL_MS: '1000',
  };
  let made = 0;
  const injected = {
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    logger: silentLogger,
    ids: () => `in-fault-${process.pid}-${(made += 1)}`,
  };
  const clients = { sqs, dynamodb, sfn, iot, cognitoIdentity, ecs };
  const stops: (() => Promise<void>)[] = [];

  return {
    async broker(options) {
      const broker = await startLimitBroker(options);
      stops.push(() => broker.close());
      return broker;
    },

    engine(environment, broker) {
      const engine = createEngine({
        ...injected,
        config: readEngineConfig({ ...common, ...urlOfBroker(broker), ...environment }),
        clients,
        metrics: createEngineMetrics(),
        queue: FAST,
      });
      stops.push(() => engine.stop({ force: true }));
      return engine;
    },

    correlator(environment, outbox) {
      const config = readEngineConfig({ ...common, ...environment });
      const metrics = createMetrics('correlator_');
      const correlator = createCorrelator({ ...injected, config, clients, metrics, outbox, queue: FAST });
      stops.push(() => correlator.stop({ force: true }));
      return correlator;
    },

    publisher(broker) {
      const publisher = createPublisher({
        ...injected,
        config: readPublisherConfig({ ...common, ...urlOfBroker(broker) }),
        clients,
        metrics: createMetrics('publisher_'),
        queue: FAST,
      });
      const stop = () => publisher.stop({ force: true });
      stops.push(stop);
      void publisher.start();
      return { stop };
    },

    forwarderFunction() {
      const forwarder = createForwarder({
        ...injected,
        sender: senderTo(QUEUE_NAMES.events),
        deadLetters: senderTo(QUEUE_NAMES.deadLetters),
        metrics: createMetrics('forwarder_'),
      });
      return createLambdaHandler({ forwarder, logger: silentLogger });
    },

    firstLogins(environment, firstLogin) {
      const config = readProvisionerConfig({ ...common, ...environment });
      const provisioner = createProvisioner({
        ...injected,
        config,
        clients,
        metrics: createMetrics('provisioner_'),
      });
      const handle = createFirstLoginsHandler({
        ...injected,
        identityPoolId: config.identityPoolId,
        firstLogin: firstLogin ?? provisioner.firstLogin,
        deadLetters: senderTo(QUEUE_NAMES.deadLetters),
        outcomes: provisioner.outcomes,
      });
      return async (body) => {
        const verdicts = await handle([{ id: 'login', body, receiveCount: 1, groupId: undefined }]);
        return verdicts.get('login') ?? {};
      };
    },

    async close() {
      for (const stop of stops.toReversed()) await stop();
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
