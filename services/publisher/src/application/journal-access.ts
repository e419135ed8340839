import { errorFields, fullJitterMs, isRetryable, pause, type Logger, type Timers } from '@stepcast/kit';

const BACKOFF = { baseMs: 100, capMs: 10_000 };

/** Rejected with when the publisher was stopped while it waited for the journal. */
export class StoppedError extends Error {}

/** Tries a read of the journal until it works; errors that trying again cannot mend are thrown at once. */
export type Insist = <T>(what: string, read: () => Promise<T>) => Promise<T>;

/** @returns an {@link Insist} that throws {@link StoppedError} once `signal` aborts */
export function createInsist(options: {
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Insist {
  const { timers, random, logger, signal } = options;
  return async (what, read) => {
    for (let attempt = 0; ; attempt += 1) {
      if (signal.aborted) throw new StoppedError(what);
      try {
        return await read();
      } catch (thrown) {
        if (!isRetryable(thrown)) throw thrown;
        logger.warn({ what, attempt, ...errorFields(thrown) }, 'journal not reachable');
        await pause(timers, fullJitterMs(attempt, BACKOFF, random), signal);
      }
    }
  };
}
