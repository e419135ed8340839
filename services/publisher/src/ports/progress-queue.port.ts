import type { QueueMessage } from '@stepcast/kit';

/** A message of the progress queue that is ours until we say what became of it. */
export interface Delivery extends QueueMessage {
  /** It is taken care of; it will not come again. */
  done(): void;
  /** It comes again, to us or to another copy, after a while. */
  retry(delayMs: number): void;
}

/**
 * Port: the queue of handovers. Unlike a batch handler it lets every message end for itself: one that has to wait for
 * its broker does not hold up the others that came with it.
 */
export interface ProgressQueue {
  /** Begins to receive. Messages of one group come in order; at most a fixed number are in hand at any time. */
  start(onDelivery: (delivery: Delivery) => void): void;
  /** Takes no more, and resolves when all in hand have ended; with `force` gives back what has not. */
  stop(options: { readonly force: boolean }): Promise<void>;
}
