import { asError, systemTimers, type Timers } from '@stepcast/kit';
import type { IConnackPacket, IConnectPacket, Packet } from 'mqtt-packet';
import {
  ConnectFailedError,
  KEEP_ALIVE_SECONDS,
  type MqttPublisher,
  type MqttSession,
} from '../../ports/mqtt-publisher.port.ts';
import { BrokerSession } from './broker-session.ts';
import { MAX_INCOMING_BYTES } from './incoming.ts';
import { openStream } from './open-stream.ts';
import { PacketStream } from './packet-stream.ts';

export interface MqttPublisherOptions {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:`. */
  readonly url: string;
  readonly protocol: '3.1.1' | '5';
  /** Default: those of the URL, if any. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Longest silence in seconds; the client pings before, and gives a broker up that does not answer. Default 30. */
  readonly keepAliveSeconds?: number;
  /** PEM certificates to trust besides the system's. */
  readonly ca?: string | undefined;
  /** Default: those of the process. */
  readonly timers?: Timers;
}

/** Publishes to any broker by MQTT over TCP, TLS or WebSocket. One connection for each session. */
export function createMqttPublisher(options: MqttPublisherOptions): MqttPublisher {
  const url = new URL(options.url);
  const protocolVersion = options.protocol === '5' ? 5 : 4;
  const { keepAliveSeconds = KEEP_ALIVE_SECONDS, timers = systemTimers, ca } = options;
  const username = options.username ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const password = options.password ?? (url.password === '' ? undefined : decodeURIComponent(url.password));
  return {
    connect({ clientId, signal }) {
      if (signal.aborted) return Promise.reject(new ConnectFailedError('called off'));
      const connect: IConnectPacket = {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion,
        clean: true,
        clientId,
        keepalive: keepAliveSeconds,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
        ...(protocolVersion === 5 ? { properties: { maximumPacketSize: MAX_INCOMING_BYTES } } : {}),
      };
      return opened({ url, ca, connect, protocolVersion, keepAliveSeconds, timers, signal });
    },
  };
}

interface Opening {
  readonly url: URL;
  readonly ca: string | undefined;
  readonly connect: IConnectPacket;
  readonly protocolVersion: 4 | 5;
  readonly keepAliveSeconds: number;
  readonly timers: Timers;
  readonly signal: AbortSignal;
}

function opened({ url, ca, connect, signal, ...rest }: Opening): Promise<MqttSession> {
  const { promise, resolve, reject } = Promise.withResolvers<MqttSession>();
  const onAbort = () => {
    stream.destroy(asError(signal.reason));
  };
  const onPacket = (packet: Packet) => {
    const refusal = refusalOf(packet);
    if (refusal !== undefined || packet.cmd !== 'connack') {
      stream.destroy(refusal);
      return;
    }
    signal.removeEventListener('abort', onAbort);
    const session = new BrokerSession({ stream, connack: packet, ...rest });
    stream.listener = session;
    resolve(session);
  };
  const stream = new PacketStream(openStream(url, ca), rest.protocolVersion, {
    onPacket,
    onTaken: () => {
      stream.destroy(new Error('PUBACK before CONNACK'));
    },
    onEnd: (reason) => {
      signal.removeEventListener('abort', onAbort);
      reject(new ConnectFailedError(reason.message, { cause: reason }));
    },
  });
  signal.addEventListener('abort', onAbort, { once: true });
  stream.send(connect);
  return promise;
}

/** Why the broker's first packet is no leave to go on. */
function refusalOf(packet: Packet): Error | undefined {
  if (packet.cmd !== 'connack') return new Error(`the broker answered CONNECT with ${packet.cmd}`);
  const code = codeOf(packet);
  return code === 0 ? undefined : new Error(`CONNACK with code ${code}`);
}

function codeOf({ reasonCode, returnCode }: IConnackPacket): number {
  return reasonCode ?? returnCode ?? 0;
}
