import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { topicSpace } from '@stepcast/contracts';
import {
  createSqsSender,
  type Clock,
  type HealthChecks,
  type Logger,
  type Metrics,
  type Timers,
  type Tracing,
} from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import { createBrokerPublisher, isIotCore } from './adapters/broker.ts';
import { createDynamoDbJournal } from './adapters/dynamodb-journal.adapter.ts';
import { DEFAULT_CATCH_UP_LIMITS } from './application/catch-up/catch-up-service.ts';
import { createPublisherCore, PUBLISHER_PARTS, type PublisherCore } from './application/publisher-core.ts';
import { createPublisherMetrics } from './application/publisher-metrics.ts';
import type { PublisherConfig } from './config.ts';
import { IOT_CORE_LIMITS, NO_LIMITS, type BrokerLimits } from './limits.ts';

/** What of the configuration is about publishing, not about where handovers come from. */
export type PublishingConfig = Omit<
  PublisherConfig,
  | 'logLevel'
  | 'host'
  | 'port'
  | 'metrics'
  | 'deployment'
  | 'otlpEndpoint'
  | 'tracesShare'
  | 'progressQueueUrl'
  | 'maxInHand'
  | 'publisherService'
  | 'publisherCopies'
  | 'publisherCopyIndex'
> &
  Partial<Pick<PublisherConfig, 'publisherCopies' | 'publisherCopyIndex'>>;

export interface PublisherCoreOnAwsOptions {
  /** Without copies the publisher is alone. */
  readonly config: PublishingConfig;
  readonly clients: { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient };
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Unique texts of `A-Z a-z 0-9 - _`. The first one becomes part of this copy's client IDs. */
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default none: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** How many copies there are now. Default: always as many as the configuration says that there are at most. */
  readonly copies?: () => number;
  /** Overrides single limits of the profile. */
  readonly limits?: Partial<BrokerLimits>;
}

/** A publisher on its broker, the journal table and the dead-letter queue, for whatever brings it handovers. */
export interface PublisherCoreOnAws {
  readonly core: PublisherCore;
  /** Closes connections to AWS. To be called after the core has stopped. */
  readonly close: () => Promise<void>;
}

/** Wires a core of its adapters. Nothing is opened before its `start`. */
export function createPublisherCoreOnAws(options: PublisherCoreOnAwsOptions): PublisherCoreOnAws {
  const { config, clients, clock, timers, random, ids, logger, metrics } = options;
  const { publisherCopies: most = 1, publisherCopyIndex: copyIndex = 0 } = config;
  const iotCore =
    config.mqttProfile === 'iot-core' || (config.mqttProfile === 'auto' && isIotCore(config.mqttUrl));
  const limits: BrokerLimits = { ...(iotCore ? IOT_CORE_LIMITS : NO_LIMITS), ...options.limits };
  const publisherMetrics = createPublisherMetrics(metrics);
  const dynamodb = createDynamoDb({
    client: clients.dynamodb,
    clock,
    timers,
    random,
    onThrottled: () => {
      publisherMetrics.throttled.add({ service: 'dynamodb' });
    },
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
    metrics: publisherMetrics,
    tracing: options.tracing,
    clientIdPrefix: `stepcast-publisher-${ids()}`,
    connection: limits.connection,
    minConnections: limits.minConnections,
    maxConnections: config.mqttMaxConnections ?? limits.maxConnections,
    maxPayloadBytes: limits.maxPayloadBytes,
    retainedIntervalMs: limits.retainedIntervalMs,
    maxRetainedPerSecond: config.mqttRetainedPerSecond ?? limits.maxRetainedPerSecond,
    // Each keeps its share of what all may do together.
    copies: options.copies ?? (() => most),
    overviewIntervalMs: config.overviewIntervalMs,
    maxWaitMs: config.maxWaitMs,
    catchUp: {
      ...DEFAULT_CATCH_UP_LIMITS,
      rate: { perSecond: config.catchUpRatePerSecond, capacity: config.catchUpBurst },
    },
    sharedSubscription: config.mqttSharedSubscription,
    // Whether others may publish the same stream is not to change while the process runs: what it remembers depends on it.
    share: { index: copyIndex, of: most },
  });
  return { core, close: () => dynamodb.close() };
}

/** Adds what readiness depends on: each of {@link PUBLISHER_PARTS}. */
export function addPublisherChecks(core: PublisherCore, checks: Pick<HealthChecks, 'addCheck'>): void {
  for (const part of PUBLISHER_PARTS)
    checks.addCheck(part, () => {
      const reason = core.problems()[part];
      return reason === undefined ? { ok: true } : { ok: false, reason };
    });
}
