import { asError, StepcastError, type FailureKind } from '@stepcast/kit';

/** The publisher was stopped by force, or takes nothing any more. Another process publishes what was not emitted. */
export class PublisherStoppedError extends StepcastError {
  readonly code = 'PUBLISHER_STOPPED';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor() {
    super('the publisher was stopped before the broker had everything');
  }
}

/** The broker or the journal was away for so long that a handover is given back. It may have been published all the same. */
export class HandoverOverdueError extends StepcastError {
  readonly code = 'PUBLISHER_HANDOVER_OVERDUE';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor(waitedMs: number) {
    super(`a handover was not published within ${waitedMs} ms`);
  }
}

/** What became of a handover. A promise that nobody awaits needs no handler for its rejection. */
export interface Acceptance {
  /**
   * Resolves when the broker has the events, or when they were refused and dead-lettered.
   * @throws PublisherStoppedError
   * @throws HandoverOverdueError
   * @throws DeadLetterRefusedError; after each of them the handover is to be given again
   */
  readonly emitted: Promise<void>;
  /** Resolves when at an end the retained state and the overview say so too, else together with `emitted`. Rejects alike. */
  readonly settled: Promise<void>;
}

const ignore = () => undefined;

/** One of the two promises. It is made when somebody asks for it: most ask for one of them only. */
class Outcome {
  #deferred: PromiseWithResolvers<void> | undefined;
  #result: 'open' | 'resolved' | Error = 'open';

  get promise(): Promise<void> {
    if (this.#deferred === undefined) {
      this.#deferred = Promise.withResolvers<void>();
      this.#apply();
    }
    return this.#deferred.promise;
  }

  end(result: 'resolved' | Error): void {
    if (this.#result !== 'open') return;
    this.#result = result;
    this.#apply();
  }

  #apply(): void {
    if (this.#deferred === undefined || this.#result === 'open') return;
    if (this.#result === 'resolved') {
      this.#deferred.resolve();
      return;
    }
    this.#deferred.promise.catch(ignore);
    this.#deferred.reject(this.#result);
  }
}

/** The other side of an {@link Acceptance}. Calls after the first of their kind have no effect. */
export class Acknowledgement implements Acceptance {
  readonly #emitted = new Outcome();
  readonly #settled = new Outcome();
  readonly #onEnd: (ended: Acknowledgement) => void;
  readonly acceptedAtMs: number;
  #failed = false;

  constructor(acceptedAtMs: number, onEnd: (ended: Acknowledgement) => void) {
    this.acceptedAtMs = acceptedAtMs;
    this.#onEnd = onEnd;
  }

  get hasFailed(): boolean {
    return this.#failed;
  }

  get emitted(): Promise<void> {
    return this.#emitted.promise;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  emit(): void {
    this.#emitted.end('resolved');
  }

  settle(): void {
    this.#settled.end('resolved');
    this.#onEnd(this);
  }

  fail(thrown: unknown): void {
    this.#failed = true;
    const error = asError(thrown);
    this.#emitted.end(error);
    this.#settled.end(error);
    this.#onEnd(this);
  }
}
