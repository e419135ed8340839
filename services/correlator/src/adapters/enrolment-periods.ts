/** What to insert so that an identity is enrolled now. */
export interface EnrolmentPlan {
  /** Number of the period that it is: whose item is not there yet is new. */
  readonly period: number;
  /** The period after it, when a line that is written now may live into it. */
  readonly nextPeriod: number | undefined;
  /** How long the items live. */
  readonly lifetimeMs: number;
  /** Until then no line outlives the items. */
  readonly untilMs: number;
}

/** A period is so many lifetimes of a line: the longer, the more rarely two items are written instead of one. */
const LIFETIMES_A_PERIOD = 4;
/** How far the clocks of two processes may be apart. */
const CLOCK_MARGIN_MS = 60 * 60_000;

/**
 * An item in the journal table lives for a while, and so does the one that says that an identity has lines: it must
 * outlive every line that was written under it. Therefore its key holds the number of a period. Who writes a line has
 * seen to it that the item is there of every period in which the line may live; so where the item of this period was not
 * there, no line is there that lives.
 * @param retentionMs how long a line lives
 */
export function planEnrolment(nowMs: number, retentionMs: number): EnrolmentPlan {
  const periodMs = LIFETIMES_A_PERIOD * retentionMs;
  const aheadMs = retentionMs + CLOCK_MARGIN_MS;
  const period = Math.floor(nowMs / periodMs);
  const nextBeginsMs = (period + 1) * periodMs;
  const needsNext = nowMs + aheadMs >= nextBeginsMs;
  return {
    period,
    nextPeriod: needsNext ? period + 1 : undefined,
    lifetimeMs: periodMs + (needsNext ? aheadMs : 0),
    untilMs: nextBeginsMs + (needsNext ? periodMs : 0) - aheadMs,
  };
}
