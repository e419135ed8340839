import type { Timers } from '@stepcast/kit';
import type { IConnackPacket, IDisconnectPacket, IPublishPacket, ISubackPacket, Packet } from 'mqtt-packet';
import {
  ConnectionLostError,
  PublishRefusedError,
  SubscribeRefusedError,
  type BrokerTraits,
  type IncomingMqttMessage,
  type MqttMessage,
  type MqttSession,
  SUBSCRIPTION_QOS,
} from '../../ports/mqtt-publisher.port.ts';
import { KeepAlive } from './keep-alive.ts';
import type { PacketListener, PacketStream } from './packet-stream.ts';
import { MAX_TEXT_BYTES, type MeasuredMessage } from './publish-packet.ts';

const MAX_PACKET_ID = 0xffff;
/** Messages without PUBACK where the broker names no limit: enough ids are left for what else needs one. */
const MAX_UNACKNOWLEDGED = 0x7fff;
/** Reason codes of MQTT 5 that are given in the broker's place. */
const [TOPIC_NAME_INVALID, PACKET_TOO_LARGE] = [0x90, 0x95];
/** Reason codes from here on are refusals. */
const REFUSED = 0x80;

type Handle = (message: IncomingMqttMessage) => void;

interface Publishing {
  readonly measured: MeasuredMessage;
  readonly answer: PromiseWithResolvers<void>;
}

interface Subscribing {
  readonly filter: string;
  readonly onMessage: Handle;
  readonly answer: PromiseWithResolvers<void>;
}

export interface BrokerSessionOptions {
  readonly stream: PacketStream;
  readonly connack: IConnackPacket;
  readonly protocolVersion: 4 | 5;
  /** What CONNECT promised; the broker may have answered with another. */
  readonly keepAliveSeconds: number;
  readonly timers: Timers;
}

/** A session over a {@link PacketStream}, from CONNACK on. */
export class BrokerSession implements MqttSession, PacketListener {
  readonly traits: BrokerTraits;
  readonly #stream: PacketStream;
  readonly #keepAlive: KeepAlive;
  readonly #closed = Promise.withResolvers<Error>();
  /** By packet id, in the order in which they were sent. */
  readonly #publishing = new Map<number, PromiseWithResolvers<void>>();
  /** Messages beyond what the broker takes without PUBACK. */
  readonly #waiting: Publishing[] = [];
  readonly #subscribing = new Map<number, Subscribing>();
  readonly #maxUnacknowledged: number;
  #handles: Handle[] = [];
  #lastPacketId = 0;
  #ended: ConnectionLostError | undefined;
  #closing = false;

