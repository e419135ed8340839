import type { Epoch } from './identifiers.ts';

/** An epoch of an upload together with its beginning, as every message and every state names them. */
export interface StartedEpoch {
  readonly epoch: Epoch;
  /** ISO 8601 text in UTC. */
  readonly epochStartedAt: string;
}

/** Milliseconds since 1970; text that is no time counts as older than every time. */
function startMs(instant: string): number {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms;
}

/**
 * The one rule for which of two epochs of an upload is newer: the one that began later; of two that began in the same
 * millisecond, the one whose token is larger as text (by UTF-16 units). It is a total order.
 * @returns a negative number when `a` is older than `b`, a positive number when `a` is newer, 0 only when both have the
 * same token and began in the same millisecond
 */
export function compareEpochs(a: StartedEpoch, b: StartedEpoch): number {
  if (a.epochStartedAt !== b.epochStartedAt) {
    const [one, other] = [startMs(a.epochStartedAt), startMs(b.epochStartedAt)];
    if (one !== other) return one < other ? -1 : 1;
  }
  if (a.epoch === b.epoch) return 0;
  return a.epoch < b.epoch ? -1 : 1;
}
