import { randomUUID } from 'node:crypto';
import { keyTemplate, topicSpace } from '@stepcast/contracts';
import { type Handover, parseRecordBatch } from '@stepcast/wire';
import {
  createCorrelation,
  createQueueOutbox,
  createTakeMessages,
  DEFAULT_TIMES,
} from '@stepcast/correlator';
import { createForwarder } from '@stepcast/forwarder';
import { createMetrics, silentLogger, systemClock, systemTimers, type QueueSender } from '@stepcast/kit';
import {
  createBrokerPublisher,
  createEngine,
  createPublisherMetrics,
  DEFAULT_CATCH_UP_LIMITS,
  NO_LIMITS,
  type EngineOptions,
  type MqttPublisher,
} from '@stepcast/publisher';
import { BenchFifo, progressQueueOf } from './fifo.ts';
import { benchDirectory } from './ports.ts';
import { openStores, type Reading, type StoreChoice } from './stores.ts';
import { BENCH_BUCKET } from './workload.ts';

export interface PipelineOptions {
  readonly brokerUrl: string;
  readonly store: StoreChoice;
  /** Messages (of five events) that may wait between forwarder and correlator. */
  readonly backlog: number;
  /** Receives that the correlator works on side by side, ten messages each. */
  readonly pollers: number;
  /** Called with each handover before it goes to the publisher. */
  readonly onHandover?: (handover: Handover) => void;
  /** Where the publisher reads, with `memory`. Default: nothing is there. */
  readonly reading?: Reading;
  readonly clientIdPrefix?: string;
  /** Limits of a connection. Default: those of a broker without quotas. */
  readonly connection?: Partial<EngineOptions['connection']>;
  readonly maxConnections?: number;
  /** Default: 128 KB, as IoT Core takes. */
  readonly maxPayloadBytes?: number;
}

