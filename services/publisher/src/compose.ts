import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { topicSpace } from '@stepcast/contracts';
import {
  createSqsSender,
  Lifecycle,
  type Clock,
  type Health,
  type Logger,
  type Metrics,
  type Timers,
} from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import { createBrokerPublisher, isIotCore } from './adapters/broker.ts';
import { createDynamoDbJournal, createDynamoDbSummaries } from './adapters/dynamodb-journal.adapter.ts';
import { createSqsProgressQueue } from './adapters/sqs-progress-queue.adapter.ts';
import { DEFAULT_CATCH_UP_LIMITS } from './application/catch-up-service.ts';
import { createEngine } from './application/engine.ts';
import { createPublisherMetrics } from './application/publisher-metrics.ts';
import type { PublisherConfig } from './config.ts';
import { IOT_CORE_LIMITS, NO_LIMITS, type BrokerLimits } from './limits.ts';

export interface PublisherDependencies {
  readonly config: PublisherConfig;
  readonly clients: { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient };
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Unique texts of `A-Z a-z 0-9 - _`. The first one becomes part of this copy's client IDs. */
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Overrides single limits of the profile. */
  readonly limits?: Partial<BrokerLimits>;
  /** Overrides how the progress queue is read. */
  readonly queue?: Partial<QueueReading>;
}

/** How the progress queue is read. */
export interface QueueReading {
  /** Receives side by side. Default 4. */
  readonly receivers: number;
  /** How long SQS hides a message before it goes to somebody else; prolonged while it is in hand. Default 60. */
  readonly visibilityTimeoutSeconds: number;
  /** Long poll, at most 20. Default 8: a polite stop may have to wait that long. */
  readonly waitTimeSeconds: number;
}

export interface Publisher {
  /** Connects and begins to take handovers and requests. Resolves at once: a broker that is away is waited for. */
  start(): Promise<void>;
  /** Takes no more, publishes what is in hand, and disconnects; with `force` gives back what is in hand. */
  stop(options: { readonly force: boolean }): Promise<void>;
  health(): Health;
}

/** Wires a publisher of its adapters. Nothing is opened before `start`. */
export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { config, clients, clock, timers, random, ids, logger, metrics } = dependencies;
  const iotCore =
    config.mqttProfile === 'iot-core' || (config.mqttProfile === 'auto' && isIotCore(config.mqttUrl));
  const limits: BrokerLimits = { ...(iotCore ? IOT_CORE_LIMITS : NO_LIMITS), ...dependencies.limits };
  const dynamodb = createDynamoDb({ client: clients.dynamodb, clock, timers, random });
  const journal = {
    dynamodb,
    tableName: config.journalTable,
    clock,
    summaryRetentionSeconds: config.summaryRetentionSeconds,
  };
  const engine = createEngine({
    queue: createSqsProgressQueue({
      client: clients.sqs,
      queueUrl: config.progressQueueUrl,
      logger,
      timers,
      random,
      maxInHand: config.maxInHand,
      receivers: 4,
      visibilityTimeoutSeconds: 60,
      waitTimeSeconds: 8,
      ...dependencies.queue,
    }),
    deadLetterSender: createSqsSender({ client: clients.sqs, queueUrl: config.deadLetterQueueUrl }),
    broker: createBrokerPublisher({
      url: config.mqttUrl,
      protocol: config.mqttProtocol,
      username: config.mqttUsername,
      password: config.mqttPassword,
    }),
    journal: createDynamoDbJournal(journal),
    summaries: createDynamoDbSummaries(journal),
    topics: topicSpace(config.topicNamespace),
    clock,
    timers,
    random,
    ids,
    logger,
    metrics: createPublisherMetrics(metrics),
    clientIdPrefix: `stepcast-publisher-${ids()}`,
    connection: limits.connection,
    minConnections: limits.minConnections,
    maxConnections: config.mqttMaxConnections ?? limits.maxConnections,
    maxPayloadBytes: limits.maxPayloadBytes,
    // Copies do not know of one another: each keeps its share of what all may do together.
    retainedIntervalMs: limits.retainedIntervalMs * config.publisherCopies,
    maxRetainedPerSecond: Math.max(1, limits.maxRetainedPerSecond / config.publisherCopies),
    usualRetainedPerSecond: limits.usualRetainedPerSecond / config.publisherCopies,
    catchUp: {
      ...DEFAULT_CATCH_UP_LIMITS,
      rate: { perSecond: config.catchUpRatePerSecond, capacity: config.catchUpBurst },
    },
    sharedSubscription: config.mqttSharedSubscription,
    share: { index: config.publisherCopyIndex, of: config.publisherCopies },
  });
  const lifecycle = new Lifecycle(logger);
  let running = false;

  return {
    start() {
      engine.start();
      running = true;
      lifecycle.onStop('journal', () => dynamodb.close());
      lifecycle.onStop('publisher', (options) => engine.stop(options));
      return Promise.resolve();
    },
    async stop(options) {
      running = false;
      await lifecycle.stop(options);
    },
    health() {
      const problems = running ? engine.problems() : { publisher: 'not running' };
      return { healthy: Object.keys(problems).length === 0, problems };
    },
  };
}
