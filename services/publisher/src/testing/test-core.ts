import { topicSpace } from '@stepcast/contracts';
import {
  createMetrics,
  silentLogger,
  type Clock,
  type OutgoingMessage,
  type QueueSender,
  type Timers,
} from '@stepcast/kit';
import { encodeHandover, handoverQueueIds, type Handover } from '@stepcast/wire';
import { DEFAULT_CATCH_UP_LIMITS } from '../application/catch-up/catch-up-service.ts';
import {
  createPublisherCore,
  type PublisherCore,
  type PublisherCoreOptions,
} from '../application/publisher-core.ts';
import { createPublisherMetrics, type PublisherMetrics } from '../application/publisher-metrics.ts';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import { createInMemoryJournal, type InMemoryJournal } from './in-memory-journal.ts';
import { createInMemoryQueue, type InMemoryQueue } from './in-memory-queue.ts';

export interface TestCore {
  readonly core: PublisherCore;
  readonly queue: InMemoryQueue;
  readonly journal: InMemoryJournal;
  readonly deadLetters: OutgoingMessage[];
  readonly metrics: PublisherMetrics;
  start(): void;
  stop(options: { readonly force: boolean }): Promise<void>;
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

/** A core on an in-memory queue and journal. Queue and journal can be given, to start another core on them. */
export function createTestCore(options: {
  readonly broker: MqttPublisher;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly queue?: InMemoryQueue;
  readonly journal?: InMemoryJournal;
  readonly overrides?: Partial<PublisherCoreOptions>;
}): TestCore {
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
  const core = createPublisherCore({
    deadLetterSender,
    broker: options.broker,
    journal: journal.journal,
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
    overviewIntervalMs: 10_000,
    maxWaitMs: 300_000,
    catchUp: DEFAULT_CATCH_UP_LIMITS,
    sharedSubscription: 'auto',
    share: { index: 0, of: 1 },
    ...options.overrides,
  });
  return {
    core,
    queue,
    journal,
    deadLetters,
    metrics,
    start() {
      core.start();
      queue.queue.start((body) => core.acceptText(body));
    },
    async stop(how) {
      if (how.force) await Promise.all([queue.queue.stop(how), core.stop(how)]);
      else {
        await queue.queue.stop(how);
        await core.stop(how);
      }
    },
    hand(handover) {
      journal.append(handover);
      queue.send(handoverQueueIds(handover).groupId, encodeHandover(handover));
    },
  };
}
