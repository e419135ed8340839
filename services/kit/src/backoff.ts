/** Limits of a backoff, in milliseconds. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Full-jitter exponential backoff: anywhere between 0 and `min(cap, base * 2^attempt)`, so that many who failed
 * together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * @param attempt 0 for the first retry
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function fullJitterMs(
  attempt: number,
  { baseMs, capMs }: BackoffOptions,
  random: () => number,
): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
}
