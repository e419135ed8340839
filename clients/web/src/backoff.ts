/** How long to wait between attempts. */
export interface BackoffOptions {
  /**
   * Upper bound of the first wait, in milliseconds. Default 4,000: of 1,000 clients cut off together, about 250 come
   * back in each of the next four seconds.
   */
  readonly baseMs?: number;
  /** No wait is longer than this, in milliseconds. Default 30,000. */
  readonly capMs?: number;
}

export const BACKOFF_DEFAULTS = { baseMs: 4_000, capMs: 30_000 } as const;

/**
 * Exponential backoff with full jitter: evenly spread over 0 to `min(cap, base * 2^attempt)`.
 * See "Exponential Backoff And Jitter", AWS Architecture Blog.
 * @param attempt 0 for the first wait
 */
export function backoffDelayMs(attempt: number, random: () => number, options: BackoffOptions = {}): number {
  const { baseMs, capMs } = { ...BACKOFF_DEFAULTS, ...options };
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
