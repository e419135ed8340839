import {
  errorFields,
  fullJitterMs,
  isRetryable,
  pause,
  type Clock,
  type Logger,
  type QueueSender,
  type Timers,
} from '@stepcast/kit';
import { deadLetterText } from '@stepcast/wire';
import type { PublisherMetrics } from './publisher-metrics.ts';

const BACKOFF = { baseMs: 200, capMs: 10_000 };

export interface GivenUp {
  readonly code: string;
  readonly reason: string;
  readonly original: string;
}

/** Puts what is given up where an operator finds it. */
export interface DeadLetters {
  /**
   * Resolves when it is stored. Waits for a queue that is away.
   * @throws the error of a queue that refuses for good, or the last error when it was stopped
   */
  give(letter: GivenUp): Promise<void>;
  stop(): void;
}

export function createDeadLetters(options: {
  readonly sender: QueueSender;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}): DeadLetters {
  const { sender, clock, timers, random, logger, metrics } = options;
  const stopped = new AbortController();
  return {
    async give({ code, reason, original }) {
      const at = new Date(clock.nowMs()).toISOString();
      const body = deadLetterText({ version: 1, service: 'publisher', code, reason, at, original });
      for (let attempt = 0; ; attempt += 1) {
        try {
          await sender.send([{ body }]);
          break;
        } catch (thrown) {
          logger.error({ attempt, ...errorFields(thrown) }, 'dead letter not stored');
          if (stopped.signal.aborted || !isRetryable(thrown)) throw thrown;
          await pause(timers, fullJitterMs(attempt, BACKOFF, random), stopped.signal);
        }
      }
      metrics.deadLettered.add({ code });
      logger.warn({ code, reason }, 'message dead-lettered');
    },
    stop() {
      stopped.abort();
    },
  };
}
