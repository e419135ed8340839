import type { CorrelationMessage } from '@stepcast/contracts';

/** Port: the feed for back offices. */
export interface CorrelationFeed {
  /**
   * Resolves when the feed has all of them. Sending the same ones again is harmless: their ids are the same.
   * @throws retryable errors: some or all of them are missing
   */
  send(messages: readonly CorrelationMessage[]): Promise<void>;
}
