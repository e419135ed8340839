import type { Readable } from 'node:stream';
import memory from 'aedes-persistence';
import { hasWildcard } from './limits.ts';

interface RetainedStore {
  createRetainedStreamCombi(filters: readonly string[]): Readable;
}

function findsRetained(store: unknown): store is RetainedStore {
  return typeof store === 'object' && store !== null && 'createRetainedStreamCombi' in store;
}

/**
 * Aedes's store in memory, except that a wildcard filter finds no retained messages: IoT Core delivers them to
 * exact-topic subscriptions only. Shared subscriptions find none either, being subscribed under a name of their own.
 */
export function exactRetainedStore(): RetainedStore {
  // The package's types say it is an ES module with a default export; it is a function.
  const make: unknown = memory;
  const store: unknown = typeof make === 'function' ? Reflect.apply(make, undefined, []) : undefined;
  if (!findsRetained(store))
    throw new TypeError('aedes-persistence is not the version that this was written for');
  const find = store.createRetainedStreamCombi.bind(store);
  store.createRetainedStreamCombi = (filters) => find(filters.filter((filter) => !hasWildcard(filter)));
  return store;
}