/** Forwarder, correlator and publisher in one process, with their queues in memory. */
export interface Pipeline {
  /** Resolves when the forwarder has put all of it on the events queue; waits while that is full. */
  offer(payload: unknown): Promise<void>;
  /** Resolves when everything that was offered is published and acknowledged, states and overviews included. */
  idle(): Promise<void>;
  /** Monotonic milliseconds of the last PUBACK of a message of events. */
  readonly lastEventsAckMs: number;
  /** Progress events in acknowledged messages. */
  published(): Promise<number>;
  /** Messages of the events topics so far. */
  readonly messages: number;
  readonly backlogFull: boolean;
  readonly peaks: { readonly events: number; readonly progress: number; readonly inFlight: number };
  /** Log records by what became of them. */
  outcomes(): Promise<{ readonly released: number; readonly taken: number; readonly deadLetters: number }>;
  /** What the publisher finds wrong, by part. */
  problems(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Notes what is acknowledged, and changes nothing. */
function watched(publisher: MqttPublisher, onAck: (topic: string) => void, onInFlight: (by: number) => void) {
  const watching: MqttPublisher = {
    async connect(options) {
      const session = await publisher.connect(options);
      return {
        traits: session.traits,
        closed: session.closed,
        subscribe: (filter, onMessage) => session.subscribe(filter, onMessage),
        close: (how) => session.close(how),
        async publish(message) {
          onInFlight(1);
          try {
            await session.publish(message);
            onAck(message.topic);
          } finally {
            onInFlight(-1);
          }
        },
      };
    },
  };
  return watching;
}

export function startPipeline(options: PipelineOptions): Pipeline {
  const { backlog, pollers } = options;
  const events = new BenchFifo(backlog);
  const progress = new BenchFifo(2_000);
  const { ports, journal, summaries, close } = openStores(options.store, options.reading);
  const common = { clock: systemClock, logger: silentLogger };
  const metrics = {
    forwarder: createMetrics('stepcast_forwarder_'),
    correlator: createMetrics('stepcast_correlator_'),
    publisher: createPublisherMetrics(createMetrics('stepcast_publisher_')),
  };
  let deadLetters = 0;
  const deadLetterSender: QueueSender = {
    send(messages) {
      deadLetters += messages.length;
      return Promise.resolve();
    },
  };
  let lastEventsAckMs = 0;
  let messages = 0;
  let inFlight = 0;
  let peakInFlight = 0;

  const outbox = createQueueOutbox(progress);
  const forwarder = createForwarder({
    ...common,
    sender: events,
    deadLetters: deadLetterSender,
    metrics: metrics.forwarder,
    ids: randomUUID,
  });
  const correlation = createCorrelation({
    ...common,
    ...ports,
    directory: benchDirectory,
    outbox: {
      async send(handovers) {
        if (options.onHandover !== undefined) handovers.forEach(options.onHandover);
        await outbox.send(handovers);
      },
    },
    deadLetters: {
      send(letters) {
        deadLetters += letters.length;
        return Promise.resolve();
      },
    },
    settings: {
      ...DEFAULT_TIMES,
      // Payloads that are decoded side by side may overtake one another; what is missing comes, and no history is asked.
      gapWaitMs: 60_000,
      startMode: 'observed',
      rules: { keyTemplate: keyTemplate('users/{identityId}/…'), buckets: new Set([BENCH_BUCKET]) },
    },
    timers: systemTimers,
    random: Math.random,
    metrics: metrics.correlator,
  });
  const take = createTakeMessages({
    correlation,
    parsers: {
      recordBatch: parseRecordBatch,
      upload: () => [],
      status: () => ({ ok: true, value: 'ignored' }),
    },
    deadLetters: { send: () => Promise.resolve() },
    logger: silentLogger,
    random: Math.random,
    maxReceives: 20,
  });
  const engine = createEngine({
    ...common,
    queue: progressQueueOf(progress, 10_000),
    deadLetterSender,
    broker: watched(
      createBrokerPublisher({
        url: options.brokerUrl,
        protocol: '3.1.1',
        username: undefined,
        password: undefined,
      }),
      (topic) => {
        if (!topic.endsWith('/events')) return;
        messages += 1;
        lastEventsAckMs = performance.now();
      },
      (by) => {
        inFlight += by;
        peakInFlight = Math.max(peakInFlight, inFlight);
      },
    ),
    journal,
    summaries,
    // As it is after its first two minutes: nobody else is ending.
    overlapMs: 0,
    topics: topicSpace(),
    timers: systemTimers,
    random: Math.random,
    ids: randomUUID,
    metrics: metrics.publisher,
    clientIdPrefix: options.clientIdPrefix ?? `stepcast-bench-${randomUUID()}`,
    connection: { ...NO_LIMITS.connection, ...options.connection },
    minConnections: 1,
    maxConnections: options.maxConnections ?? 1,
    maxPayloadBytes: options.maxPayloadBytes ?? NO_LIMITS.maxPayloadBytes,
    retainedIntervalMs: NO_LIMITS.retainedIntervalMs,
    maxRetainedPerSecond: NO_LIMITS.maxRetainedPerSecond,
    usualRetainedPerSecond: NO_LIMITS.usualRetainedPerSecond,
    catchUp: DEFAULT_CATCH_UP_LIMITS,
    sharedSubscription: 'never',
    share: { index: 0, of: 1 },
  });

  let stopped = false;
  async function poll(): Promise<void> {
    while (!stopped) {
      const received = await events.receive();
      const verdicts = await take.events(received);
      for (const message of received) {
        if (verdicts.get(message.id) !== 'done') throw new Error('a message would have come again');
        events.done(message);
      }
    }
  }
  engine.start();
  for (let index = 0; index < pollers; index += 1) void poll();

  return {
    async offer(payload) {
      await forwarder.handle(payload);
    },
    async idle() {
      await events.idle();
      await correlation.idle();
      await progress.idle();
      await engine.settled();
    },
    get lastEventsAckMs() {
      return lastEventsAckMs;
    },
    get messages() {
      return messages;
    },
    get backlogFull() {
      return events.full;
    },
    get peaks() {
      return { events: events.peak, progress: progress.peak, inFlight: peakInFlight };
    },
    published: () => metrics.publisher.events.total(),
    async outcomes() {
      const total = (name: string, labels: Readonly<Record<string, string>>) =>
        countOf(metrics.correlator.text(), name, labels);
      return {
        taken: await total('stepcast_correlator_records_in_total', { source: 'events' }),
        released: await total('stepcast_correlator_records_total', { outcome: 'released' }),
        deadLetters,
      };
    },
    problems: () => engine.problems(),
    async stop() {
      stopped = true;
      await correlation.stop();
      await engine.stop({ force: true });
      close();
    },
  };
}

/** One sample out of a Prometheus text. */
async function countOf(
  text: Promise<string>,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const wanted = `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}} `;
  const line = (await text).split('\n').find((one) => one.startsWith(wanted));
  return line === undefined ? 0 : Number(line.slice(wanted.length));
}
