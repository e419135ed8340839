import { describeIssues, type TopicSpace } from '@stepcast/contracts';
import type { Clock, Logger, QueueSender, Timers, Tracing } from '@stepcast/kit';
import { decodeHandover, type Handover } from '@stepcast/wire';
import { RetainedBudget } from '../domain/retained-budget.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import { CatchUpService, type CatchUpLimits } from './catch-up/catch-up-service.ts';
import { RequestListener } from './catch-up/request-listener.ts';
import { ConnectionPool } from './connections/connection-pool.ts';
import type { ConnectionLimits } from './connections/publish-job.ts';
import { publisherDeadLetters } from './dead-letters.ts';
import { createJournalAccess } from './journal-access.ts';
import type { Acceptance } from './live/acceptance.ts';
import { LivePublisher } from './live/live-publisher.ts';
import { createMessageTraces } from './live/message-traces.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { Overlap, OVERLAP_MS } from './retained/overlap.ts';
import { OverviewLines } from './retained/overview-lines.ts';
import { OverviewTopics } from './retained/overview-topics.ts';
import { RetainedTurns } from './retained/retained-turns.ts';
import { StateTopics } from './retained/state-topics.ts';

export interface PublisherCoreOptions {
  readonly deadLetterSender: QueueSender;
  readonly broker: MqttPublisher;
  readonly journal: Journal;
  /** For so long after its start another publisher may still be ending, whose place this one takes. Default 2 minutes. */
  readonly overlapMs?: number;
  readonly topics: TopicSpace;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Unique texts. */
  readonly ids: () => string;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
  /** Default none: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  readonly clientIdPrefix: string;
  readonly connection: ConnectionLimits;
  readonly minConnections: number;
  readonly maxConnections: number;
  /** Every payload has fewer bytes than this. */
  readonly maxPayloadBytes: number;
  /** Between two messages of one retained topic, of all copies together. */
  readonly retainedIntervalMs: number;
  /** Messages of all retained topics and copies together. */
  readonly maxRetainedPerSecond: number;
  /** How many copies share these two, which may change. Default 1. */
  readonly copies?: () => number;
  /** Between two overviews of an identity while uploads only move. */
  readonly overviewIntervalMs: number;
  /** How long a handover may be in hand before it is given back, because broker or journal are away. */
  readonly maxWaitMs: number;
  readonly catchUp: CatchUpLimits;
  readonly sharedSubscription: 'auto' | 'always' | 'never';
  /** Which of how many copies at most this is. With `of: 1` it is alone. */
  readonly share: { readonly index: number; readonly of: number };
}

/**
 * What the publisher needs of others: connections to publish with, the subscription to catch-up requests, and the
 * journal.
 */
export const PUBLISHER_PARTS = ['broker', 'requests', 'journal'] as const;
export type PublisherPart = (typeof PUBLISHER_PARTS)[number];

/** The publisher without its adapters: what the engine, the service, tests and benchmarks put together. */
export interface PublisherCore {
  /** Connects. Resolves nothing: a broker that is away is waited for, and handovers may come before it is there. */
  start(): void;
  /**
   * Takes a handover, to be published after those of its stream that came before. Never throws. How many may be in hand
   * is for the caller to bound: each is held until it is settled.
   */
  accept(handover: Handover): Acceptance;
  /**
   * Takes a message of the progress queue, and resolves when it is taken care of: settled, or dead-lettered because it
   * is no handover.
   * @throws as `settled` does: the queue is to deliver the message again
   */
  acceptText(text: string): Promise<void>;
  /**
   * Takes no more, resolves when everything in hand is settled and every retained topic holds its newest, and
   * disconnects; with `force` disconnects at once and rejects what is in hand.
   */
  stop(options: { readonly force: boolean }): Promise<void>;
  /** Resolves when no state and no overview waits to be published. */
  idle(): Promise<void>;
  /** What is wrong, by part; empty when all is well. */
  problems(): Readonly<Partial<Record<PublisherPart, string>>>;
}

export function createPublisherCore(options: PublisherCoreOptions): PublisherCore {
  const { broker, topics, journal, clock, metrics, copies = () => 1 } = options;
  const stopping = new AbortController();
  const access = createJournalAccess({ ...options, signal: stopping.signal });
  const { insist } = access;
  const pool = new ConnectionPool({ ...options, publisher: broker, limits: options.connection });
  const deadLetters = publisherDeadLetters({ ...options, signal: stopping.signal });
  const alone = options.share.of === 1;
  const overlap = new Overlap({
    alone,
    timers: options.timers,
    overlapMs: options.overlapMs ?? OVERLAP_MS,
  });
  const lines = new OverviewLines({ journal, overlap, clock });
  const retained = {
    ...options,
    pool,
    deadLetters,
    shortestIntervalMs: () => options.retainedIntervalMs * copies(),
    turns: new RetainedTurns(
      new RetainedBudget(() => options.maxRetainedPerSecond / copies()),
      clock,
      options.timers,
    ),
    insist,
  };
  const states = new StateTopics({ ...retained, alone, overlap });
  const overviews = new OverviewTopics({ ...retained, lines, overlap });
  const { tracing } = options;
  const traces = tracing === undefined ? undefined : createMessageTraces(tracing, clock);
  const live = new LivePublisher({ ...options, pool, insist, states, overviews, deadLetters, alone, traces });
  const catchUp = new CatchUpService({ ...options, pool, lines, limits: options.catchUp });
  const listener = new RequestListener({
    ...options,
    publisher: broker,
    clientId: `${options.clientIdPrefix}-requests`,
    filter: topics.requestFilter,
    onRequest: (message, isShared) => {
      catchUp.accept(message, isShared);
    },
  });

  const accept = (handover: Handover): Acceptance => {
    if (handover.identityIsNew === true) lines.begin(handover.identityId);
    return live.accept(handover);
  };

  const idle = async () => {
    await Promise.all([states.idle(), overviews.idle()]);
  };

  let cancelRepeat: () => void = () => undefined;

  return {
    start() {
      pool.start();
      listener.start();
      if (overlap.repeatAfterMs === undefined) return;
      cancelRepeat = options.timers.after(overlap.repeatAfterMs, () => {
        void states.repeatEarly();
        void overviews.repeatEarly();
      });
    },

    accept,

    async acceptText(text) {
      const decoded = decodeHandover(text);
      if (decoded.ok) {
        await accept(decoded.value).settled;
        return;
      }
      const reason = describeIssues(decoded.issues);
      await deadLetters.send([
        { code: 'PUBLISHER_HANDOVER_INVALID', reason, queue: 'progress', original: text },
      ]);
      metrics.handovers.add({ outcome: 'deadLettered' });
    },

    async stop({ force }) {
      cancelRepeat();
      if (force) {
        // First nobody is asked any more, then what is in hand goes back.
        stopping.abort();
        states.stop();
        overviews.stop();
        await Promise.all([
          live.stop({ force }),
          listener.stop({ force }),
          catchUp.stop({ force }),
          pool.stop({ force }),
        ]);
        return;
      }
      await listener.stop({ force });
      await Promise.all([live.stop({ force }), catchUp.stop({ force })]);
      states.hurry();
      overviews.hurry();
      await idle();
      stopping.abort();
      await pool.stop({ force });
    },

    idle,

    problems() {
      const found = { broker: pool.problem, requests: listener.problem, journal: access.problem() };
      const problems: Partial<Record<PublisherPart, string>> = {};
      for (const part of PUBLISHER_PARTS) {
        const problem = found[part];
        if (problem !== undefined) problems[part] = problem;
      }
      return problems;
    },
  };
}
