import type { Readable } from 'node:stream';
import { parseJson } from '@stepcast/contracts';
import memory from 'aedes-persistence';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';
import { hasWildcard } from './limits.ts';

interface RetainedPacket {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: number;
}

interface RetainedStore {
  createRetainedStreamCombi(filters: readonly string[]): Readable;
  storeRetained(packet: RetainedPacket, ...more: unknown[]): unknown;
}

function findsRetained(store: unknown): store is RetainedStore {
  return (
    typeof store === 'object' &&
    store !== null &&
    'createRetainedStreamCombi' in store &&
    'storeRetained' in store
  );
}

/**
 * Aedes's store in memory, except that a wildcard filter finds no retained messages: IoT Core delivers them to
 * exact-topic subscriptions only. Shared subscriptions find none either, being subscribed under a name of their own.
 */
export function exactRetainedStore(keeper: Keeper): RetainedStore {
  // The package's types say it is an ES module with a default export; it is a function.
  const make: unknown = memory;
  const store: unknown = typeof make === 'function' ? Reflect.apply(make, undefined, []) : undefined;
  if (!findsRetained(store))
    throw new TypeError('aedes-persistence is not the version that this was written for');
  const find = store.createRetainedStreamCombi.bind(store);
  store.createRetainedStreamCombi = (filters) => find(filters.filter((filter) => !hasWildcard(filter)));
  const keep = store.storeRetained.bind(store);
  store.storeRetained = (packet, ...more) => {
    const payload = Buffer.from(packet.payload);
    // An empty message removes the one before it.
    if (payload.length === 0) keeper.delete(packet.topic);
    else keeper.put(packet.topic, JSON.stringify({ qos: packet.qos, payload: payload.toString('base64') }));
    return keep(packet, ...more);
  };
  return store;
}

const Kept = z.object({ qos: z.literal([0, 1]), payload: z.base64() });

/** The retained messages that were kept. */
export function keptRetained(
  keeper: Keeper,
): readonly { readonly topic: string; readonly payload: Buffer; readonly qos: 0 | 1 }[] {
  return keeper.entries().flatMap(([topic, text]) => {
    const parsed = parseJson(Kept, text);
    return parsed.ok
      ? [{ topic, qos: parsed.value.qos, payload: Buffer.from(parsed.value.payload, 'base64') }]
      : [];
  });
}
