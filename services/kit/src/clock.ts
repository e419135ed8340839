/** Milliseconds since the epoch. Injected everywhere, so that tests own time. */
export interface Clock {
  nowMs(): number;
}

/** A timer that can be called off. */
export interface Timers {
  /** Calls `callback` once, `delayMs` from now. Returns what calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** How fast a clock runs whose time is ahead of the system's, until the two agree. */
const SLOWED = 0.9;

/**
 * The time of the system, which never goes back. Intervals are measured with it, and limits, pauses and retained topics would
 * stand still for as long as the system's time was set back. Then it goes on from where it was, a tenth slower, until the
 * system's time has caught up. It follows a step ahead at once.
 * @param wallMs the system's time
 * @param monotonicMs time since any moment, which nobody sets
 */
export function createClock(
  wallMs: () => number = () => Date.now(),
  monotonicMs: () => number = () => performance.now(),
): Clock {
  let nowMs = wallMs();
  let readMs = monotonicMs();
  return {
    nowMs() {
      const beforeMs = readMs;
      readMs = monotonicMs();
      nowMs = Math.max(wallMs(), nowMs + (readMs - beforeMs) * SLOWED);
      return Math.floor(nowMs);
    },
  };
}

export const systemClock: Clock = createClock();

/** Timers of the process. They do not keep it alive by themselves. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function pause(timers: Timers, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted === true) return Promise.resolve();
  const cancel = timers.after(delayMs, () => {
    signal?.removeEventListener('abort', onAbort);
    resolve();
  });
  const onAbort = () => {
    cancel();
    resolve();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise;
}
