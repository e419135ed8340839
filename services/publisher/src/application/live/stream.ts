import type { Handover } from '@stepcast/wire';
import type { EntryHandover } from '../../domain/messages.ts';
import type { StreamRef } from '../../domain/positions.ts';
import type { Acknowledgement } from './acceptance.ts';

/** A handover that waits to be published. */
export interface Delivery {
  readonly handover: Handover;
  /** `undefined`: it was read from the journal, nobody waits for it. */
  readonly acknowledgement: Acknowledgement | undefined;
}

/** The deliveries that travel in one message. */
export interface Batch {
  readonly deliveries: readonly Delivery[];
  readonly handovers: readonly [EntryHandover, ...EntryHandover[]];
}

/**
 * One stream that has something to publish.
 *
 * - `open`: the next delivery can be looked at.
 * - `filling`: entries that are missing before the next one are being read from the journal.
 * - `submitted`: a job is with the pool. What comes in meanwhile travels with the next message.
 *
 * open → filling | submitted | gone (nothing left); filling → open; submitted → open.
 */
export interface Stream extends StreamRef {
  readonly key: string;
  phase: 'open' | 'filling' | 'submitted';
  pending: Delivery[];
  batch: Batch | undefined;
  /** The last offset that was published, as far as this copy knows. */
  last: number | undefined;
}
