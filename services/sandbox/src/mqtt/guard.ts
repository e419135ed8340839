import { Duplex } from 'node:stream';
import { createTokenBucket, type TokenBucket } from '@stepcast/kit';
import { generate, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet';
import type { Connection, BrokerStats } from './connection.ts';
import { createFrameSplitter, FRAME, FrameError, type Frame } from './frames.ts';
import { hasNull, IOT_LIMITS, isUnsafeName, keepAliveSeconds, REASON, topicProblem } from './limits.ts';
import { createPacketReader, withKeepAlive } from './packets.ts';
import { rewriteSubscribe, toWire, type RewrittenSubscribe } from './subscribe-rewriter.ts';

export interface GuardOptions {
  readonly connection: Connection;
  readonly stats: BrokerStats;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Messages per second taken from this connection; undefined for any number. */
  readonly publishesPerSecond: number | undefined;
  readonly onUnsubscribe: (filters: readonly string[]) => void;
  readonly onBreach: (what: string) => void;
}

/** A client that lets this much pile up unread is cut, so that it cannot hold up the others. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** How long a closing connection may take to send its last bytes. */
const LINGER_MS = 500;

function isUsableClientId(clientId: string): boolean {
  return (
    Buffer.byteLength(clientId) <= IOT_LIMITS.clientIdBytes && !isUnsafeName(clientId) && !hasNull(clientId)
  );
}

/**
 * Stands between the network and aedes and makes of a general MQTT broker one that behaves like IoT Core: enforces
 * the limits, refuses QoS 2 and subscription identifiers, translates shared subscriptions, corrects CONNACK and SUBACK.
 * Everything else passes through byte for byte.
 */
export class Guard extends Duplex {
  readonly #transport: Duplex;
  readonly #options: GuardOptions;
  readonly #inbound = createFrameSplitter(IOT_LIMITS.packetBytes);
  readonly #outbound = createFrameSplitter(0);
  readonly #subscribes = new Map<number, RewrittenSubscribe>();
  #read = createPacketReader(undefined);
  #serverKeepAliveSeconds: number | undefined;
  #stalled = false;
  #held: Buffer[] = [];
  readonly #rate: TokenBucket | undefined;

  constructor(transport: Duplex, options: GuardOptions) {
    super();
    this.#transport = transport;
    this.#options = options;
    const { publishesPerSecond: perSecond, now: nowMs } = options;
    this.#rate =
      perSecond === undefined ? undefined : createTokenBucket({ capacity: perSecond, perSecond }, { nowMs });
    transport.on('data', this.#onData);
    transport.on('end', () => this.push(null));
    transport.on('close', () => this.destroy());
    transport.on('error', () => this.destroy());
  }

  /** While stalled, what the client sends is held and neither read nor answered. */
  setStalled(stalled: boolean): void {
    this.#stalled = stalled;
    if (stalled) {
      this.#transport.pause();
      return;
    }
    for (const chunk of this.#held.splice(0)) this.#onData(chunk);
    this.#transport.resume();
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#transport.destroy();
  }

  /** Closes the connection; an MQTT 5 client gets the reason. */
  refuse(reasonCode: number, what: string): void {
    if (this.destroyed) return;
    this.#options.stats.limitBreaches++;
    this.#options.onBreach(what);
    if (this.#options.connection.protocolVersion === 5) this.#send({ cmd: 'disconnect', reasonCode });
    this.destroy();
  }

  override _read(): void {
    if (!this.#stalled) this.#transport.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (const frame of this.#outbound.push(chunk)) this.#transport.write(this.#corrected(frame));
    // Aedes is never made to wait: one client that does not read would hold up the deliveries to all others.
    if (this.#transport.writableLength > MAX_UNREAD_BYTES) {
      this.#options.onBreach('client does not read');
      this.cut();
    }
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#transport.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const transport = this.#transport;
    transport.off('data', this.#onData);
    this.#held = [];
    if (!transport.destroyed) {
      // The last packet (a refusal, mostly) has to reach the client; what it still sends is discarded.
      const linger = setTimeout(() => transport.destroy(), LINGER_MS);
      // An open connection keeps the process running; this timer must not, where the connection is gone already.
      linger.unref();
      transport.once('close', () => clearTimeout(linger));
      transport.once('finish', () => transport.destroy());
      transport.resume();
      transport.end();
    }
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#stalled) {
      this.#held.push(chunk);
      return;
    }
    try {
      for (const frame of this.#inbound.push(chunk)) {
        if (this.destroyed) return;
        this.#admit(frame);
      }
    } catch (error) {
      const tooLarge = error instanceof FrameError && error.code === 'MQTT_TOO_LARGE';
      this.refuse(
        tooLarge ? REASON.packetTooLarge : REASON.malformedPacket,
        error instanceof Error ? error.message : 'malformed packet',
      );
    }
  };

  /** Hands a packet on to aedes, changed, or not at all. */
  #admit(frame: Frame): void {
    const { connection } = this.#options;
    switch (frame.type) {
      case FRAME.connect: {
        const packet = this.#parse(frame);
        if (packet.cmd === 'connect' && connection.protocolVersion === 0) this.#admitConnect(frame, packet);
        else this.#forward(frame.bytes);
        return;
      }
      case FRAME.publish: {
        const packet = this.#parse(frame);
        if (packet.cmd === 'publish' && this.#publishAdmitted(packet)) this.#forward(frame.bytes);
        return;
      }
      case FRAME.subscribe: {
        const packet = this.#parse(frame);
        if (packet.cmd !== 'subscribe') return;
        if (packet.subscriptions.length > IOT_LIMITS.filtersPerSubscribe) {
          this.refuse(REASON.quotaExceeded, 'more than 8 topic filters in one SUBSCRIBE');
          return;
        }
        if (packet.subscriptions.some(({ qos }) => qos === 2)) {
          this.refuse(REASON.qosNotSupported, 'subscription with QoS 2');
          return;
        }
        if (packet.properties?.subscriptionIdentifier !== undefined) {
          this.refuse(REASON.subscriptionIdentifiersNotSupported, 'subscription identifier');
          return;
        }
        const rewritten = rewriteSubscribe(packet.subscriptions, connection.subscriptions);
        this.#subscribes.set(packet.messageId ?? 0, rewritten);
        const { subscriptions } = rewritten;
        this.#forward(rewritten.changed ? this.#generate({ ...packet, subscriptions }) : frame.bytes);
        return;
      }
      case FRAME.unsubscribe: {
        const packet = this.#parse(frame);
        if (packet.cmd !== 'unsubscribe') return;
        this.#options.onUnsubscribe(packet.unsubscriptions);
        const unsubscriptions = packet.unsubscriptions.map(toWire);
        const changed = unsubscriptions.some((filter, i) => filter !== packet.unsubscriptions[i]);
        this.#forward(changed ? this.#generate({ ...packet, unsubscriptions }) : frame.bytes);
        return;
      }
      default:
        this.#forward(frame.bytes);
    }
  }

  #admitConnect(frame: Frame, packet: IConnectPacket): void {
    const { connection, stats, onBreach } = this.#options;
    connection.protocolVersion = packet.protocolVersion ?? 4;
    this.#read = createPacketReader(connection.protocolVersion);
    if (!isUsableClientId(packet.clientId) || hasNull(packet.will?.topic ?? '')) {
      stats.refusedConnects++;
      onBreach('client id is not usable');
      this.#send(
        connection.protocolVersion === 5
          ? { cmd: 'connack', sessionPresent: false, reasonCode: REASON.clientIdNotValid }
          : { cmd: 'connack', sessionPresent: false, returnCode: 2 },
      );
      this.destroy();
      return;
    }
    const asked = packet.keepalive ?? 0;
    const granted = keepAliveSeconds(asked);
    if (granted === asked) {
      this.#forward(frame.bytes);
      return;
    }
    this.#serverKeepAliveSeconds = granted;
    this.#forward(withKeepAlive(frame.bytes, granted));
  }

  #publishAdmitted(packet: IPublishPacket): boolean {
    const { connection, stats } = this.#options;
    if (packet.qos === 2) {
      this.refuse(REASON.qosNotSupported, 'publish with QoS 2');
      return false;
    }
    if (packet.payload.length > IOT_LIMITS.payloadBytes) {
      this.refuse(REASON.packetTooLarge, `payload of ${packet.payload.length} bytes`);
      return false;
    }
    const problem = topicProblem(packet.topic);
    if (problem !== undefined) {
      if (connection.protocolVersion === 5 && packet.qos === 1) {
        stats.refusedPublishes++;
        this.#puback(packet, REASON.topicNameInvalid);
      } else this.refuse(REASON.topicNameInvalid, problem);
      return false;
    }
    if (this.#rate !== undefined && this.#rate.take() > 0) {
      stats.throttled++;
      // Over the rate IoT Core discards: no acknowledgement on 3.1.1, "quota exceeded" on 5.
      if (connection.protocolVersion === 5 && packet.qos === 1) this.#puback(packet, REASON.quotaExceeded);
      return false;
    }
    return true;
  }

  /** What aedes answers, in IoT Core's way. */
  #corrected(frame: Frame): Buffer {
    const { protocolVersion } = this.#options.connection;
    if (frame.type === FRAME.suback) {
      const packet = this.#parse(frame);
      if (packet.cmd !== 'suback') return frame.bytes;
      const rewritten = this.#subscribes.get(packet.messageId ?? 0);
      this.#subscribes.delete(packet.messageId ?? 0);
      if (rewritten === undefined) return frame.bytes;
      const codes = rewritten.codesFor(packet.granted.map(Number));
      // 3.1.1 knows one failure only.
      const granted = protocolVersion === 5 ? codes : codes.map((code) => (code >= 0x80 ? 0x80 : code));
      return this.#generate({ ...packet, granted });
    }
    if (frame.type === FRAME.connack && protocolVersion === 5) {
      const packet = this.#parse(frame);
      if (packet.cmd !== 'connack' || packet.reasonCode !== 0) return frame.bytes;
      return this.#generate({
        ...packet,
        properties: {
          ...packet.properties,
          maximumQoS: 1,
          maximumPacketSize: IOT_LIMITS.packetBytes,
          receiveMaximum: IOT_LIMITS.receiveMaximum,
          sharedSubscriptionAvailable: true,
          subscriptionIdentifiersAvailable: false,
          ...(this.#serverKeepAliveSeconds === undefined
            ? {}
            : { serverKeepAlive: this.#serverKeepAliveSeconds }),
        },
      });
    }
    return frame.bytes;
  }

  #parse(frame: Frame): Packet {
    return this.#read(frame.bytes);
  }

  #forward(bytes: Buffer): void {
    if (!this.push(bytes)) this.#transport.pause();
  }
  #puback(packet: IPublishPacket, reasonCode: number): void {
    this.#send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
  }
  #send(packet: Packet): void {
    this.#transport.write(this.#generate(packet));
  }
  #generate(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.#options.connection.protocolVersion });
  }
}
