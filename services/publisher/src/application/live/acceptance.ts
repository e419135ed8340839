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

/** What became of a handover. Whoever does not await one of the two need not handle its rejection. */
export interface Acceptance {
  /**
   * Resolves when the broker has the events, or when they were refused and dead-lettered.
   * @throws PublisherStoppedError, or the error of a dead-letter queue that refuses for good: to be handed over again
   */
  readonly emitted: Promise<void>;
  /** Resolves when at an end the retained state and the overview say so too, else together with `emitted`. Rejects alike. */
  readonly settled: Promise<void>;
}

/** The other side of an {@link Acceptance}. Calls after the first of their kind have no effect. */
export class Acknowledgement implements Acceptance {
  readonly #emitted = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  readonly #onEnd: (ended: Acknowledgement) => void;

  constructor(onEnd: (ended: Acknowledgement) => void) {
    this.#onEnd = onEnd;
    this.#emitted.promise.catch(() => undefined);
    this.#settled.promise.catch(() => undefined);
  }

  get emitted(): Promise<void> {
    return this.#emitted.promise;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  emit(): void {
    this.#emitted.resolve();
  }

  settle(): void {
    this.#settled.resolve();
    this.#onEnd(this);
  }

  fail(error: unknown): void {
    this.#emitted.reject(asError(error));
    this.#settled.reject(asError(error));
    this.#onEnd(this);
  }
}
