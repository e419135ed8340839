import {
  asError,
  errorFields,
  fullJitterMs,
  isRetryable,
  pause,
  type Logger,
  type Timers,
} from '@stepcast/kit';

const BACKOFF = { baseMs: 100, capMs: 10_000 };

/** Rejected with when the publisher was stopped while it waited for the journal. */
export class StoppedError extends Error {}

/** Tries a read of the journal until it works; errors that trying again cannot mend are thrown at once. */
export type Insist = <T>(what: string, read: () => Promise<T>) => Promise<T>;

export interface JournalAccess {
  /** Throws {@link StoppedError} once the publisher is stopped. */
  readonly insist: Insist;
  /** What is wrong with the journal; `undefined` when the last read worked. */
  problem(): string | undefined;
}

export function createJournalAccess(options: {
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): JournalAccess {
  const { timers, random, logger, signal } = options;
  let problem: string | undefined;
  return {
    problem: () => problem,
    async insist(what, read) {
      for (let attempt = 0; ; attempt += 1) {
        if (signal.aborted) throw new StoppedError(what);
        try {
          const result = await read();
          problem = undefined;
          return result;
        } catch (thrown) {
          if (!isRetryable(thrown)) throw thrown;
          problem = asError(thrown).message;
          logger.warn({ what, attempt, ...errorFields(thrown) }, 'journal not reachable');
          await pause(timers, fullJitterMs(attempt, BACKOFF, random), signal);
        }
      }
    },
  };
}
