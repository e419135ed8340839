import {
  type Subscription,
  type Transport,
  type TransportConnection,
  type TransportConnectOptions,
  TransportError,
} from '../transport.port.ts';

/** A message that a client published. */
export interface PublishedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly connection: FakeConnection;
}

/**
 * A broker in memory, for tests of apps that use this client. It keeps retained messages (and like AWS IoT gives them to exact subscriptions
 * only), delivers to `+` and `#`, and does as a test asks:
 *
 * ```ts
 * const transport = new FakeTransport();
 * const client = createProgressClient({ …, transport });
 * transport.publish(topic, message, { retain: true });   // as the service would
 * transport.drop();                                       // cut the connection
 * transport.refuseNext(new TransportError('refused', 'no policy', { mqttCode: 0x87 }));
 * ```
 *
 * From the most used to the least: `publish`, `drop`, `onPublish`, `refuseNext`, `refuseFilter`, `silent`, `speaks`.
 */
export class FakeTransport implements Transport {
  /** Every attempt, in order. */
  readonly attempts: TransportConnectOptions[] = [];
  readonly #open = new Set<FakeConnection>();
  readonly #retained = new Map<string, Uint8Array>();
  readonly #refusals: TransportError[] = [];
  /** Called for what clients publish. Throwing a TransportError refuses it. */
  onPublish: (message: PublishedMessage) => void = () => undefined;
  /** The SUBACK code of a filter; below 128 it grants what was asked for. */
  refuseFilter: (filter: string) => number = () => 0;
  /** While true, pings are not answered: the connection is half open. */
  silent = false;
  /** The newest version of MQTT it speaks. */
  speaks: 4 | 5 = 5;

  /** Connections that are open now. */
  get connections(): readonly FakeConnection[] {
    return [...this.#open];
  }

  /** The next attempt fails with this; several calls, several attempts. */
  refuseNext(...errors: TransportError[]): void {
    this.#refusals.push(...errors);
  }

  connect(options: TransportConnectOptions): Promise<FakeConnection> {
    this.attempts.push(options);
    const refusal = this.#refusals.shift();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (options.protocol > this.speaks)
      return Promise.reject(new TransportError('version', 'the fake speaks 3.1.1 only', { mqttCode: 1 }));
    for (const other of [...this.#open])
      if (other.options.clientId === options.clientId)
        other.end(new TransportError('closed', 'taken over', { mqttCode: 0x8e }));
    const connection = new FakeConnection(options, this, () => this.#open.delete(connection));
    this.#open.add(connection);
    return Promise.resolve(connection);
  }

  /** Publishes as the service would. Text and bytes go as they are, anything else as JSON. */
  publish(topic: string, message: unknown, { retain = false }: { readonly retain?: boolean } = {}): void {
    const payload = bytesOf(message);
    if (retain && payload.length > 0) this.#retained.set(topic, payload);
    if (retain && payload.length === 0) this.#retained.delete(topic);
    for (const connection of [...this.#open]) connection.deliver(topic, payload, false);
  }

  /** Cuts every open connection. */
  drop(error = new TransportError('closed', 'cut by the test')): void {
    for (const connection of [...this.#open]) connection.end(error);
  }

  retainedFor(filter: string): readonly [string, Uint8Array][] {
    const found = this.#retained.get(filter);
    return found === undefined ? [] : [[filter, found]];
  }
}

/** One connection to a {@link FakeTransport}. */
export class FakeConnection implements TransportConnection {
  readonly options: TransportConnectOptions;
  readonly filters = new Set<string>();
  /** Every SUBSCRIBE packet. */
  readonly subscribePackets: (readonly Subscription[])[] = [];
  readonly #broker: FakeTransport;
  readonly #onEnd: () => void;
  #ended = false;

  constructor(options: TransportConnectOptions, broker: FakeTransport, onEnd: () => void) {
    this.options = options;
    this.#broker = broker;
    this.#onEnd = onEnd;
  }

  async subscribe(subscriptions: readonly Subscription[]): Promise<readonly number[]> {
    this.#checkOpen();
    this.subscribePackets.push(subscriptions);
    const codes = subscriptions.map(({ filter, qos }) => {
      const code = this.#broker.refuseFilter(filter);
      return code >= 0x80 ? code : qos;
    });
    await Promise.resolve();
    this.#checkOpen();
    subscriptions.forEach(({ filter }, index) => {
      if ((codes[index] ?? 0x80) >= 0x80) return;
      this.filters.add(filter);
      for (const [topic, payload] of this.#broker.retainedFor(filter))
        queueMicrotask(() => this.deliver(topic, payload, true));
    });
    return codes;
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    this.#checkOpen();
    await Promise.resolve();
    for (const filter of filters) this.filters.delete(filter);
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    this.#checkOpen();
    await Promise.resolve();
    this.#checkOpen();
    this.#broker.onPublish({ topic, payload, connection: this });
    for (const other of this.#broker.connections) other.deliver(topic, payload, false);
  }

  ping(_timeoutMs: number): Promise<void> {
    this.#checkOpen();
    if (!this.#broker.silent) return Promise.resolve();
    const error = new TransportError('timeout', 'no PINGRESP');
    this.end(error);
    return Promise.reject(error);
  }

  close(): void {
    this.#ended = true;
    this.#onEnd();
  }

  /** Hands a message to the client if it subscribed to its topic. */
  deliver(topic: string, payload: Uint8Array, retained: boolean): void {
    if (this.#ended || ![...this.filters].some((filter) => matches(filter, topic))) return;
    this.options.onMessage({ topic, payload, retained });
  }

  /** Ends the connection from the broker's side. */
  end(error: TransportError): void {
    if (this.#ended) return;
    this.close();
    this.options.onClose(error);
  }

  #checkOpen(): void {
    if (this.#ended) throw new TransportError('closed', 'the connection is closed');
  }
}

function bytesOf(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message;
  return new TextEncoder().encode(typeof message === 'string' ? message : JSON.stringify(message));
}

/** Whether an MQTT filter takes a topic. As on AWS IoT `a/#` does not take `a`. */
export function matches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return levels.length > index;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
