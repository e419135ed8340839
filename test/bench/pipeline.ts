import { randomUUID } from 'node:crypto';
import { keyTemplate, topicSpace } from '@stepcast/contracts';
import { createCorrelation, createTakeMessages, DEFAULT_TIMES } from '@stepcast/correlator';
import { createDirectForwarder } from '@stepcast/forwarder';
import {
  createMetrics,
  isRetryable,
  silentLogger,
  systemClock,
  systemTimers,
  type QueueSender,
} from '@stepcast/kit';
import {
  createBrokerPublisher,
  createPublisherCore,
  createPublisherMetrics,
  DEFAULT_CATCH_UP_LIMITS,
  NO_LIMITS,
  type Journal,
  type PublisherCoreOptions,
} from '@stepcast/publisher';
import { parseRecordBatch, parseReportBatch, type Handover } from '@stepcast/wire';
import { emptyJournal, memoryDirectory, memoryPorts } from './paths/memory-ports.ts';
import type { Sent } from './paths/path.ts';
import { watchBroker } from './paths/watched-broker.ts';
import { BENCH_BUCKET } from './workload.ts';

export interface PipelineOptions {
  readonly brokerUrl: string;
  /** Payloads that may be in hand before `offer` waits. Default 0: `offer` waits for each payload. */
  readonly backlog?: number;
  /** Called with each handover before the publisher has it. */
  readonly onHandover?: (handover: Handover) => void;
  /** Whether the journal holds entries, so that streams can be read again. Default true. */
  readonly holdsEntries?: boolean;
  /** Where the publisher reads. Default: nothing is there. */
  readonly reading?: Journal;
  readonly clientIdPrefix?: string;
  /** Limits of a connection. Default: those of a broker without quotas. */
  readonly connection?: Partial<PublisherCoreOptions['connection']>;
  readonly maxConnections?: number;
  /** Default: 128 KB, as IoT Core takes. */
  readonly maxPayloadBytes?: number;
}

/** The engine's parts in one process, on stores in memory. */
export interface Pipeline {
  /** Resolves when the broker has all that came of it, or earlier where a backlog is allowed. */
  offer(payload: unknown): Promise<void>;
  /** Resolves when everything that was offered is acknowledged, and no retained topic waits. */
  idle(): Promise<void>;
  sent(): Sent;
  /** Log records by what became of them. */
  outcomes(): Promise<{ readonly released: number; readonly taken: number; readonly deadLetters: number }>;
  stop(): Promise<void>;
}

const SENT_AGAIN_MS = 200;

export function startPipeline(options: PipelineOptions): Pipeline {
  const common = { clock: systemClock, timers: systemTimers, random: Math.random, logger: silentLogger };
  const correlatorMetrics = createMetrics('stepcast_correlator_');
  let letters = 0;
  const deadLetterQueue: QueueSender = {
    send(messages) {
      letters += messages.length;
      return Promise.resolve();
    },
  };
  const deadLetters = {
    send(sent: readonly unknown[]) {
      letters += sent.length;
      return Promise.resolve();
    },
  };
  const broker = watchBroker(
    createBrokerPublisher({
      url: options.brokerUrl,
      protocol: '5',
      username: undefined,
      password: undefined,
    }),
  );
  const publisher = createPublisherCore({
    ...common,
    ...NO_LIMITS,
    connection: { ...NO_LIMITS.connection, ...options.connection },
    minConnections: 1,
    maxConnections: options.maxConnections ?? 1,
    maxPayloadBytes: options.maxPayloadBytes ?? NO_LIMITS.maxPayloadBytes,
    deadLetterSender: deadLetterQueue,
    broker: broker.publisher,
    journal: options.reading ?? emptyJournal,
    // As it is after its first two minutes: no other publisher is ending.
    overlapMs: 0,
    topics: topicSpace(),
    ids: randomUUID,
    metrics: createPublisherMetrics(createMetrics('stepcast_publisher_')),
    clientIdPrefix: options.clientIdPrefix ?? `stepcast-bench-${randomUUID()}`,
    overviewIntervalMs: 10_000,
    maxWaitMs: 300_000,
    catchUp: DEFAULT_CATCH_UP_LIMITS,
    sharedSubscription: 'never',
    share: { index: 0, of: 1 },
  });
  const correlation = createCorrelation({
    ...common,
    ...memoryPorts({ holdsEntries: options.holdsEntries ?? true }),
    directory: memoryDirectory,
    outbox: {
      send(handover) {
        options.onHandover?.(handover);
        return publisher.accept(handover);
      },
    },
    deadLetters,
    settings: {
      ...DEFAULT_TIMES,
      // Payloads may overtake one another; what is missing comes, and no history is asked.
      gapWaitMs: 60_000,
      startMode: 'observed',
      rules: { keyTemplate: keyTemplate('users/{identityId}/…'), buckets: new Set([BENCH_BUCKET]) },
    },
    metrics: correlatorMetrics,
  });
  const take = createTakeMessages({
    correlation,
    parsers: {
      recordBatch: parseRecordBatch,
      reports: parseReportBatch,
      upload: () => [],
      status: () => ({ ok: true, value: 'ignored' }),
    },
    deadLetters,
    logger: silentLogger,
    random: Math.random,
    maxFailures: 20,
  });
  const forwarder = createDirectForwarder({
    ...common,
    deadLetters: deadLetterQueue,
    metrics: createMetrics('stepcast_forwarder_'),
    batches: {
      async take(executions) {
        await take.batches(executions);
        return executions.length;
      },
    },
  });
  publisher.start();
  let stopped = false;

  /** Sends a payload again as its source does, for as long as that can help. */
  async function deliver(payload: unknown): Promise<void> {
    for (;;)
      try {
        await forwarder.handle(payload);
        return;
      } catch (thrown) {
        if (stopped || !isRetryable(thrown)) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, SENT_AGAIN_MS));
      }
  }

  const inHand = new Set<Promise<unknown>>();
  return {
    async offer(payload) {
      const work = deliver(payload);
      inHand.add(work);
      const done = () => inHand.delete(work);
      work.then(done, done);
      if (inHand.size > (options.backlog ?? 0)) await work;
    },
    async idle() {
      await Promise.all(inHand);
      await correlation.idle();
      await publisher.idle();
    },
    sent: () => broker.sent(),
    async outcomes() {
      const text = await correlatorMetrics.text();
      return {
        taken: sampleOf(text, 'stepcast_correlator_records_in_total{source="events"}'),
        released: sampleOf(text, 'stepcast_correlator_records_total{outcome="released"}'),
        deadLetters: letters,
      };
    },
    async stop() {
      stopped = true;
      await correlation.stop();
      await publisher.stop({ force: true });
    },
  };
}

/** One sample of a Prometheus text; 0 where there is none. */
export function sampleOf(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
