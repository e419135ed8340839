import { connectAsync, type MqttClient } from 'mqtt';
import type { Path, Sent } from './path.ts';
import { decode, messageOf, Owners } from './records.ts';

const MAX_UNACKNOWLEDGED = 100;

/** What the fair twin sends for each log event. */
export interface Volume {
  readonly messagesPerEvent: number;
  readonly bytesPerMessage: number;
}

/** One MQTT.js connection that has at most 100 messages unacknowledged, as IoT Core allows. */
class Publisher {
  readonly #client: MqttClient;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #messages = 0;
  #bytes = 0;

  constructor(client: MqttClient) {
    this.#client = client;
  }

  get sent(): Sent {
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      eventMessages: this.#messages,
      lastEventsMs: undefined,
    };
  }

  /** Resolves when the message has its turn; `onAck` is called when it is acknowledged. */
  async publish(topic: string, message: string, onAck: () => void): Promise<void> {
    if (this.#inFlight >= MAX_UNACKNOWLEDGED)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inFlight += 1;
    this.#messages += 1;
    this.#bytes += message.length;
    this.#client.publish(topic, message, { qos: 1 }, () => {
      this.#inFlight -= 1;
      this.#waiting.shift()?.();
      onAck();
    });
  }

  async stop(): Promise<void> {
    await this.#client.endAsync();
  }
}

/** Counts down, and resolves at nothing. */
class Countdown {
  readonly #done = Promise.withResolvers<void>();
  #left = 1;

  add(): void {
    this.#left += 1;
  }

  readonly one = (): void => {
    this.#left -= 1;
    if (this.#left === 0) this.#done.resolve();
  };

  finished(): Promise<void> {
    this.one();
    return this.#done.promise;
  }
}

function pathOf(publisher: Publisher, offer: Path['offer']): Path {
  return {
    offer,
    sent: () => publisher.sent,
    stop: () => publisher.stop(),
  };
}

async function connect(brokerUrl: string, name: string): Promise<Publisher> {
  return new Publisher(await connectAsync(brokerUrl, { clientId: `bench-${name}-${process.pid}` }));
}

/** The most that MQTT.js can do: decode, find the owner in a map, one QoS 1 publish an event. */
export async function startCeiling(brokerUrl: string): Promise<Path> {
  const publisher = await connect(brokerUrl, 'ceiling');
  const owners = new Owners();
  return pathOf(publisher, async (data) => {
    const left = new Countdown();
    for (const record of decode(data)) {
      const owner = owners.of(record);
      left.add();
      await publisher.publish(`ceiling/${owner.identityId}`, messageOf(record, owner), left.one);
    }
    await left.finished();
  });
}

/**
 * The ceiling with as many messages as ours, of as many bytes: an event in a message of its own is not what we send, and
 * a message is most of what the ceiling costs.
 */
export async function startTwin(brokerUrl: string, volume: () => Volume): Promise<Path> {
  const publisher = await connect(brokerUrl, 'twin');
  const owners = new Owners();
  let due = 0;
  return pathOf(publisher, async (data) => {
    const { messagesPerEvent, bytesPerMessage } = volume();
    const left = new Countdown();
    let gathered = '';
    for (const record of decode(data)) {
      const owner = owners.of(record);
      gathered += messageOf(record, owner);
      due += messagesPerEvent;
      for (; due >= 1; due -= 1) {
        const message = gathered.slice(0, bytesPerMessage).padEnd(bytesPerMessage, ' ');
        gathered = '';
        left.add();
        await publisher.publish(`ceiling/${owner.identityId}`, message, left.one);
      }
    }
    await left.finished();
  });
}
