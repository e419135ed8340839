/** Milliseconds since the epoch. Injected everywhere, so that tests own time. */
export interface Clock {
  nowMs(): number;
}

/** A timer that can be called off. */
export interface Timers {
  /** Calls `callback` once, `delayMs` from now. Returns what calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

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
