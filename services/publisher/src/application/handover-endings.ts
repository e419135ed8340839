import { isTerminal } from '@stepcast/contracts';
import { type Handover } from '@stepcast/wire';
import { errorFields, StepcastError, type Logger } from '@stepcast/kit';
import { summaryOf } from '../domain/positions.ts';
import type { Delivery } from '../ports/progress-queue.port.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { OverviewPublisher } from './overview-publisher.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import type { StatePublisher } from './state-publisher.ts';
import type { Entry } from './stream.ts';

export interface HandoverEndingsOptions {
  readonly states: StatePublisher;
  readonly overviews: OverviewPublisher;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/**
 * What becomes of a handover once its events are published or cannot be: what it says of the upload is passed on, and it
 * is acknowledged. One that ends its upload is acknowledged only when the retained state and the overview say so too:
 * nothing after it would ever put those right. Entries that were read from the journal have no handover to end.
 */
export class HandoverEndings {
  readonly #options: HandoverEndingsOptions;

  constructor(options: HandoverEndingsOptions) {
    this.#options = options;
  }

  published(entry: Entry): void {
    this.#done(entry, 'published');
  }

  duplicate(entry: Entry): void {
    this.#done(entry, 'duplicate');
  }

  #done({ handover }: Entry, outcome: 'published' | 'duplicate'): void {
    if (handover === undefined) return;
    const { states, overviews, metrics } = this.#options;
    const { delivery, content } = handover;
    metrics.handovers.add({ outcome });
    const summary = summaryOf(content.state);
    if (!isTerminal(content.state.status)) {
      states.offer(content.state, content.source);
      overviews.offer(content.state.identityId, summary);
      delivery.done();
      return;
    }
    let open = 2;
    const told = () => {
      open -= 1;
      if (open === 0) delivery.done();
    };
    states.offer(content.state, content.source, told);
    overviews.offer(content.state.identityId, summary, told);
  }

  /** Its events cannot be published: it is dead-lettered, but its state holds. */
  refused({ handover }: Entry, error: Error): void {
    if (handover === undefined) {
      this.#options.logger.warn(errorFields(error), 'journal entry not published');
      return;
    }
    const { content, delivery } = handover;
    this.#options.states.offer(content.state, content.source);
    this.#options.overviews.offer(content.state.identityId, summaryOf(content.state));
    void this.#giveUp(
      delivery,
      error instanceof StepcastError ? error.code : 'PUBLISHER_PUBLISH_FAILED',
      error.message,
      content.progress.events[0]?.executionArn,
    );
  }

  /** It is no handover, or contradicts itself. */
  unusable(delivery: Delivery, code: string, reason: string): void {
    void this.#giveUp(delivery, code, reason);
  }

  async #giveUp(
    delivery: Delivery,
    code: string,
    reason: string,
    executionArn?: Handover['progress']['events'][number]['executionArn'],
  ): Promise<void> {
    try {
      await this.#options.deadLetters.give({
        code,
        reason,
        original: delivery.body,
        ...(executionArn === undefined ? {} : { executionArn }),
      });
    } catch (thrown) {
      this.#options.logger.error(errorFields(thrown), 'dead letter not stored before the stop');
      return;
    }
    this.#options.metrics.handovers.add({ outcome: 'deadLettered' });
    delivery.done();
  }
}
