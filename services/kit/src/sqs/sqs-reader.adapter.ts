import { fullJitterMs } from '../backoff.ts';
import { pause, systemClock, systemTimers, type Clock, type Timers } from '../clock.ts';
import { errorFields } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { QueueMessage, QueueVerdict } from '../queue.ts';
import type { Held } from './held.ts';
import { createOutage } from './outage.ts';
import { createSettlements } from './settlements.ts';
import { SQS_LIMITS, type Sqs, type SqsMessage } from './sqs.adapter.ts';

/** A message that is ours until it is settled. */
export interface ReceivedMessage extends QueueMessage {
  /** When it was sent, in milliseconds since the epoch. */
  readonly sentAtMs: number | undefined;
  /**
   * Ends the message: it is deleted, or given back and delivered again after a while, to anybody. The first call counts;
   * so a message that was given back meanwhile, by a stop or with an earlier one of its group, is not deleted any more.
   * Giving back a message gives back the later ones of its group and receive as well.
   */
  readonly settle: (verdict: QueueVerdict) => void;
}

export interface SqsReaderOptions {
  readonly sqs: Sqs;
  readonly queueUrl: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** From 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  readonly random?: () => number;
  /**
   * Gets what one receive brought: 1 to 10 messages, those of a group in order. What is not settled when it throws or
   * rejects is given back for a second.
   */
  readonly onMessages: (messages: readonly ReceivedMessage[]) => void | Promise<void>;
  /** Receives side by side. Default 4. */
  readonly pollers?: number;
  /** Messages that may be in hand. Receives wait until there is room for 10 more. Default 10 for each poller. */
  readonly maxInHand?: number;
  /**
   * What their bodies may take. Receives pause above it; what is under way then may exceed it once by what those
   * receives bring. Default 64 MiB.
   */
  readonly maxInHandBytes?: number;
  /** How long SQS hides a message from others; prolonged while it is in hand. Default 60. */
  readonly visibilityTimeoutSeconds?: number;
  /** Long poll, at most 20. It is also how long a stop may have to wait. Default 8: less than services have to drain. */
  readonly waitTimeSeconds?: number;
}

/** How the reading goes, for readiness. */
export interface SqsReaderStatus {
  /** When a receive last succeeded, with or without messages. */
  readonly lastReceiveAtMs: number | undefined;
  /** Since when receives have failed; undefined while they succeed. */
  readonly failingSinceMs: number | undefined;
  /** The reason of the last failure, while receives fail. */
  readonly lastError: string | undefined;
  readonly inHand: number;
}

export interface SqsReaderStop {
  /** How long messages in hand have to settle. What has not is given back at once. `Infinity` waits for all. */
  readonly graceMs: number;
  /** Ends the grace, and the waiting for long polls. */
  readonly signal?: AbortSignal;
}

/** Reads one SQS queue, message by message: each ends by itself, whatever the others of its receive do. */
export interface SqsReader {
  start(): void;
  /**
   * Receives no more, and resolves when every message is deleted or given back, and no receive is under way. May be
   * called again, to shorten the grace.
   */
  stop(options: SqsReaderStop): Promise<void>;
  status(): SqsReaderStatus;
}

const BACKOFF = { baseMs: 200, capMs: 20_000 };
const AFTER_THROW_MS = 1_000;
/** A receive after a failure waits no longer than so, in order to notice soon that the queue is there again. */
const PROBE_WAIT_SECONDS = 1;
/** A stop that was cut short waits so long for its last calls. */
const LAST_CALLS_MS = 5_000;

