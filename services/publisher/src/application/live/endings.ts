import { isTerminal } from '@stepcast/contracts';
import { asError, errorFields, StepcastError, type Logger } from '@stepcast/kit';
import { encodeHandover } from '@stepcast/wire';
import { hasState } from '../../domain/messages.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import type { OverviewTopics } from '../retained/overview-topics.ts';
import type { StateTopics } from '../retained/state-topics.ts';
import type { Delivery } from './stream.ts';

export interface EndingsOptions {
  readonly states: StateTopics;
  readonly overviews: OverviewTopics;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/**
 * What becomes of a delivery once its events are published or cannot be: its state and its line go to the retained
 * topics, and it is acknowledged. One that ends its upload is settled only when both topics say so: nothing after it
 * would ever put those right. Entries that were read from the journal have nobody to acknowledge them to.
 */
export class Endings {
  readonly #options: EndingsOptions;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** The broker has its events, or it brought none, or it had been published before. */
  emitted(delivery: Delivery, outcome: 'published' | 'duplicate'): void {
    if (delivery.acknowledgement !== undefined) this.#options.metrics.handovers.add({ outcome });
    this.#acknowledge(delivery);
  }

  /** The broker will not have its events: it is dead-lettered, and its state holds all the same. */
  async refused(delivery: Delivery, error: Error): Promise<void> {
    const { deadLetters, logger, metrics } = this.#options;
    const { handover, acknowledgement } = delivery;
    if (acknowledgement === undefined) logger.warn(errorFields(error), 'journal entry not published');
    const code = error instanceof StepcastError ? error.code : 'PUBLISHER_PUBLISH_FAILED';
    try {
      await deadLetters.give({ code, reason: error.message, original: encodeHandover(handover) });
    } catch (thrown) {
      logger.error(errorFields(thrown), 'dead letter not stored');
      acknowledgement?.fail(asError(thrown));
      return;
    }
    metrics.handovers.add({ outcome: 'deadLettered' });
    this.#acknowledge(delivery);
  }

  #acknowledge({ handover, acknowledgement }: Delivery): void {
    if (acknowledgement === undefined) return;
    const { states, overviews } = this.#options;
    acknowledgement.emit();
    if (!isTerminal(handover.line.status)) {
      if (hasState(handover)) states.offer(handover);
      overviews.offer(handover);
      acknowledgement.settle();
      return;
    }
    let open = hasState(handover) ? 2 : 1;
    const onRetained = (error: Error | undefined) => {
      open -= 1;
      if (error !== undefined) acknowledgement.fail(error);
      else if (open === 0) acknowledgement.settle();
    };
    if (hasState(handover)) states.offer(handover, onRetained);
    overviews.offer(handover, onRetained);
  }
}
