import { isTerminal } from '@stepcast/contracts';
import type { DeadLetters, GivenUp } from '@stepcast/wire';
import { errorFields, StepcastError, type Logger } from '@stepcast/kit';
import { summaryOf } from '../domain/positions.ts';
import { RecentMap } from '../domain/recent-map.ts';
import type { Delivery } from '../ports/progress-queue.port.ts';
import type { OverviewPublisher } from './overview-publisher.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import type { Told } from './retained-topic.ts';
import type { StatePublisher } from './state-publisher.ts';
import type { Entry } from './stream.ts';

/** When a handover that could be neither published nor dead-lettered is delivered again. */
const GIVE_BACK_MS = 30_000;
/** Letters hold no original: a few hundred bytes each. */
const REMEMBERED_LETTERS = 1_000;

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
  /** Letters about handovers that were given back, by message: here they look like duplicates when they return. */
  readonly #refusedLetters = new RecentMap<string, Omit<GivenUp, 'original'>>(REMEMBERED_LETTERS);

  constructor(options: HandoverEndingsOptions) {
    this.#options = options;
  }

  published(entry: Entry): void {
    this.#done(entry, 'published');
  }

  duplicate(entry: Entry): void {
    const delivery = entry.handover?.delivery;
    const letter = delivery === undefined ? undefined : this.#refusedLetters.get(delivery.id);
    if (delivery === undefined || letter === undefined) this.#done(entry, 'duplicate');
    else void this.#giveUp(delivery, letter);
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
    let lost = false;
    const told = (how: Told) => {
      open -= 1;
      lost ||= how === 'lost';
      if (open > 0) return;
      if (lost) delivery.retry(GIVE_BACK_MS);
      else delivery.done();
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
    const executionArn = content.progress.events[0]?.executionArn;
    void this.#giveUp(delivery, {
      code: error instanceof StepcastError ? error.code : 'PUBLISHER_PUBLISH_FAILED',
      reason: error.message,
      ...(executionArn === undefined ? {} : { executionArn }),
    });
  }

  /** It is no handover, or contradicts itself. */
  unusable(delivery: Delivery, code: string, reason: string): void {
    void this.#giveUp(delivery, { code, reason });
  }

  /** A handover that could not be dead-lettered is not acknowledged: it is given back. */
  async #giveUp(delivery: Delivery, letter: Omit<GivenUp, 'original'>): Promise<void> {
    try {
      await this.#options.deadLetters.send([{ ...letter, original: delivery.body }]);
    } catch (thrown) {
      this.#options.logger.error(errorFields(thrown), 'handover not dead-lettered');
      this.#refusedLetters.set(delivery.id, letter);
      delivery.retry(GIVE_BACK_MS);
      return;
    }
    this.#refusedLetters.delete(delivery.id);
    this.#options.metrics.handovers.add({ outcome: 'deadLettered' });
    delivery.done();
  }
}
