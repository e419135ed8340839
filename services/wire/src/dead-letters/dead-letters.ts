import type { DeadLetterCode } from './codes.ts';
import type { LetterQueue } from './dead-letter.ts';
import { deadLetterText } from './queue-text.ts';

/** What is given up, and why. */
export interface GivenUp {
  readonly code: DeadLetterCode;
  readonly reason: string;
  readonly executionArn?: string | undefined;
  /** The queue that it came from. */
  readonly queue?: LetterQueue | undefined;
  /** The message or record as it came. It is cut to what SQS accepts. */
  readonly original?: string | undefined;
}

/** Port: the dead-letter queue, where operators find what was given up. */
export interface DeadLetters {
  /**
   * Resolves when every letter is stored.
   *
   * When it rejects, the caller must not acknowledge the input that the letters are about: it gives the input back, so
   * that the queue delivers it again and, after its last delivery, moves it to the queue of undelivered messages.
   * @throws DeadLetterRefusedError when the queue refused the letters for good
   * @throws what the queue threw, when sending again may help
   */
  send(letters: readonly GivenUp[]): Promise<void>;
}

/** Thrown when the dead-letter queue refused letters for good. Retryable: their input is to be delivered again. */
export class DeadLetterRefusedError extends Error {
  readonly code = 'WIRE_DEAD_LETTER_REFUSED';
  readonly retryable = true;

  constructor(letters: number, options: ErrorOptions) {
    super(`${letters} dead letters were refused by their queue for good`, options);
    this.name = 'DeadLetterRefusedError';
  }
}

export interface DeadLetterOptions {
  /** The part of a queue's sender that is needed: resolves when all are stored; its errors may say `retryable: false`. */
  readonly queue: { send(messages: readonly { readonly body: string }[]): Promise<void> };
  /** Name of the service, written into every letter. */
  readonly service: string;
  readonly clock: { nowMs(): number };
  readonly logger: { error(fields: object, message: string): void };
  /** Counts letters that the queue refused for good, by `code`. */
  readonly refused: { add(labels: { readonly code: string }): void };
  /**
   * For a caller that cannot give its input back: sends again, after `wait`, until the letters are stored, refused for
   * good, or `signal` is aborted (then it rejects with the last error). Default: one attempt, as the input is redelivered.
   */
  readonly retry?:
    { readonly signal: AbortSignal; readonly wait: (attempt: number) => Promise<void> } | undefined;
}

function isRefusal(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'retryable' in thrown && thrown.retryable === false;
}

/** Name and code of an error. Not its message: a queue may quote what it refuses. */
function errorNames(thrown: unknown): { readonly errorName?: string; readonly errorCode?: string } {
  if (typeof thrown !== 'object' || thrown === null) return {};
  return {
    ...('name' in thrown && typeof thrown.name === 'string' ? { errorName: thrown.name } : {}),
    ...('code' in thrown && typeof thrown.code === 'string' ? { errorCode: thrown.code } : {}),
  };
}

/** The one maker and sender of dead letters, for every service. */
export function createDeadLetters(options: DeadLetterOptions): DeadLetters {
  const { queue, service, clock, logger, refused, retry } = options;

  function refuse(letters: readonly GivenUp[], thrown: unknown): never {
    for (const { code } of letters) {
      logger.error({ code, ...errorNames(thrown) }, 'dead letter refused for good');
      refused.add({ code });
    }
    throw new DeadLetterRefusedError(letters.length, { cause: thrown });
  }

  return {
    async send(letters) {
      if (letters.length === 0) return;
      const at = new Date(clock.nowMs()).toISOString();
      const messages = letters.map(({ code, reason, executionArn, queue: from, original }) => ({
        body: deadLetterText({ version: 1, service, code, reason, at, executionArn, queue: from, original }),
      }));
      for (let attempt = 0; ; attempt += 1) {
        try {
          await queue.send(messages);
          return;
        } catch (thrown) {
          if (isRefusal(thrown)) refuse(letters, thrown);
          if (retry === undefined || retry.signal.aborted) throw thrown;
          logger.error({ attempt, ...errorNames(thrown) }, 'dead letters not stored');
          await retry.wait(attempt);
        }
      }
    },
  };
}