export function createSqsReader(options: SqsReaderOptions): SqsReader {
  const { sqs, queueUrl, logger, onMessages, pollers = 4 } = options;
  const { clock = systemClock, timers = systemTimers, random = Math.random } = options;
  const { visibilityTimeoutSeconds = 60, waitTimeSeconds = 8, maxInHandBytes = 64 * 1_048_576 } = options;
  const maxInHand = options.maxInHand ?? pollers * SQS_LIMITS.maxBatchMessages;
  const batchSize = Math.min(SQS_LIMITS.maxBatchMessages, maxInHand);
  const stopping = new AbortController();
  const cutShort = new AbortController();
  const outage = createOutage({ logger, clock, queue: queueNameOf(queueUrl) });
  const newAttemptId = attemptIds(queueUrl, random);
  let waiting: (() => void)[] = [];
  let reserved = 0;
  let loops: readonly Promise<void>[] = [];
  let stopped: Promise<void> | undefined;
  let stopHiding: () => void = () => undefined;

  function wakeAll(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }
  const settlements = createSettlements({
    sqs,
    queueUrl,
    fifo: isFifo(queueUrl),
    logger,
    clock,
    timers,
    random,
    visibilityTimeoutSeconds,
    onRoom: wakeAll,
  });

  /** Reserves room for one receive. @returns false when the reader stops */
  async function reserve(): Promise<boolean> {
    for (;;) {
      if (stopping.signal.aborted) return false;
      const fits = settlements.held + reserved + batchSize <= maxInHand && settlements.bytes < maxInHandBytes;
      if (fits) {
        reserved += batchSize;
        return true;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
    }
  }

  function release(): void {
    reserved -= batchSize;
    wakeAll();
  }

  async function poll(): Promise<void> {
    let failures = 0;
    let attemptId = newAttemptId();
    while (await reserve()) {
      const startedMs = clock.nowMs();
      let messages: readonly SqsMessage[];
      try {
        messages = await sqs.receive(queueUrl, {
          maxMessages: batchSize,
          waitTimeSeconds: failures > 0 ? Math.min(PROBE_WAIT_SECONDS, waitTimeSeconds) : waitTimeSeconds,
          visibilityTimeoutSeconds,
          // Unchanged after a failure: should SQS have handed out messages and the answer be lost, they are in the next one.
          attemptId,
          signal: cutShort.signal,
        });
      } catch (thrown) {
        release();
        if (cutShort.signal.aborted) return;
        outage.failed(thrown);
        await pause(timers, fullJitterMs(failures, BACKOFF, random), stopping.signal);
        failures += 1;
        continue;
      }
      attemptId = newAttemptId();
      failures = 0;
      outage.received(startedMs);
      const held = settlements.hold(messages);
      release();
      if (stopping.signal.aborted) for (const one of held) settlements.giveBack(one, 0);
      else if (messages.length > 0) void deliver(messages, held);
    }
  }

  async function deliver(messages: readonly SqsMessage[], held: readonly Held[]): Promise<void> {
    const settle = (one: Held | undefined, verdict: QueueVerdict) => {
      if (one === undefined) return;
      if (verdict === 'done') settlements.done(one);
      else settlements.giveBack(one, verdict.retryAfterMs);
      wakeAll();
    };
    try {
      await onMessages(
        messages.map(({ id, body, receiveCount, groupId, sentAtMs }, index) => {
          const one = held[index];
          return { id, body, receiveCount, groupId, sentAtMs, settle: (verdict) => settle(one, verdict) };
        }),
      );
    } catch (thrown) {
      logger.error(errorFields(thrown), 'messages not handled');
      for (const one of held) settle(one, { retryAfterMs: AFTER_THROW_MS });
    }
  }

  async function finish(): Promise<void> {
    await Promise.all(loops);
    await settlements.idle();
  }

  async function cut(over: AbortSignal): Promise<void> {
    settlements.giveBackAll();
    cutShort.abort();
    await pause(timers, LAST_CALLS_MS, over);
  }

  return {
    start() {
      if (loops.length > 0 || stopping.signal.aborted) return;
      stopHiding = settlements.keepHidden();
      loops = Array.from({ length: pollers }, poll);
    },

    /*
     * A long poll under way is left to end by itself. To abort one saves seconds and may cost a visibility timeout: SQS
     * may have handed out messages that are on their way to us, and then hides them from everybody. What it still brings
     * is given back at once. That wait is bounded by the long poll's own limit, `waitTimeSeconds` and a margin, and by
     * `signal`, which does abort it.
     */
    async stop({ graceMs, signal }) {
      stopping.abort();
      wakeAll();
      settlements.hurry();
      stopped ??= finish();
      const over = new AbortController();
      const giveBackAll = () => {
        settlements.giveBackAll();
      };
      if (graceMs <= 0) giveBackAll();
      const ofGrace = graceMs > 0 && Number.isFinite(graceMs);
      const cancelGrace = ofGrace ? timers.after(graceMs, giveBackAll) : () => undefined;
      await Promise.race([stopped, onceAborted(signal, over.signal).then(() => cut(over.signal))]);
      cancelGrace();
      stopHiding();
      over.abort();
    },

    status: () => ({ ...outage.status(), inHand: settlements.inHand }),
  };
}

/** Resolves when `signal` aborts; never, once `over` has. */
function onceAborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted === true) resolve();
  else signal?.addEventListener('abort', () => resolve(), { once: true, signal: over });
  return promise;
}

function queueNameOf(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
}

function isFifo(queueUrl: string): boolean {
  return queueUrl.endsWith('.fifo');
}

/** IDs of receives, which only FIFO queues take. */
function attemptIds(queueUrl: string, random: () => number): () => string | undefined {
  if (!isFifo(queueUrl)) return () => undefined;
  const prefix = `${Math.floor(random() * 2 ** 48).toString(36)}-${Math.floor(random() * 2 ** 48).toString(36)}`;
  let count = 0;
  return () => `${prefix}-${(count += 1)}`;
}
