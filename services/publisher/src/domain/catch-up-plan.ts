import type { DiscontinuityReason, Epoch, Position } from '@stepcast/contracts';

/** What the journal has of an upload: its newest epoch, and how far that goes. */
export interface Available {
  readonly epoch: Epoch;
  readonly lastOffset: number;
}

export type CatchUpPlan =
  /** Nothing to send besides the state. */
  | { readonly kind: 'upToDate' }
  /** Offsets `from` to `to` are to be sent, without a hole; when the journal lacks one of them, `expired`. */
  | { readonly kind: 'events'; readonly from: number; readonly to: number }
  | { readonly kind: 'discontinuity'; readonly reason: DiscontinuityReason };

/** How a client that has everything up to `position` (null: nothing) is brought to where the journal is. */
export function planCatchUp(position: Position | null, available: Available | undefined): CatchUpPlan {
  if (available === undefined) return { kind: 'discontinuity', reason: 'unknownUpload' };
  if (position !== null && position.epoch !== available.epoch)
    return { kind: 'discontinuity', reason: 'epochChanged' };
  const has = position?.offset ?? 0;
  if (has > available.lastOffset) return { kind: 'discontinuity', reason: 'futureOffset' };
  if (has === available.lastOffset) return { kind: 'upToDate' };
  return { kind: 'events', from: has + 1, to: available.lastOffset };
}
