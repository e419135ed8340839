import type { Clock, Timers } from './clock.ts';
import { StepcastError } from './errors.ts';

/** A bucket of `capacity` tokens that refills by `perSecond`; the way AWS throttles its APIs, and the way to stay below. */
export interface TokenBucketOptions {
  readonly capacity: number;
  readonly perSecond: number;
}

export interface TokenBucket {
  /** Takes `tokens` (default 1) if they are there now. Returns 0 when taken, else the milliseconds until they will be. */
  take(tokens?: number): number;
}

/** A full bucket. A clock that goes backwards neither fills it nor, when it is back, fills it twice. */
export function createTokenBucket({ capacity, perSecond }: TokenBucketOptions, clock: Clock): TokenBucket {
  let level = capacity;
  let lastMs = clock.nowMs();
  return {
    take(tokens = 1) {
      const nowMs = clock.nowMs();
      level = Math.min(capacity, level + (Math.max(0, nowMs - lastMs) / 1000) * perSecond);
      lastMs = Math.max(nowMs, lastMs);
      // The refill is a sum of fractions: without the tolerance a token that is due could be a hair short.
      if (level + 1e-9 >= tokens) {
        level -= tokens;
        return 0;
      }
      return Math.max(1, Math.ceil(((tokens - level) / perSecond) * 1000));
    },
  };
}

/** Thrown by {@link RateGate.run} when so many wait already that waiting makes no sense. Try again later. */
export class RateGateFullError extends StepcastError {
  readonly code = 'KIT_RATE_GATE_FULL';
  readonly retryable = true;
  override readonly failure = 'infrastructure';
  constructor(waiting: number) {
    super(`${waiting} calls are waiting already`);
  }
}

/** Lets calls through at the pace of a token bucket, in the order they came, with a bounded queue. */
export interface RateGate {
  /** @throws RateGateFullError when `maxWaiting` calls wait already */
  run<T>(call: () => Promise<T>): Promise<T>;
}

export function createRateGate(
  options: TokenBucketOptions & { readonly maxWaiting: number },
  clock: Clock,
  timers: Timers,
): RateGate {
  const bucket = createTokenBucket(options, clock);
  const waiting: (() => void)[] = [];
  let armed = false;

  function advance(): void {
    armed = false;
    while (waiting.length > 0) {
      const waitMs = bucket.take();
      if (waitMs > 0) {
        armed = true;
        timers.after(waitMs, advance);
        return;
      }
      waiting.shift()?.();
    }
  }

  return {
    async run(call) {
      if (waiting.length >= options.maxWaiting) throw new RateGateFullError(waiting.length);
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      if (!armed) advance();
      await promise;
      return call();
    },
  };
}
