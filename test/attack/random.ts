/** Choices of one attack; the same seed makes the same choices. */
export interface Dice {
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly next: () => number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** A whole number from 0 up to, not including, `limit`. */
  int(limit: number): number;
}

/** Mulberry32. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (limit: number) => Math.floor(next() * limit);
  return { next, int, pick: (items) => items[int(items.length)] ?? items[0] };
}
