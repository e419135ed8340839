import { fullJitterMs, pause, type Clock, type Logger, type QueueSender, type Timers } from '@stepcast/kit';
import { createDeadLetters, type DeadLetters } from '@stepcast/wire';
import type { PublisherMetrics } from './publisher-metrics.ts';

const BACKOFF = { baseMs: 200, capMs: 10_000 };

/**
 * Dead letters of the publisher, counted. They are sent until they are stored, refused for good, or `signal` aborts: the
 * message that a letter is about stays in hand meanwhile.
 */
export function publisherDeadLetters(options: {
  readonly deadLetterSender: QueueSender;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
  readonly signal: AbortSignal;
}): DeadLetters {
  const { deadLetterSender, clock, timers, random, logger, metrics, signal } = options;
  const letters = createDeadLetters({
    queue: deadLetterSender,
    service: 'publisher',
    clock,
    logger,
    refused: metrics.deadLettersRefused,
    retry: {
      signal,
      wait: (attempt) => pause(timers, fullJitterMs(attempt, BACKOFF, random), signal),
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
