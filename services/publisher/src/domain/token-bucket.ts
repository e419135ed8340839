export interface TokenBucketOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Lets `burst` through at once and `ratePerSecond` after that. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #updatedAtMs: number;

  constructor(options: TokenBucketOptions, nowMs: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#updatedAtMs = nowMs;
  }

  /** Takes one token and returns 0, or takes none and returns in how many milliseconds there will be one. */
  take(nowMs: number): number {
    const { ratePerSecond, burst } = this.#options;
    const elapsedMs = Math.max(0, nowMs - this.#updatedAtMs);
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * ratePerSecond) / 1000);
    this.#updatedAtMs = Math.max(nowMs, this.#updatedAtMs);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / ratePerSecond));
  }
}
