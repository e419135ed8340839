import { topicSpace } from '@stepcast/contracts';
import { type Handover } from '@stepcast/wire';
import {
  createMetrics,
  silentLogger,
  type Clock,
  type OutgoingMessage,
  type QueueSender,
  type Timers,
} from '@stepcast/kit';
import { DEFAULT_CATCH_UP_LIMITS } from '../application/catch-up-service.ts';
import { createEngine, type Engine, type EngineOptions } from '../application/engine.ts';
import { createPublisherMetrics, type PublisherMetrics } from '../application/publisher-metrics.ts';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import { createInMemoryJournal, type InMemoryJournal } from './in-memory-journal.ts';
import { createInMemoryQueue, type InMemoryQueue } from './in-memory-queue.ts';

export interface TestEngine {
  readonly engine: Engine;
  readonly queue: InMemoryQueue;
  readonly journal: InMemoryJournal;
  readonly deadLetters: OutgoingMessage[];
  readonly metrics: PublisherMetrics;
  /** Stores a handover in the journal and puts it into the queue, as the correlator does. */
  readonly hand: (handover: Handover) => void;
}

/** The limits of one connection to AWS IoT Core, for tests that are about them. */
export const TEST_CONNECTION_LIMITS = {
  maxPublishes: 100,
  maxBytes: 512 * 1024,
  windowMs: 1_100,
  maxUnacknowledged: 100,
  ackTimeoutMs: 30_000,
} as const;

/** An engine on an in-memory queue and journal. Queue and journal can be given, to start another engine on them. */
export function createTestEngine(options: {
  readonly broker: MqttPublisher;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly queue?: InMemoryQueue;
  readonly journal?: InMemoryJournal;
  readonly overrides?: Partial<EngineOptions>;
}): TestEngine {
  const queue = options.queue ?? createInMemoryQueue();
  const journal = options.journal ?? createInMemoryJournal();
  const deadLetters: OutgoingMessage[] = [];
  const deadLetterSender: QueueSender = {
    send: (messages) => {
      deadLetters.push(...messages);
      return Promise.resolve();
    },
  };
  const metrics = createPublisherMetrics(createMetrics('test_'));
  let ids = 0;
  const engine = createEngine({
    queue: queue.queue,
    deadLetterSender,
    broker: options.broker,
    journal: journal.journal,
    summaries: journal.summaries,
    topics: topicSpace(),
    clock: options.clock,
    timers: options.timers,
    random: () => 0.5,
    ids: () => `id-${(ids += 1)}`,
    logger: silentLogger,
    metrics,
    clientIdPrefix: 'publisher',
    connection: {
      maxPublishes: Infinity,
      maxBytes: Infinity,
      windowMs: 1_000,
      maxUnacknowledged: 100,
      ackTimeoutMs: 30_000,
    },
    minConnections: 1,
    maxConnections: 1,
    maxPayloadBytes: 128 * 1024,
    retainedIntervalMs: 1_000,
    maxRetainedPerSecond: Infinity,
    usualRetainedPerSecond: 500,
    catchUp: DEFAULT_CATCH_UP_LIMITS,
    sharedSubscription: 'auto',
    share: { index: 0, of: 1 },
    ...options.overrides,
  });
  return {
    engine,
    queue,
    journal,
    deadLetters,
    metrics,
    hand(handover) {
      journal.append(handover);
      queue.send(handover.progress.uploadId, JSON.stringify(handover));
    },
  };
}
