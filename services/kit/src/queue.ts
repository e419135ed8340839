/** A message as it came from a queue. */
export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  /** 1 at the first delivery. */
  readonly receiveCount: number;
  /** FIFO queues only. */
  readonly groupId: string | undefined;
}

/** What became of a message: taken (it is deleted), or to come back after a while. */
export type QueueVerdict = 'done' | { readonly retryAfterMs: number };

/** A message to send. `groupId` and `deduplicationId` for FIFO queues only, and there both. */
export interface OutgoingMessage {
  readonly body: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

/** Port: somewhere messages are sent to. */
export interface QueueSender {
  /**
   * Sends all, in order within a group, in as few calls as the limits allow. Resolves when every one is stored.
   * @throws QueueSendError when any was not; some may have been stored (send again with the same deduplication IDs)
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** Port: somewhere messages come from. */
export interface QueueConsumer {
  start(): void;
  /** Takes no more messages, and resolves when those in hand are done. */
  stop(options: { readonly force: boolean }): Promise<void>;
}
