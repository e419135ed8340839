import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { connectAsync, type MqttClient } from 'mqtt';

/** What the ceiling and the naive model read of a payload. */
interface BareRecord {
  readonly id: string;
  readonly type: string;
  readonly previous_event_id: string;
  readonly event_timestamp: string;
  readonly execution_arn: string;
  readonly details: { readonly name?: string; readonly input?: string };
}

/** Only the key that counts is looked for: these paths are lower bounds of the work, a full check would be ours. */
function has<K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> {
  return typeof value === 'object' && value !== null && key in value;
}

function isBatch(value: unknown): value is { readonly logEvents: readonly { readonly message: string }[] } {
  return has(value, 'logEvents');
}

function isRecord(value: unknown): value is BareRecord {
  return has(value, 'execution_arn');
}

function decode(data: string): BareRecord[] {
  const batch: unknown = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString('utf8'));
  if (!isBatch(batch)) throw new Error('not a subscription payload');
  const records: BareRecord[] = [];
  for (const { message } of batch.logEvents) {
    const record: unknown = JSON.parse(message);
    if (isRecord(record)) records.push(record);
  }
  return records;
}

interface Owner {
  readonly identityId: string;
  readonly upload: string;
}

function ownerIn(input: string | undefined): Owner | undefined {
  if (input === undefined) return undefined;
  const event: unknown = JSON.parse(input);
  const detail = has(event, 'detail') ? event.detail : undefined;
  const object = has(detail, 'object') ? detail.object : undefined;
  const key = has(object, 'key') && typeof object.key === 'string' ? object.key : '';
  const identityId = key.split('/')[1];
  return identityId === undefined ? undefined : { identityId, upload: String(key.length) };
}

/** About 300 bytes, as one event in a message of its own would be. */
function messageOf(record: BareRecord, owner: Owner): string {
  return JSON.stringify({
    executionArn: record.execution_arn,
    id: Number(record.id),
    previousEventId: Number(record.previous_event_id),
    type: record.type,
    name: record.details.name ?? '',
    time: Number(record.event_timestamp),
    identityId: owner.identityId,
    upload: owner.upload,
    status: 'RUNNING',
  });
}

/** Something that takes payloads. */
export interface BarePath {
  /** Resolves when everything in the payload is published and acknowledged. */
  offer(data: string): Promise<number>;
  stop(): Promise<void>;
}

/** The most that MQTT.js can do: decode, look up in a map, one QoS 1 publish an event, at most 100 unacknowledged. */
export async function startCeiling(brokerUrl: string): Promise<BarePath> {
  const client: MqttClient = await connectAsync(brokerUrl, { clientId: `bench-ceiling-${process.pid}` });
  const owners = new Map<string, Owner>();
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  return {
    async offer(data) {
      const records = decode(data);
      const done = Promise.withResolvers<undefined>();
      let left = records.length;
      for (const record of records) {
        const arn = record.execution_arn;
        let owner = owners.get(arn);
        if (owner === undefined) {
          owner = ownerIn(record.details.input) ?? { identityId: 'unknown', upload: '' };
          owners.set(arn, owner);
        }
        if (record.type === 'ExecutionSucceeded') owners.delete(arn);
        if (inFlight >= 100) await new Promise<void>((resolve) => waiting.push(resolve));
        inFlight += 1;
        client.publish(`ceiling/${owner.identityId}`, messageOf(record, owner), { qos: 1 }, () => {
          inFlight -= 1;
          waiting.shift()?.();
          left -= 1;
          if (left === 0) done.resolve(undefined);
        });
      }
      await done.promise;
      return records.length;
    },
    stop: () => client.endAsync(),
  };
}

/**
 * The well-known sample, in its favour: a cache that hits, no signing, no SDK. One event after the other: get the
 * owner when the cache misses (4 ms), then one HTTP publish (12 ms).
 */
export function startNaive(endpoint: string): BarePath {
  const agent = new Agent({ keepAlive: true });
  const owners = new Map<string, Owner>();

  async function call(path: string, delayMs: number, body: string): Promise<void> {
    const outgoing = request(`${endpoint}${path}`, {
      method: 'POST',
      agent,
      headers: { 'x-delay-ms': String(delayMs), 'content-length': String(Buffer.byteLength(body)) },
    });
    outgoing.end(body);
    const response = Promise.withResolvers<undefined>();
    outgoing.once('error', response.reject);
    outgoing.once('response', (incoming) => {
      incoming.resume();
      once(incoming, 'end').then(() => response.resolve(undefined), response.reject);
    });
    await response.promise;
  }

  return {
    async offer(data) {
      const records = decode(data);
      for (const record of records) {
        const arn = record.execution_arn;
        let owner = owners.get(arn);
        if (owner === undefined) {
          await call('/naive/get', 4, arn);
          owner = ownerIn(record.details.input) ?? { identityId: 'unknown', upload: '' };
          owners.set(arn, owner);
        }
        await call('/naive/publish', 12, messageOf(record, owner));
      }
      return records.length;
    },
    stop() {
      agent.destroy();
      return Promise.resolve();
    },
  };
}
