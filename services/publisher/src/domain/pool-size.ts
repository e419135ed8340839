/** What the pool saw in the last interval. */
export interface PoolUsage {
  readonly size: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Share of the connections' allowance that was used, 0 to 1; the tightest of count, bytes and in flight. */
  readonly used: number;
  /** How many intervals in a row one connection less would have been enough. */
  readonly quietIntervals: number;
}

export const POOL_SCALING = { growAbove: 0.8, target: 0.6, shrinkBelow: 0.5, quietIntervals: 30 } as const;

/**
 * How many connections there should be. Grows at once, and by as much as the use asks for (a pool that is limited to
 * 100 messages a second shows at most 1.0, so it then doubles); shrinks by one after a quiet while, because every
 * connection costs a CONNECT, of which the broker takes few a second.
 */
export function nextPoolSize(usage: PoolUsage): { readonly size: number; readonly quietIntervals: number } {
  const { size, minimum, maximum, used } = usage;
  if (used > POOL_SCALING.growAbove) {
    const wanted = used >= 0.99 ? size * 2 : Math.ceil((size * used) / POOL_SCALING.target);
    return { size: Math.max(minimum, Math.min(maximum, Math.max(size + 1, wanted))), quietIntervals: 0 };
  }
  const quiet = size > minimum && (used * size) / Math.max(1, size - 1) < POOL_SCALING.shrinkBelow;
  if (!quiet) return { size: Math.min(maximum, Math.max(minimum, size)), quietIntervals: 0 };
  const quietIntervals = usage.quietIntervals + 1;
  return quietIntervals < POOL_SCALING.quietIntervals
    ? { size, quietIntervals }
    : { size: size - 1, quietIntervals: 0 };
}
