/** Port: the queue of handovers, where the correlator is another process. */
export interface ProgressQueue {
  /**
   * Begins to receive. Messages of one group come in order, and a bounded number are in hand at any time. Each message
   * ends for itself: one that waits for its broker does not hold up the others that came with it.
   * @param handle resolves when the message is taken care of and may be deleted; rejects when it is to be delivered again
   */
  start(handle: (body: string) => Promise<void>): void;
  /** Takes no more, and resolves when all in hand have ended; with `force` gives back what has not. */
  stop(options: { readonly force: boolean }): Promise<void>;
}
