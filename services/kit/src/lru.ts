import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

export interface LruOptions<K, V> {
  /** What all entries together may take. Those used longest ago go first. */
  readonly maxBytes: number;
  /** What one entry takes, its key and the cache's own share included; an estimate is enough. At least 1. */
  readonly bytesOf: (value: V, key: K) => number;
  /** For how long a value counts after it was set. Default: as long as there is room for it. */
  readonly maxAge?: { readonly ms: number; readonly clock: Clock };
}

/** A cache of the recently used, bounded in bytes. An entry larger than the bound is not stored. */
export interface Lru<K, V> {
  readonly size: number;
  /** The sum of what its entries take. */
  readonly bytes: number;
  /** The value, which becomes the most recently used. */
  get(key: K): V | undefined;
  /** The value, without a change of its place. */
  peek(key: K): V | undefined;
  /** Measures and stores a value. The object that is stored already is not measured again. */
  set(key: K, value: V): void;
  delete(key: K): void;
}

/** lru-cache, bounded by size alone: that way it reserves no room in advance and costs nothing while it is small. */
export function createLru<K extends string | number, V extends string | number | boolean | object>({
  maxBytes,
  bytesOf,
  maxAge,
}: LruOptions<K, V>): Lru<K, V> {
  const cache = new LRUCache<K, V>({
    maxSize: maxBytes,
    sizeCalculation: (value, key) => Math.max(1, Math.ceil(bytesOf(value, key))),
    // With a resolution it would set a timer of its own each time it reads the clock.
    ...(maxAge && { ttl: maxAge.ms, ttlResolution: 0, perf: { now: () => maxAge.clock.nowMs() } }),
  });
  return {
    get size() {
      return cache.size;
    },
    get bytes() {
      return cache.calculatedSize;
    },
    get: (key) => cache.get(key),
    peek: (key) => cache.peek(key),
    set(key, value) {
      cache.set(key, value);
    },
    delete(key) {
      cache.delete(key);
    },
  };
}
