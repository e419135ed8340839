import { randomName, systemRuntime } from '../runtime.ts';
import {
  type ProtocolLevel,
  type Transport,
  type TransportConnection,
  type TransportConnectOptions,
  TransportError,
  type TransportMessage,
} from '../transport.port.ts';

/** A broker to hold a transport against, and the transport. */
export interface ConformanceBroker {
  readonly transport: Transport;
  readonly url: string;
  readonly protocol: ProtocolLevel;
  /** A filter that the broker refuses. */
  readonly refusedFilter: string;
  /** A client ID that the broker refuses for lack of rights. */
  readonly refusedClientId: string;
  /** Publishes from outside. */
  publish(topic: string, payload: Uint8Array, options: { readonly retain: boolean }): Promise<void>;
  /** Ends a client's connection from the broker's side. */
  drop(clientId: string): void;
}

/** One thing that a transport has to do. Rejects with what it did instead. */
export interface ConformanceCheck {
  readonly name: string;
  run(broker: ConformanceBroker): Promise<void>;
}

function check(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const patienceMs = 5_000;

/** What a connection received, and promises for what it will receive. */
class Ear {
  readonly messages: TransportMessage[] = [];
  readonly closed: Promise<TransportError>;
  closings = 0;
  #resolveClosed: ((error: TransportError) => void) | undefined;
  #waiters: { count: number; resolve: () => void }[] = [];

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  options(broker: ConformanceBroker, clientId: string): TransportConnectOptions {
    return {
      url: broker.url,
      clientId,
      protocol: broker.protocol,
      keepAliveSeconds: 60,
      connectTimeoutMs: patienceMs,
      onMessage: (message) => {
        this.messages.push(message);
        this.#waiters = this.#waiters.filter(({ count, resolve }) => {
          if (this.messages.length < count) return true;
          resolve();
          return false;
        });
      },
      onClose: (error) => {
        this.closings += 1;
        this.#resolveClosed?.(error);
      },
    };
  }

  /** Resolves when so many messages have come. */
  count(count: number): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

async function connected(
  broker: ConformanceBroker,
  use: (connection: TransportConnection, ear: Ear, topic: string, clientId: string) => Promise<void>,
): Promise<void> {
  const ear = new Ear();
  const name = randomName(systemRuntime);
  const connection = await broker.transport.connect(ear.options(broker, `client-${name}`));
  try {
    await use(connection, ear, `conformance/${name}`, `client-${name}`);
  } finally {
    connection.close();
  }
}

/** Subscriptions with QoS 1. */
const atLeastOnce = (...filters: readonly string[]) => filters.map((filter) => ({ filter, qos: 1 as const }));

async function rejection(work: Promise<unknown>): Promise<TransportError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
  throw new Error('it was expected to fail, and did not');
}

