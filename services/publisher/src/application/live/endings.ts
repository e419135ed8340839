import { isTerminal } from '@stepcast/contracts';
import { asError, createLru, errorFields, type Logger, type Lru } from '@stepcast/kit';
import { encodeHandover, type DeadLetters, type GivenUp, type Handover } from '@stepcast/wire';
import { hasState } from '../../domain/messages.ts';
import { streamKey } from '../../domain/positions.ts';
import type { PublishRefusal } from '../connections/publish-job.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import type { OverviewTopics } from '../retained/overview-topics.ts';
import type { StateTopics } from '../retained/state-topics.ts';
import type { Delivery } from './stream.ts';

type Letter = Pick<GivenUp, 'code' | 'reason'>;

/** What letters that could not be stored may take; one takes about 1,000 bytes with its key. */
const UNSTORED_BYTES = 8 * 1024 * 1024;
const LETTER_BYTES = 1_000;

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
  /** Letters that are not stored, by handover: it may be given back, and looks like a duplicate when it returns. */
  readonly #unstored: Lru<string, Letter> = createLru({
    maxBytes: UNSTORED_BYTES,
    bytesOf: () => LETTER_BYTES,
  });

  /** Those of them that are on their way. */
  readonly #storing = new Map<string, Promise<void>>();

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** The broker has its events, or it brought none, or it had been published before. */
  emitted(delivery: Delivery, outcome: 'published' | 'duplicate'): void {
    const unstored = outcome === 'duplicate' ? this.#unstored.get(keyOf(delivery.handover)) : undefined;
    if (unstored !== undefined) {
      void this.#giveUp(delivery, unstored);
      return;
    }
    if (delivery.acknowledgement !== undefined) this.#options.metrics.count.handovers[outcome]();
    this.#acknowledge(delivery);
  }

  /** The broker will not have its events: it is dead-lettered, and its state holds all the same. */
  async refused(delivery: Delivery, error: PublishRefusal): Promise<void> {
    await this.#giveUp(delivery, { code: error.code, reason: error.message });
  }

  async #giveUp(delivery: Delivery, letter: Letter): Promise<void> {
    const { handover, acknowledgement } = delivery;
    const key = keyOf(handover);
    // The handover may be given back while the letter is on its way, and returns then: it waits for the same letter.
    const storing = this.#storing.get(key) ?? this.#beginToStore(key, handover, letter);
    try {
      await storing;
    } catch (thrown) {
      acknowledgement?.fail(asError(thrown));
      return;
    }
    this.#acknowledge(delivery);
  }

  #beginToStore(key: string, handover: Handover, letter: Letter): Promise<void> {
    this.#unstored.set(key, letter);
    const storing = this.#store(key, handover, letter).finally(() => this.#storing.delete(key));
    this.#storing.set(key, storing);
    return storing;
  }

  async #store(key: string, handover: Handover, letter: Letter): Promise<void> {
    const { deadLetters, logger, metrics } = this.#options;
    try {
      await deadLetters.send([{ ...letter, original: encodeHandover(handover) }]);
    } catch (thrown) {
      const { uploadId, epoch, firstOffset, lastOffset } = handover;
      logger.error(
        { uploadId, epoch, firstOffset, lastOffset, ...errorFields(thrown) },
        'handover not dead-lettered',
      );
      throw thrown;
    }
    this.#unstored.delete(key);
    metrics.handovers.add({ outcome: 'deadLettered' });
  }

  #acknowledge({ handover, acknowledgement }: Delivery): void {
    if (acknowledgement === undefined) return;
    const { states, overviews } = this.#options;
    acknowledgement.emit();
    if (!isTerminal(handover.line.status)) {
      if (hasState(handover)) states.offer(handover, acknowledgement.acceptedAtMs);
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
    if (hasState(handover)) states.offer(handover, acknowledgement.acceptedAtMs, onRetained);
    overviews.offer(handover, onRetained);
  }
}

function keyOf(handover: Handover): string {
  return `${streamKey(handover)}#${handover.firstOffset}-${handover.lastOffset}`;
}
