import type { Handover } from '@stepcast/wire';
import { hasEvents, type EntryHandover } from '../../domain/messages.ts';
import type { StreamRef } from '../../domain/positions.ts';
import type { PublishJob } from '../connections/publish-job.ts';
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
 * One stream, while it has something to publish, and afterwards for as long as it is remembered.
 *
 * - `open`: the next delivery can be examined.
 * - `filling`: entries that are missing before the next one are being read from the journal.
 * - `submitted`: a job is with the pool. What comes in meanwhile travels with the next message.
 *
 * open → filling | submitted | gone (nothing left); filling → open; submitted → open.
 */
export interface Stream extends StreamRef {
  readonly key: string;
  /** Where its events go. */
  readonly topic: string;
  /** Publishes what has gathered. Submitted again and again, each time after it has settled. */
  readonly job: PublishJob;
  phase: 'open' | 'filling' | 'submitted';
  pending: Delivery[];
  batch: Batch | undefined;
  /** The last offset that was published, as far as this copy knows. */
  last: number | undefined;
  /** Whether it was remembered before. To have taken it from there has refreshed it. */
  isRemembered: boolean;
}

/** Whether `next` may travel in the same message behind `before`. */
function continues(before: Handover, next: Handover): boolean {
  return (
    next.firstOffset === before.lastOffset + 1 &&
    next.source === before.source &&
    next.epochStartedAt === before.epochStartedAt
  );
}

/**
 * Takes as many deliveries from the front as continue one another.
 * @param maxBytes of their events together, unless there is only one
 */
export function takeBatch(stream: Stream, maxBytes: number): Batch | undefined {
  const { pending } = stream;
  const [head] = pending;
  if (head === undefined || !hasEvents(head.handover)) return undefined;
  const handovers: [EntryHandover, ...EntryHandover[]] = [head.handover];
  if (pending.length === 1) {
    stream.pending = [];
    return { deliveries: pending, handovers };
  }
  let last = head.handover;
  let bytes = Buffer.byteLength(last.events);
  for (const { handover } of pending.slice(1)) {
    if (!hasEvents(handover) || !continues(last, handover)) break;
    bytes += Buffer.byteLength(handover.events);
    if (bytes > maxBytes) break;
    handovers.push(handover);
    last = handover;
  }
  return { deliveries: pending.splice(0, handovers.length), handovers };
}