  constructor({ stream, connack, protocolVersion, keepAliveSeconds, timers }: BrokerSessionOptions) {
    const { properties } = connack;
    this.#stream = stream;
    this.traits = {
      receiveMaximum: properties?.receiveMaximum,
      maximumPacketBytes: properties?.maximumPacketSize,
      sharedSubscriptions: protocolVersion === 5 && properties?.sharedSubscriptionAvailable !== false,
    };
    this.#maxUnacknowledged = Math.min(properties?.receiveMaximum ?? MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED);
    this.#keepAlive = new KeepAlive({
      seconds: properties?.serverKeepAlive ?? keepAliveSeconds,
      timers,
      traffic: () => stream.traffic,
      ping: () => {
        if (!this.#closing) stream.send({ cmd: 'pingreq' });
      },
      onSilence: () => {
        stream.destroy(new Error('the broker did not answer a ping'));
      },
    });
  }

  get closed(): Promise<Error> {
    return this.#closed.promise;
  }

  publish(message: MqttMessage): Promise<void> {
    if (this.#isClosing()) return Promise.reject(this.#lost());
    const measured = this.#stream.measure(message);
    const refusal = this.#refusalOf(measured);
    if (refusal !== undefined) return Promise.reject(refusal);
    const answer = Promise.withResolvers<void>();
    if (this.#publishing.size < this.#maxUnacknowledged) this.#send(measured, answer);
    else this.#waiting.push({ measured, answer });
    return answer.promise;
  }

  subscribe(filter: string, onMessage: Handle): Promise<void> {
    if (this.#isClosing()) return Promise.reject(this.#lost());
    const packetId = this.#nextPacketId();
    const answer = Promise.withResolvers<void>();
    this.#subscribing.set(packetId, { filter, onMessage, answer });
    // Retained messages may come before SUBACK.
    this.#handles.push(onMessage);
    this.#stream.send({
      cmd: 'subscribe',
      messageId: packetId,
      subscriptions: [{ topic: filter, qos: SUBSCRIPTION_QOS }],
    });
    return answer.promise;
  }

  async close({ force }: { readonly force: boolean }): Promise<void> {
    if (this.#ended !== undefined) return;
    if (force) this.#stream.destroy();
    else if (!this.#closing) {
      this.#closing = true;
      this.#stream.end({ cmd: 'disconnect' });
    }
    await this.closed;
  }

  onTaken(packetId: number): void {
    const answer = this.#publishing.get(packetId);
    if (answer === undefined) return;
    this.#sendNext(packetId);
    answer.resolve();
  }

  onPacket(packet: Packet): void {
    switch (packet.cmd) {
      case 'puback':
        this.#acknowledged(packet.messageId ?? 0, packet.reasonCode ?? 0);
        return;
      case 'publish':
        this.#arrived(packet);
        return;
      case 'suback':
        this.#subscribed(packet);
        return;
      case 'pingresp':
        return;
      case 'disconnect':
        this.#disconnected(packet);
        return;
      default:
        this.#stream.destroy(new Error(`the broker sent ${packet.cmd}, which nobody asked for`));
    }
  }

  onEnd(reason: Error): void {
    this.#keepAlive.stop();
    const ended = new ConnectionLostError(reason.message, { cause: reason });
    // The end first, then what it took along: who sends again must know already that there is no connection.
    this.#ended = ended;
    this.#closed.resolve(ended);
    for (const answer of this.#publishing.values()) answer.reject(ended);
    for (const { answer } of this.#waiting) answer.reject(ended);
    for (const { answer } of this.#subscribing.values()) answer.reject(ended);
    this.#publishing.clear();
    this.#waiting.length = 0;
    this.#subscribing.clear();
  }

  #isClosing(): boolean {
    return this.#closing || this.#ended !== undefined;
  }

  #lost(): ConnectionLostError {
    return this.#ended ?? new ConnectionLostError('it is being closed');
  }

  #send(measured: MeasuredMessage, answer: Publishing['answer']): void {
    const packetId = this.#nextPacketId();
    this.#publishing.set(packetId, answer);
    this.#stream.publish(packetId, measured);
  }

  /** The message is answered, which makes room for another. */
  #sendNext(packetId: number): void {
    this.#publishing.delete(packetId);
    const next = this.#isClosing() ? undefined : this.#waiting.shift();
    if (next !== undefined) this.#send(next.measured, next.answer);
  }

  #nextPacketId(): number {
    do this.#lastPacketId = (this.#lastPacketId % MAX_PACKET_ID) + 1;
    while (this.#publishing.has(this.#lastPacketId) || this.#subscribing.has(this.#lastPacketId));
    return this.#lastPacketId;
  }

  /** What the broker would answer by ending the connection is refused here, in its own name. */
  #refusalOf({ topicBytes, bytes }: MeasuredMessage): PublishRefusedError | undefined {
    const { maximumPacketBytes = Infinity } = this.traits;
    if (bytes > maximumPacketBytes)
      return new PublishRefusedError(
        `${bytes} bytes, and the broker takes packets of ${maximumPacketBytes}`,
        PACKET_TOO_LARGE,
      );
    if (topicBytes > MAX_TEXT_BYTES)
      return new PublishRefusedError(`a topic of ${topicBytes} bytes`, TOPIC_NAME_INVALID);
    return undefined;
  }

  #acknowledged(packetId: number, reasonCode: number): void {
    const answer = this.#publishing.get(packetId);
    if (answer === undefined) return;
    this.#sendNext(packetId);
    if (reasonCode < REFUSED) answer.resolve();
    else answer.reject(new PublishRefusedError(`reason code ${reasonCode}`, reasonCode));
  }

  #arrived({ topic, payload, qos, messageId }: IPublishPacket): void {
    if (qos > 1) {
      this.#stream.destroy(new Error(`a message came with QoS ${qos}, which nobody asked for`));
      return;
    }
    if (qos === 1 && !this.#isClosing()) this.#stream.send({ cmd: 'puback', messageId, reasonCode: 0 });
    const message = { topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload };
    for (const handle of this.#handles) handle(message);
  }

  #subscribed({ messageId = 0, granted }: ISubackPacket): void {
    const subscribing = this.#subscribing.get(messageId);
    if (subscribing === undefined) return;
    this.#subscribing.delete(messageId);
    const { filter, onMessage, answer } = subscribing;
    const code = Number(granted[0]);
    if (code < REFUSED) {
      answer.resolve();
      return;
    }
    this.#handles = this.#handles.filter((handle) => handle !== onMessage);
    answer.reject(new SubscribeRefusedError(filter, code));
  }

  #disconnected({ reasonCode, properties }: IDisconnectPacket): void {
    const said = properties?.reasonString === undefined ? '' : `: ${properties.reasonString}`;
    this.#stream.destroy(new Error(`DISCONNECT with reason code ${reasonCode ?? 0}${said}`));
  }
}
