import type { ExecutionArn } from '@stepcast/contracts';
import { createLru, StepcastError, type FailureKind, type Timers } from '@stepcast/kit';
import type { StatusFact } from '../domain/fold-status.ts';

/** Thrown at a stop: the message goes back to its queue, for another process. */
export class HoldGivenBackError extends StepcastError {
  readonly code = 'CORRELATOR_HOLD_GIVEN_BACK';
  readonly retryable = true;
  override readonly failure: FailureKind = 'contention';
  constructor() {
    super('the process stops while an end waits for its log events');
  }
}

/** Where an execution stands after a pass, as far as an end that waits is concerned. */
export type EndStanding = 'running' | 'ended' | undefined;

/**
 * How many ends may be held at a time; those beyond are parked. The reader of statuses has room for as many beside its own, so
 * that a hold never keeps it from reading. A status has at most 256 KB, so all of them stay below the reader's bound of 64 MiB.
 */
export const MAX_HELD_ENDS = 200;
/** Some 10,000 executions. The end of one that is forgotten is parked and not held. */
const MAX_RUNNING_BYTES = 4 * 1024 * 1024;
/** An estimate of what an execution takes beside its ARN. */
const RUNNING_BYTES = 250;

/**
 * EventBridge is mostly faster than the log subscription, so the status of an end comes in before the log events that lead up to
 * it. To park it would cost two writes. Instead its message is held, unacknowledged, until the log events have come, for a
 * while. Nothing is locked meanwhile.
 *
 * Held is the end of an execution only whose log events come in to this process, one after the other: others have no log events
 * to wait for, such as those of a level at which few are logged.
 */
export class EndHolds {
  readonly #timers: Timers;
  readonly #holdMs: number;
  readonly #running = createLru<ExecutionArn, true>({
    maxBytes: MAX_RUNNING_BYTES,
    bytesOf: (_running, executionArn) => RUNNING_BYTES + executionArn.length,
  });
  readonly #held = new Map<ExecutionArn, Set<PromiseWithResolvers<void>>>();
  #count = 0;
  #isStopped = false;

  constructor(options: { readonly timers: Timers; readonly holdMs: number }) {
    this.#timers = options.timers;
    this.#holdMs = options.holdMs;
  }

  /** After each pass over an execution. */
  note(executionArn: ExecutionArn, standing: EndStanding): void {
    if (standing === 'running') {
      this.#running.set(executionArn, true);
      return;
    }
    this.#running.delete(executionArn);
    for (const one of this.#held.get(executionArn) ?? []) one.resolve();
  }

  /**
   * Resolves when the status need not wait any more: at once, after the execution's log events, or after the time.
   * @throws HoldGivenBackError when the process stops
   */
  async hold(executionArn: ExecutionArn, { status }: StatusFact): Promise<void> {
    const isHeld = this.#holdMs > 0 && status !== 'running' && this.#running.peek(executionArn) === true;
    if (!isHeld || this.#count >= MAX_HELD_ENDS) return;
    if (this.#isStopped) throw new HoldGivenBackError();
    const waiting = Promise.withResolvers<void>();
    const others = this.#held.get(executionArn) ?? new Set();
    this.#held.set(executionArn, others.add(waiting));
    this.#count += 1;
    const cancel = this.#timers.after(this.#holdMs, waiting.resolve);
    try {
      await waiting.promise;
    } finally {
      cancel();
      this.#count -= 1;
      others.delete(waiting);
      if (others.size === 0) this.#held.delete(executionArn);
    }
  }

  /** The process stops: what is held goes back. */
  giveBack(): void {
    this.#isStopped = true;
    for (const waiting of this.#held.values())
      for (const one of waiting) one.reject(new HoldGivenBackError());
  }
}
