import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { topicSpace } from '@stepcast/contracts';
import {
  createSqs,
  createSqsSender,
  Lifecycle,
  queueCheck,
  type Clock,
  type Health,
  type HealthChecks,
  type Logger,
  type Metrics,
  type Timers,
} from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import { createBrokerPublisher, isIotCore } from './adapters/broker.ts';
import { createDynamoDbJournal } from './adapters/dynamodb-journal.adapter.ts';
import { createSqsProgressQueue } from './adapters/sqs-progress-queue.adapter.ts';
import { DEFAULT_CATCH_UP_LIMITS } from './application/catch-up/catch-up-service.ts';
import { createPublisherCore, PUBLISHER_PARTS } from './application/publisher-core.ts';
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
  readonly pollers: number;
  /** How long SQS hides a message before it goes to somebody else; prolonged while it is in hand. Default 60. */
  readonly visibilityTimeoutSeconds: number;
  /** Long poll, at most 20. Default 8. */
  readonly waitTimeSeconds: number;
}

export interface Publisher {
  /** Connects and begins to take handovers and requests. Resolves at once: a broker that is away is waited for. */
  start(): Promise<void>;
  /** Takes no more, publishes what is in hand, and disconnects; with `force` gives back what is in hand. */
  stop(options: { readonly force: boolean }): Promise<void>;
  health(): Health;
  /** Adds what readiness depends on: `broker`, `requests`, `journal` and `queue`. */
  addChecks(checks: Pick<HealthChecks, 'addCheck'>): void;
}

/** Wires a publisher of its adapters. Nothing is opened before `start`. */
export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { config, clients, clock, timers, random, ids, logger, metrics } = dependencies;
  const iotCore =
    config.mqttProfile === 'iot-core' || (config.mqttProfile === 'auto' && isIotCore(config.mqttUrl));
  const limits: BrokerLimits = { ...(iotCore ? IOT_CORE_LIMITS : NO_LIMITS), ...dependencies.limits };
  const dynamodb = createDynamoDb({ client: clients.dynamodb, clock, timers, random });
  const sqs = createSqs({ client: clients.sqs, clock, timers, random });
  const queue = createSqsProgressQueue({
    sqs,
    queueUrl: config.progressQueueUrl,
    logger,
    clock,
    timers,
    random,
    maxInHand: config.maxInHand,
    ...dependencies.queue,
  });
  const core = createPublisherCore({
    deadLetterSender: createSqsSender({ client: clients.sqs, queueUrl: config.deadLetterQueueUrl }),
    broker: createBrokerPublisher({
      url: config.mqttUrl,
      protocol: config.mqttProtocol,
      username: config.mqttUsername,
      password: config.mqttPassword,
    }),
    journal: createDynamoDbJournal({ dynamodb, tableName: config.journalTable }),
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
    overviewIntervalMs: config.overviewIntervalMs,
    maxWaitMs: config.maxWaitMs,
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
      core.start();
      queue.start((body) => core.acceptText(body));
      running = true;
      lifecycle.onStop('aws connections', async () => {
        await Promise.all([dynamodb.close(), sqs.close()]);
      });
      lifecycle.onStop('publisher', (options) => core.stop(options));
      // Released first: what is in hand is published and settled by a publisher that still runs.
      lifecycle.onStop('progress queue', (options) => queue.stop(options));
      return Promise.resolve();
    },
    async stop(options) {
      running = false;
      await lifecycle.stop(options);
    },
    health() {
      const problems: Record<string, string> = running
        ? { ...core.problems() }
        : { publisher: 'not running' };
      const receiving = queue.status().lastError;
      if (receiving !== undefined) problems.queue = receiving;
      return { healthy: Object.keys(problems).length === 0, problems };
    },
    addChecks(checks) {
      for (const part of PUBLISHER_PARTS)
        checks.addCheck(part, () => {
          const reason = core.problems()[part];
          return reason === undefined ? { ok: true } : { ok: false, reason };
        });
      checks.addCheck('queue', queueCheck(queue, { clock }));
    },
  };
}
