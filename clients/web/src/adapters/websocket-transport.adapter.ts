import { MqttProtocolError } from '../mqtt/bytes.ts';
import { type Packet, PacketReader } from '../mqtt/decode.ts';
import {
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  encodeUnsubscribe,
} from '../mqtt/encode.ts';
import { ConfigurationError } from '../errors.ts';
import { type Runtime, systemRuntime } from '../runtime.ts';
import {
  type Subscription,
  type Transport,
  type TransportConnection,
  type TransportConnectOptions,
  TransportError,
} from '../transport.port.ts';

export interface WebSocketTransportOptions {
  /** Default: the global `WebSocket`, which browsers and Node 22 have. */
  readonly webSocket?: typeof WebSocket | undefined;
  readonly runtime?: Runtime | undefined;
  /** How long a SUBACK, UNSUBACK or PUBACK may take, in milliseconds. Default 15,000. */
  readonly answerTimeoutMs?: number | undefined;
}

const NO_WEB_SOCKET =
  'this platform has no WebSocket: use a browser or Node 22 or newer, or give transport: webSocketTransport({ webSocket })';

/**
 * MQTT 3.1.1 and 5 over the platform's WebSocket. No dependency: the packets are this package's own, since the client
 * needs seven of them and MQTT.js weighs more than the rest of the client several times over.
 */
export function webSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const runtime = options.runtime ?? systemRuntime;
  const answerTimeoutMs = options.answerTimeoutMs ?? 15_000;
  return {
    connect: (connect) =>
      new Promise((resolve, reject) => {
        const make = options.webSocket ?? (typeof WebSocket === 'undefined' ? undefined : WebSocket);
        if (make === undefined) throw new ConfigurationError(NO_WEB_SOCKET);
        // The constructor throws for a URL it cannot use; the promise takes it.
        const socket = new make(connect.url, 'mqtt');
        new Session(socket, connect, runtime, answerTimeoutMs).opened.then(resolve, reject);
      }),
  };
}

type Phase = 'opening' | 'greeting' | 'open' | 'closed';

interface Waiting {
  readonly settle: (packet: Packet) => void;
  readonly fail: (error: TransportError) => void;
}

/**
 * One connection. `opening` (WebSocket handshake) → `greeting` (CONNECT is sent) → `open` (CONNACK came) → `closed`. Every end goes through `#end`,
 * once: it stops the timers, rejects who waits, closes the socket and tells the owner.
 */
class Session implements TransportConnection {
  readonly opened: Promise<TransportConnection>;
  readonly #socket: WebSocket;
  readonly #options: TransportConnectOptions;
  readonly #runtime: Runtime;
  readonly #answerTimeoutMs: number;
  readonly #reader: PacketReader;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pings = new Set<Waiting>();
  #phase: Phase = 'opening';
  #keepAliveSeconds = 0;
  #opening: { resolve: () => void; reject: (error: TransportError) => void } | undefined;
  #lastPacketId = 0;
  #cancelConnectTimer: () => void;
  #cancelKeepAlive: () => void = () => undefined;

