import type { TopicSpace } from '@stepcast/contracts';
import { fullJitterMs, pause, type Clock, type Logger, type QueueSender, type Timers } from '@stepcast/kit';
import { createDeadLetters, type DeadLetters } from '@stepcast/wire';
import { RetainedPace } from '../domain/retained-pace.ts';
import type { Journal, UploadSummaries } from '../ports/journal.port.ts';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import type { ProgressQueue } from '../ports/progress-queue.port.ts';
import { CatchUpService, type CatchUpLimits } from './catch-up-service.ts';
import { ConnectionPool } from './connection-pool.ts';
import { createInsist } from './journal-access.ts';
import { LivePublisher } from './live-publisher.ts';
import { OverviewPublisher } from './overview-publisher.ts';
import { rememberSummaries } from './remembered-summaries.ts';
import type { ConnectionLimits } from './publish-job.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { RequestListener } from './request-listener.ts';
import type { RetainedContext } from './retained-topic.ts';
import { StatePublisher } from './state-publisher.ts';

const OVERLAP_MS = 120_000;
const DEAD_LETTER_BACKOFF = { baseMs: 200, capMs: 10_000 };

export interface EngineOptions {
  readonly queue: ProgressQueue;
  readonly deadLetterSender: QueueSender;
  readonly broker: MqttPublisher;
  readonly journal: Journal;
  readonly summaries: UploadSummaries;
  /** For so long after its start another publisher may still be ending, whose place this one takes. Default 2 minutes. */
  readonly overlapMs?: number;
  readonly topics: TopicSpace;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
  readonly clientIdPrefix: string;
  readonly connection: ConnectionLimits;
  readonly minConnections: number;
  readonly maxConnections: number;
  readonly maxPayloadBytes: number;
  readonly retainedIntervalMs: number;
  readonly maxRetainedPerSecond: number;
  readonly usualRetainedPerSecond: number;
  readonly catchUp: CatchUpLimits;
  readonly sharedSubscription: 'auto' | 'always' | 'never';
  readonly share: { readonly index: number; readonly of: number };
}

/** The publisher without its adapters: what composition, tests and benchmarks put together. */
export interface Engine {
  start(): void;
  stop(options: { readonly force: boolean }): Promise<void>;
  /** Resolves when no state and no overview waits to be written. */
  settled(): Promise<void>;
  /** What is wrong, by part; empty when all is well. */
  problems(): Readonly<Record<string, string>>;
}

/** A state or an overview has no message to give back, so its letter is sent until it is stored or refused for good. */
function deadLettersOf(options: EngineOptions, signal: AbortSignal): DeadLetters {
  const { deadLetterSender, clock, timers, random, logger, metrics } = options;
  const letters = createDeadLetters({
    queue: deadLetterSender,
    service: 'publisher',
    clock,
    logger,
    refused: metrics.deadLettersRefused,
    retry: {
      signal,
      wait: (attempt) => pause(timers, fullJitterMs(attempt, DEAD_LETTER_BACKOFF, random), signal),
    },
  });
  return {
    async send(givenUp) {
      await letters.send(givenUp);
      for (const { code, reason } of givenUp) {
        metrics.deadLettered.add({ code });
        logger.warn({ code, reason }, 'message dead-lettered');
      }
    },
  };
}

export function createEngine(options: EngineOptions): Engine {
  const { clock, timers, random, ids, logger, metrics, topics, journal, broker } = options;
  const { maxPayloadBytes } = options;
  const stopping = new AbortController();
  const insist = createInsist({ timers, random, logger, signal: stopping.signal });
  const pool = new ConnectionPool({
    publisher: broker,
    clientIdPrefix: options.clientIdPrefix,
    limits: options.connection,
    minConnections: options.minConnections,
    maxConnections: options.maxConnections,
    clock,
    timers,
    random,
    logger,
    metrics,
  });
  const deadLetters = deadLettersOf(options, stopping.signal);
  const retained: RetainedContext = {
    pool,
    clock,
    timers,
    pace: new RetainedPace({
      intervalMs: options.retainedIntervalMs,
      maxPerSecond: options.maxRetainedPerSecond,
      usualPerSecond: options.usualRetainedPerSecond,
    }),
  };
  const alone = options.share.of === 1;
  const summaries = rememberSummaries(options.summaries, {
    alone,
    overlapMs: options.overlapMs ?? OVERLAP_MS,
    clock,
    timers,
    insist,
    logger,
  });
  const states = new StatePublisher({
    retained,
    topics,
    journal,
    alone,
    maxPayloadBytes,
    deadLetters,
    logger,
    metrics,
  });
  const overviews = new OverviewPublisher({
    retained,
    topics,
    summaries: summaries.overviews,
    insist,
    deadLetters,
    logger,
    metrics,
  });
  const live = new LivePublisher({
    pool,
    topics,
    journal,
    summaries: summaries.others,
    insist,
    states,
    overviews,
    deadLetters,
    clock,
    logger,
    metrics,
    maxPayloadBytes,
  });
  const catchUp = new CatchUpService({
    pool,
    topics,
    journal,
    summaries: summaries.others,
    clock,
    ids,
    logger,
    metrics,
    limits: options.catchUp,
    maxPayloadBytes,
    share: options.share,
  });
  const listener = new RequestListener({
    publisher: broker,
    clientId: `${options.clientIdPrefix}-requests`,
    filter: topics.requestFilter,
    sharedSubscription: options.sharedSubscription,
    onRequest: (message) => {
      catchUp.accept(message);
    },
    clock,
    timers,
    random,
    logger,
    metrics,
  });

  const settled = async () => {
    await Promise.all([states.settled(), overviews.settled()]);
  };

  return {
    start() {
      pool.start();
      listener.start();
      options.queue.start((delivery) => {
        live.accept(delivery);
      });
    },

    async stop({ force }) {
      if (force) {
        // First nobody is asked any more, then what is in hand goes back.
        stopping.abort();
        states.stop();
        overviews.stop();
        await Promise.all([
          listener.stop({ force }),
          catchUp.stop({ force }),
          options.queue.stop({ force }),
          pool.stop({ force }),
        ]);
        return;
      }
      await listener.stop({ force });
      // Resolves when every handover in hand is acknowledged, which is when its events are published…
      await Promise.all([options.queue.stop({ force }), catchUp.stop({ force })]);
      // …and then the states and overviews that wait for their time.
      await settled();
      await summaries.flush();
      stopping.abort();
      await pool.stop({ force });
    },

    settled,

    problems() {
      const broken = pool.problem;
      const deaf = listener.problem;
      return {
        ...(broken === undefined ? {} : { broker: broken }),
        ...(deaf === undefined ? {} : { requests: deaf }),
      };
    },
  };
}