/** What every transport has to do, against any broker. */
export const transportConformance: readonly ConformanceCheck[] = [
  {
    name: 'delivers what is published to a subscribed topic, byte for byte and in order',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        const codes = await connection.subscribe(atLeastOnce(topic));
        check(codes.length === 1 && (codes[0] ?? 0x80) < 0x80, `SUBACK was ${codes.join()}`);
        const texts = Array.from({ length: 20 }, (_, index) => `message ${index} – ü 🙂`);
        for (const text of texts) await broker.publish(topic, encoder.encode(text), { retain: false });
        await ear.count(20);
        const got = ear.messages.map(({ payload }) => decoder.decode(payload));
        check(got.join('\n') === texts.join('\n'), `got ${got.join(', ')}`);
        check(
          ear.messages.every((message) => message.topic === topic && !message.retained),
          'a live message had another topic or was marked as retained',
        );
      }),
  },
  {
    name: 'carries a payload of 128 KB',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        await connection.subscribe(atLeastOnce(topic));
        const payload = Uint8Array.from({ length: 128 * 1024 }, (_, index) => index % 251);
        await broker.publish(topic, payload, { retain: false });
        await ear.count(1);
        const got = ear.messages[0]?.payload ?? new Uint8Array();
        check(
          got.length === payload.length && got.every((byte, index) => byte === payload[index]),
          'the payload differs',
        );
      }),
  },
  {
    name: 'marks a retained message as such',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        await broker.publish(topic, encoder.encode('retained'), { retain: true });
        await connection.subscribe(atLeastOnce(topic));
        await ear.count(1);
        check(ear.messages[0]?.retained === true, 'it was not marked');
        await broker.publish(topic, new Uint8Array(), { retain: true });
      }),
  },
  {
    name: 'tells per filter what was granted and what refused, and stays connected',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        const codes = await connection.subscribe(atLeastOnce(topic, broker.refusedFilter));
        check((codes[0] ?? 0x80) < 0x80, `the allowed filter got ${codes[0]}`);
        check((codes[1] ?? 0) >= 0x80, `the refused filter got ${codes[1]}`);
        await connection.ping(patienceMs);
        check(ear.closings === 0, 'the connection was closed');
      }),
  },
  {
    name: 'subscribes with QoS 0 and QoS 1 in one packet, and receives on both',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        const codes = await connection.subscribe([
          { filter: `${topic}/0`, qos: 0 },
          { filter: `${topic}/1`, qos: 1 },
        ]);
        check(codes.join() === '0,1', `SUBACK was ${codes.join()}`);
        await broker.publish(`${topic}/0`, encoder.encode('at most once'), { retain: false });
        await broker.publish(`${topic}/1`, encoder.encode('at least once'), { retain: false });
        await ear.count(2);
      }),
  },
  {
    name: 'publishes with an acknowledgement',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        await connection.subscribe(atLeastOnce(topic));
        await connection.publish(topic, encoder.encode('{}'), 'application/json');
        await ear.count(1);
        check(decoder.decode(ear.messages[0]?.payload) === '{}', 'another payload came');
      }),
  },
  {
    name: 'stops delivering after unsubscribing',
    run: (broker) =>
      connected(broker, async (connection, ear, topic) => {
        await connection.subscribe(atLeastOnce(topic, `${topic}/end`));
        await connection.unsubscribe([topic]);
        await broker.publish(topic, encoder.encode('too late'), { retain: false });
        await broker.publish(`${topic}/end`, encoder.encode('end'), { retain: false });
        await ear.count(1);
        check(decoder.decode(ear.messages[0]?.payload) === 'end', 'the message came all the same');
      }),
  },
  {
    name: 'tells once when the broker ends the connection, and rejects what is asked of it afterwards',
    run: (broker) =>
      connected(broker, async (connection, ear, topic, clientId) => {
        broker.drop(clientId);
        const error = await ear.closed;
        check(error.kind === 'closed', `the kind was ${error.kind}`);
        const asked = await rejection(connection.subscribe(atLeastOnce(topic)));
        check(asked.kind === 'closed', `subscribing failed with ${asked.kind}`);
        const published = await rejection(
          connection.publish(topic, encoder.encode('{}'), 'application/json'),
        );
        check(published.kind === 'closed', `publishing failed with ${published.kind}`);
        check(ear.closings === 1, `it reported ${ear.closings} times`);
      }),
  },
  {
    name: 'does not tell of a close that it was asked for',
    run: (broker) =>
      connected(broker, async (connection, ear) => {
        connection.close();
        connection.close();
        const error = await rejection(connection.subscribe(atLeastOnce('conformance/x')));
        check(error.kind === 'closed', `the kind was ${error.kind}`);
        check(ear.closings === 0, 'it reported its own close');
      }),
  },
  {
    name: 'reports a refusal for lack of rights as unauthorized',
    run: async (broker) => {
      const ear = new Ear();
      const error = await rejection(broker.transport.connect(ear.options(broker, broker.refusedClientId)));
      check(error.kind === 'refused' && error.unauthorized, `it was ${error.kind} ${error.mqttCode}`);
      check(ear.closings === 0, 'an attempt that failed reported a close, too');
    },
  },
];
