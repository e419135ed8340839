import type { Duplex } from 'node:stream';
import { generate, type Packet } from 'mqtt-packet';
import type { MqttMessage } from '../../ports/mqtt-publisher.port.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { PublishPackets, type MeasuredMessage } from './publish-packet.ts';

export interface PacketListener {
  /** A message was acknowledged. */
  onTaken(packetId: number): void;
  /** Any other packet. */
  onPacket(packet: Packet): void;
  /** The stream is closed. Called once, and last. */
  onEnd(reason: Error): void;
}

/** MQTT packets over a stream. */
export class PacketStream {
  readonly #stream: Duplex;
  readonly #protocolVersion: 4 | 5;
  readonly #outgoing: Outgoing;
  readonly #messages: PublishPackets;
  #listener: PacketListener;
  #received = 0;
  #reason: Error | undefined;

  constructor(stream: Duplex, protocolVersion: 4 | 5, listener: PacketListener) {
    this.#stream = stream;
    this.#protocolVersion = protocolVersion;
    this.#listener = listener;
    this.#outgoing = new Outgoing(stream);
    this.#messages = new PublishPackets(protocolVersion);
    const incoming = new Incoming(protocolVersion, {
      onTaken: (packetId) => {
        this.#listener.onTaken(packetId);
      },
      onPacket: (packet) => {
        this.#listener.onPacket(packet);
      },
      onError: (error) => {
        this.destroy(error);
      },
    });
    stream.on('data', (chunk: Buffer) => {
      this.#received += 1;
      incoming.push(chunk);
    });
    stream.on('error', (error) => {
      this.#reason ??= error;
    });
    stream.once('close', () => {
      this.#listener.onEnd(this.#reason ?? new Error('closed'));
    });
  }

  /** Hands the stream over: from now on the listener hears what comes. */
  set listener(listener: PacketListener) {
    this.#listener = listener;
  }

  /** How often something was sent, and how often something came. */
  get traffic(): { readonly sent: number; readonly received: number } {
    return { sent: this.#outgoing.flushes, received: this.#received };
  }

  measure(message: MqttMessage): MeasuredMessage {
    return this.#messages.measure(message);
  }

  publish(packetId: number, measured: MeasuredMessage): void {
    this.#messages.write(this.#outgoing, packetId, measured);
  }

  send(packet: Packet): void {
    this.#outgoing.send(generate(packet, { protocolVersion: this.#protocolVersion }));
  }

  /** Sends the last packet, and closes when the other side has closed, too. */
  end(packet: Packet): void {
    this.#outgoing.end(generate(packet, { protocolVersion: this.#protocolVersion }));
  }

  /** Closes at once. */
  destroy(reason?: Error): void {
    this.#reason ??= reason;
    this.#stream.destroy();
  }
}
