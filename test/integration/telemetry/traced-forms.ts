import { ECSClient } from '@aws-sdk/client-ecs';
import {
  createCorrelator,
  createJournalTable,
  createProgressQueueOutbox,
  readCorrelatorConfig,
} from '@stepcast/correlator';
import { BUCKET, MACHINE_ARN } from '@stepcast/correlator/testing';
import type { LocalCloud } from '@stepcast/correlator/testing/local-cloud';
import { createEngine, createEngineMetrics, readEngineConfig } from '@stepcast/engine';
import { createMetrics, silentLogger, systemClock, systemTimers, type Release } from '@stepcast/kit';
import { runTelemetry } from '@stepcast/kit/telemetry';
import { createPublisher, readPublisherConfig } from '@stepcast/publisher';
import { ENV } from '@stepcast/wire';

const TABLE = 'stepcast-journal-traced';
const QUEUE = { waitTimeSeconds: 1, visibilityTimeoutSeconds: 3 };

/** What runs, in whichever form. */
export interface Form {
  /** Also sends the last spans and metrics. */
  stop(): Promise<void>;
}

export interface FormOptions {
  readonly cloud: LocalCloud;
  readonly mqttUrl: string;
  /** A collector. Default none. */
  readonly otlpEndpoint?: string;
  readonly tracesShare?: number;
}

export type StartForm = (options: FormOptions) => Promise<Form>;

function environmentOf({ cloud, mqttUrl, otlpEndpoint = '', tracesShare = 1 }: FormOptions) {
  const { queues } = cloud;
  return {
    [ENV.bucket]: BUCKET,
    [ENV.uploadsQueueUrl]: queues.uploads,
    [ENV.statusQueueUrl]: queues.status,
    [ENV.eventsQueueUrl]: queues.events,
    [ENV.progressQueueUrl]: queues.progress,
    [ENV.deadLetterQueueUrl]: queues.deadLetters,
    [ENV.stateMachineArn]: MACHINE_ARN,
    [ENV.startMode]: 'managed',
    [ENV.journalTable]: TABLE,
    [ENV.mqttUrl]: mqttUrl,
    [ENV.otlpEndpoint]: otlpEndpoint,
    [ENV.tracesShare]: String(tracesShare),
  };
}

/** What both forms have in common. */
function surroundings({ cloud }: FormOptions) {
  const stops: Release[] = [];
  return {
    // Nobody asks ECS: the publisher here is none of its services.
    clients: {
      sqs: cloud.sqs,
      dynamodb: cloud.dynamo.client,
      sfn: cloud.sfn,
      ecs: new ECSClient({ region: 'us-east-1' }),
    },
    common: {
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      logger: silentLogger,
    },
    lifecycle: { onStop: (_name: string, release: Release) => stops.push(release) },
    stopTelemetry: async () => {
      await Promise.all(stops.map((stop) => stop({ force: false })));
    },
  };
}

export async function startEngineForm(options: FormOptions): Promise<Form> {
  await createJournalTable(options.cloud.dynamo.client, TABLE);
  const { clients, common, lifecycle, stopTelemetry } = surroundings(options);
  const config = readEngineConfig(environmentOf(options));
  const metrics = createEngineMetrics();
  const all = Object.values(metrics);
  const tracing = await runTelemetry({ ...common, config, service: 'engine', metrics: all, lifecycle });
  let ids = 0;
  const engine = createEngine({
    ...common,
    config,
    clients,
    metrics,
    tracing,
    ids: () => `id-${(ids += 1)}`,
    queue: QUEUE,
  });
  engine.start();
  return {
    async stop() {
      await engine.stop({ force: false });
      await stopTelemetry();
    },
  };
}

export async function startApartForm(options: FormOptions): Promise<Form> {
  await createJournalTable(options.cloud.dynamo.client, TABLE);
  const { clients, common, lifecycle, stopTelemetry } = surroundings(options);
  const environment = environmentOf(options);
  const [ofCorrelator, ofPublisher] = [
    createMetrics('stepcast_correlator_'),
    createMetrics('stepcast_publisher_'),
  ];
  const correlatorConfig = readCorrelatorConfig(environment);
  const correlator = createCorrelator({
    ...common,
    config: correlatorConfig,
    clients,
    outbox: createProgressQueueOutbox(clients.sqs, correlatorConfig.progressQueueUrl),
    metrics: ofCorrelator,
    tracing: await runTelemetry({
      ...common,
      config: correlatorConfig,
      service: 'correlator',
      metrics: [ofCorrelator],
      lifecycle,
    }),
    queue: QUEUE,
  });
  const publisherConfig = readPublisherConfig(environment);
  let ids = 0;
  const publisher = createPublisher({
    ...common,
    config: publisherConfig,
    clients,
    ids: () => `id-${(ids += 1)}`,
    metrics: ofPublisher,
    tracing: await runTelemetry({
      ...common,
      config: publisherConfig,
      service: 'publisher',
      metrics: [ofPublisher],
      lifecycle,
    }),
    queue: QUEUE,
  });
  correlator.start();
  await publisher.start();
  return {
    async stop() {
      await correlator.stop({ force: false });
      await publisher.stop({ force: false });
      await stopTelemetry();
    },
  };
}