  constructor(
    socket: WebSocket,
    options: TransportConnectOptions,
    runtime: Runtime,
    answerTimeoutMs: number,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#runtime = runtime;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#reader = new PacketReader(options.protocol);
    this.opened = new Promise((resolve, reject) => {
      this.#opening = { resolve: () => resolve(this), reject };
    });
    this.#cancelConnectTimer = runtime.setTimer(
      () => this.#end(new TransportError('timeout', `no CONNACK within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    );
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#phase = 'greeting';
      this.#send(encodeConnect(options.protocol, options.clientId, options.keepAliveSeconds));
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    // `close` always follows `error`, and tells as little.
    socket.onerror = () => undefined;
    socket.onclose = () => {
      this.#end(
        this.#phase === 'opening'
          ? new TransportError('handshake', 'the WebSocket did not open')
          : new TransportError('closed', `the connection closed while ${this.#phase}`),
      );
    };
  }

  async subscribe(subscriptions: readonly Subscription[]): Promise<readonly number[]> {
    const answer = await this.#ask((id) => encodeSubscribe(this.#options.protocol, id, subscriptions));
    const codes = answer.type === 'suback' ? answer.codes : [];
    if (codes.length !== subscriptions.length) {
      const error = new TransportError('protocol', 'SUBACK has not one code for each filter');
      this.#end(error);
      throw error;
    }
    return codes;
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    await this.#ask((id) => encodeUnsubscribe(this.#options.protocol, id, filters));
  }

  async publish(topic: string, payload: Uint8Array, contentType: string): Promise<void> {
    const answer = await this.#ask((id) =>
      encodePublish(this.#options.protocol, id, topic, payload, contentType),
    );
    if (answer.type === 'puback' && answer.code >= 0x80)
      throw new TransportError('refused', `the broker refused the publish to ${topic}`, {
        mqttCode: answer.code,
      });
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.#answered(timeoutMs, 'PINGRESP', (waiting) => {
      this.#pings.add(waiting);
      this.#send(encodePingreq());
    });
  }

  close(): void {
    if (this.#phase === 'open') this.#send(encodeDisconnect());
    this.#end(new TransportError('closed', 'closed by the client'), true);
  }

  /** Sends a packet with an ID and waits for its acknowledgement. */
  #ask(encode: (packetId: number) => Uint8Array<ArrayBuffer>): Promise<Packet> {
    do this.#lastPacketId = (this.#lastPacketId % 0xffff) + 1;
    while (this.#waiting.has(this.#lastPacketId));
    const id = this.#lastPacketId;
    const bytes = encode(id);
    return this.#answered(this.#answerTimeoutMs, 'answer', (waiting) => {
      this.#waiting.set(id, waiting);
      this.#send(bytes);
    });
  }

  /**
   * Sends, and waits for an answer. AWS IoT answers some refused packets with silence. Nothing can be said of the connection
   * then, so it ends.
   */
  #answered(timeoutMs: number, what: string, send: (waiting: Waiting) => void): Promise<Packet> {
    return new Promise((resolve, reject) => {
      if (this.#phase !== 'open') {
        reject(new TransportError('closed', 'the connection is closed'));
        return;
      }
      const cancel = this.#runtime.setTimer(
        () => this.#end(new TransportError('timeout', `no ${what} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      send({
        settle: (packet) => {
          cancel();
          resolve(packet);
        },
        fail: (error) => {
          cancel();
          reject(error);
        },
      });
    });
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    // A socket that is closing drops what it is given; `close` follows and ends the session.
    if (this.#socket.readyState === 1) this.#socket.send(bytes);
    if (this.#phase === 'open') this.#armKeepAlive(this.#keepAliveSeconds);
  }

  /**
   * Pings at half the keep-alive: hidden pages have their timers held back by up to a minute, and the broker waits only one and a
   * half times the keep-alive.
   */
  #armKeepAlive(seconds: number): void {
    this.#keepAliveSeconds = seconds;
    this.#cancelKeepAlive();
    if (seconds === 0) return;
    this.#cancelKeepAlive = this.#runtime.setTimer(
      () => void this.ping(this.#answerTimeoutMs).catch(() => undefined),
      seconds * 500,
    );
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#end(new TransportError('protocol', 'the broker sent text in place of binary frames'));
      return;
    }
    try {
      for (const packet of this.#reader.push(new Uint8Array(data))) this.#handle(packet);
    } catch (cause) {
      if (!(cause instanceof MqttProtocolError)) throw cause;
      this.#end(new TransportError('protocol', cause.message, { cause }));
    }
  }

  #handle(packet: Packet): void {
    if (this.#phase === 'closed') return;
    if (packet.type === 'connack') {
      this.#connack(packet.code, packet.serverKeepAliveSeconds);
      return;
    }
    if (this.#phase !== 'open') throw new MqttProtocolError(`${packet.type} came before CONNACK`);
    switch (packet.type) {
      case 'publish':
        this.#options.onMessage({
          topic: packet.topic,
          payload: packet.payload,
          retained: packet.retained,
        });
        if (packet.qos === 1) this.#send(encodePuback(packet.packetId));
        return;
      case 'puback':
      case 'suback':
      case 'unsuback': {
        const waiting = this.#waiting.get(packet.packetId);
        this.#waiting.delete(packet.packetId);
        waiting?.settle(packet);
        return;
      }
      case 'pingresp':
        for (const ping of this.#pings) ping.settle(packet);
        this.#pings.clear();
        return;
      case 'disconnect':
        this.#end(
          new TransportError('closed', 'the broker disconnected the client', { mqttCode: packet.code }),
        );
    }
  }

  #connack(code: number, serverKeepAliveSeconds: number | undefined): void {
    if (this.#phase !== 'greeting') throw new MqttProtocolError('a second CONNACK');
    if (code !== 0) {
      const version = code === 0x84 || code === 1;
      this.#end(
        new TransportError(
          version ? 'version' : 'refused',
          version
            ? `the broker does not speak MQTT ${this.#options.protocol === 5 ? '5' : '3.1.1'}`
            : `the broker refused the connection (MQTT reason ${code})`,
          { mqttCode: code },
        ),
      );
      return;
    }
    this.#phase = 'open';
    this.#cancelConnectTimer();
    this.#armKeepAlive(serverKeepAliveSeconds ?? this.#options.keepAliveSeconds);
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  #end(error: TransportError, byOwner = false): void {
    if (this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    this.#cancelConnectTimer();
    this.#cancelKeepAlive();
    for (const one of [...this.#waiting.values(), ...this.#pings]) one.fail(error);
    this.#waiting.clear();
    this.#pings.clear();
    this.#socket.close();
    this.#opening?.reject(error);
    this.#opening = undefined;
    if (wasOpen && !byOwner) this.#options.onClose(error);
  }
}
