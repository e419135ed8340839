import type { Readable } from 'node:stream';
import { parseJson } from '@stepcast/contracts';
import type { Aedes } from 'aedes';
import memory from 'aedes-persistence';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';
import { hasWildcard } from './limits.ts';

interface RetainedPacket {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: number;
  readonly properties?: unknown;
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
    else keeper.put(packet.topic, JSON.stringify(toStore(packet, payload)));
    return keep(packet, ...more);
  };
  return store;
}

/** Of the properties of MQTT 5, those that say what a message is. */
const Properties = z.object({
  payloadFormatIndicator: z.boolean().exactOptional(),
  contentType: z.string().exactOptional(),
  userProperties: z.record(z.string(), z.union([z.string(), z.array(z.string())])).exactOptional(),
});
const StoredText = z.object({
  qos: z.literal([0, 1]),
  payload: z.base64(),
  properties: Properties.optional(),
});

function toStore({ qos, properties }: RetainedPacket, payload: Buffer): z.input<typeof StoredText> {
  return {
    qos: qos === 0 ? 0 : 1,
    payload: payload.toString('base64'),
    properties: Properties.safeParse(properties).data,
  };
}

/** A retained message as it was stored. */
export interface StoredRetained {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly properties: z.output<typeof Properties> | undefined;
}

/** The retained messages that were stored. */
export function storedRetained(keeper: Keeper): readonly StoredRetained[] {
  return keeper.entries().flatMap(([topic, text]) => {
    const parsed = parseJson(StoredText, text);
    if (!parsed.ok) return [];
    const { qos, payload, properties } = parsed.value;
    return [{ topic, qos, payload: Buffer.from(payload, 'base64'), properties }];
  });
}

/** Before anybody is connected: nobody receives it now. */
export function publishRetained(aedes: Aedes, { properties, ...message }: StoredRetained): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const packet = { cmd: 'publish', retain: true, dup: false, ...message } as const;
  aedes.publish(properties === undefined ? packet : { ...packet, properties }, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise;
}
