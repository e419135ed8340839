import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient, type Packet } from 'mqtt';
import {
  type Subscription,
  type Transport,
  type TransportConnection,
  type TransportConnectOptions,
  TransportError,
} from '../transport.port.ts';

export interface MqttTransportOptions {
  /** How long a SUBACK, UNSUBACK or PUBACK may take, in milliseconds. Default 15,000. */
  readonly answerTimeoutMs?: number | undefined;
  /** More options of MQTT.js. Those that decide about reconnecting and sessions are not taken. */
  readonly mqtt?:
    Omit<IClientOptions, 'reconnectPeriod' | 'clean' | 'clientId' | 'protocolVersion'> | undefined;
}

/**
 * The transport on MQTT.js, for Node apps that have it anyway and as the reference that the built-in one is held against. MQTT.js
 * is configured never to reconnect: it would reuse a URL whose signature has run out.
 */
export function mqttTransport(options: MqttTransportOptions = {}): Transport {
  const answerTimeoutMs = options.answerTimeoutMs ?? 15_000;
  return {
    connect: (connect) =>
      new Promise((resolve, reject) => {
        const client = mqtt.connect(connect.url, {
          ...options.mqtt,
          clientId: connect.clientId,
          protocolVersion: connect.protocol,
          clean: true,
          keepalive: connect.keepAliveSeconds,
          connectTimeout: connect.connectTimeoutMs,
          reconnectPeriod: 0,
          resubscribe: false,
          queueQoSZero: false,
        });
        new MqttJsConnection(client, connect, answerTimeoutMs).opened.then(resolve, reject);
      }),
  };
}

class MqttJsConnection implements TransportConnection {
  readonly opened: Promise<TransportConnection>;
  readonly #client: MqttClient;
  readonly #options: TransportConnectOptions;
  readonly #answerTimeoutMs: number;
  readonly #waiting = new Set<(error: TransportError) => void>();
  #phase: 'opening' | 'greeting' | 'open' | 'closed' = 'opening';
  #connectTimer: NodeJS.Timeout;
  #opening: { resolve: () => void; reject: (error: TransportError) => void } | undefined;

  constructor(client: MqttClient, options: TransportConnectOptions, answerTimeoutMs: number) {
    this.#client = client;
    this.#options = options;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.opened = new Promise((resolve, reject) => {
      this.#opening = { resolve: () => resolve(this), reject };
    });
    this.#connectTimer = setTimeout(
      () => this.#end(new TransportError('timeout', `no CONNACK within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    );
    client.on('packetsend', (packet) => {
      if (packet.cmd === 'connect') this.#phase = 'greeting';
    });
    client.on('packetreceive', (packet) => this.#receive(packet));
    client.on('message', (topic, payload, packet) =>
      this.#options.onMessage({ topic, payload: new Uint8Array(payload), retained: packet.retain }),
    );
    // A refused upgrade (403) has no error of its own: only `close` comes.
    client.on('error', (cause) => {
      if (this.#phase === 'open') this.#end(new TransportError('protocol', cause.message, { cause }));
    });
    client.on('close', () =>
      this.#end(
        this.#phase === 'opening'
          ? new TransportError('handshake', 'the connection was not made')
          : new TransportError('closed', `the connection closed while ${this.#phase}`),
      ),
    );
  }

  async subscribe(subscriptions: readonly Subscription[]): Promise<readonly number[]> {
    const map = Object.fromEntries(subscriptions.map(({ filter, qos }) => [filter, { qos }]));
    return this.#answer<readonly number[]>((ok, fail) =>
      this.#client.subscribe(map, (error, _granted, suback) => {
        // With refused filters MQTT.js reports an error and the packet; the codes are in the packet.
        if (suback === undefined) fail(error ?? new Error('no SUBACK'));
        else ok(suback.granted.map((code) => (typeof code === 'number' ? code : 0x80)));
      }),
    );
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    await this.#answer<undefined>((ok, fail) =>
      this.#client.unsubscribe([...filters], (error) => (error ? fail(error) : ok(undefined))),
    );
  }

  async publish(topic: string, payload: Uint8Array, contentType: string): Promise<void> {
    const properties = this.#options.protocol === 5 ? { payloadFormatIndicator: true, contentType } : {};
    await this.#answer<undefined>((ok, fail) =>
      this.#client.publish(topic, Buffer.from(payload), { qos: 1, properties }, (error) =>
        error ? fail(error) : ok(undefined),
      ),
    );
  }

  ping(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#phase !== 'open') {
        reject(new TransportError('closed', 'the connection is closed'));
        return;
      }
      const finish = () => {
        clearTimeout(timer);
        this.#client.off('packetreceive', onPacket);
        this.#waiting.delete(fail);
      };
      const onPacket = (packet: Packet) => {
        if (packet.cmd !== 'pingresp') return;
        finish();
        resolve();
      };
      const fail = (error: TransportError) => {
        finish();
        reject(error);
      };
      const timer = setTimeout(
        () => this.#end(new TransportError('timeout', `no PINGRESP within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiting.add(fail);
      this.#client.on('packetreceive', onPacket);
      this.#client.sendPing();
    });
  }

  close(): void {
    this.#end(new TransportError('closed', 'closed by the client'), true);
  }

  #answer<T>(ask: (ok: (value: T) => void, fail: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#phase !== 'open') {
        reject(new TransportError('closed', 'the connection is closed'));
        return;
      }
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(abandon);
      };
      const abandon = (error: TransportError) => {
        finish();
        reject(error);
      };
      const timer = setTimeout(
        () => this.#end(new TransportError('timeout', `no answer within ${this.#answerTimeoutMs} ms`)),
        this.#answerTimeoutMs,
      );
      this.#waiting.add(abandon);
      ask(
        (value) => {
          finish();
          resolve(value);
        },
        (cause) => {
          finish();
          reject(new TransportError('refused', cause.message, { cause, ...codeIn(cause) }));
        },
      );
    });
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'connack') this.#connack(packet);
    else if (packet.cmd === 'disconnect')
      this.#end(
        new TransportError('closed', 'the broker disconnected the client', {
          mqttCode: packet.reasonCode ?? 0,
        }),
      );
  }

  #connack(packet: IConnackPacket): void {
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code === 0) {
      this.#phase = 'open';
      clearTimeout(this.#connectTimer);
      this.#opening?.resolve();
      this.#opening = undefined;
      return;
    }
    const version = code === 0x84 || code === 1;
    this.#end(
      new TransportError(
        version ? 'version' : 'refused',
        version
          ? 'the broker does not speak this version of MQTT'
          : `the broker refused (MQTT reason ${code})`,
        { mqttCode: code },
      ),
    );
  }

  #end(error: TransportError, byOwner = false): void {
    if (this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    clearTimeout(this.#connectTimer);
    for (const fail of [...this.#waiting]) fail(error);
    this.#client.end(!byOwner || !wasOpen);
    this.#opening?.reject(error);
    this.#opening = undefined;
    if (wasOpen && !byOwner) this.#options.onClose(error);
  }
}

/** The reason code that MQTT.js puts on the errors it makes of answers. */
function codeIn(error: Error): { mqttCode?: number } {
  return 'code' in error && typeof error.code === 'number' ? { mqttCode: error.code } : {};
}
