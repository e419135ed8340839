import { type DeadLetter } from '@stepcast/wire';
import {
  errorFields,
  fullJitterMs,
  pause,
  type Clock,
  type Logger,
  type QueueSender,
  type Timers,
} from '@stepcast/kit';
import type { PublisherMetrics } from './publisher-metrics.ts';

const BACKOFF = { baseMs: 200, capMs: 10_000 };
const MAX_ORIGINAL_CHARACTERS = 200_000;

export interface GivenUp {
  readonly code: string;
  readonly reason: string;
  readonly original: string;
  readonly executionArn?: DeadLetter['executionArn'];
}

/** Puts what is given up where an operator finds it. */
export interface DeadLetters {
  /** Resolves when it is stored; tries until then, or until stopped (then it rejects with the last error). */
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
    async give({ code, reason, original, executionArn }) {
      const letter: DeadLetter = {
        version: 1,
        service: 'publisher',
        code,
        reason,
        at: new Date(clock.nowMs()).toISOString(),
        original: original.slice(0, MAX_ORIGINAL_CHARACTERS),
        ...(executionArn === undefined ? {} : { executionArn }),
      };
      const body = JSON.stringify(letter);
      for (let attempt = 0; ; attempt += 1) {
        try {
          await sender.send([{ body }]);
          break;
        } catch (thrown) {
          if (stopped.signal.aborted) throw thrown;
          logger.error({ attempt, ...errorFields(thrown) }, 'dead letter not stored');
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
