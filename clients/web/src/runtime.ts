/** Clock, chance and timers, so that tests own time. The default is the real ones. */
export interface Runtime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A number from 0 (inclusive) to 1 (exclusive). Also makes session names, so the default is a cryptographic one. */
  random(): number;
  /** Calls back once after a delay; returns what cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** A name of 16 base32 characters (80 bits): sessions, request IDs. */
export function randomName(runtime: Pick<Runtime, 'random'>): string {
  return Array.from({ length: 16 }, () => letters[Math.floor(runtime.random() * 32)] ?? 'a').join('');
}

/**
 * Runs a promise against the clock.
 * @throws the error that `late` makes when the time is over first
 */
export function withTimeout<T>(
  runtime: Runtime,
  work: Promise<T>,
  timeoutMs: number,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.setTimer(() => reject(late()), timeoutMs);
    work.then(resolve, reject).finally(cancel);
  });
}
