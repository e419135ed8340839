import { once } from 'node:events';
import { generate, parser, type Packet } from 'mqtt-packet';
import { WebSocketServer, type WebSocket } from 'ws';

/** A broker of MQTT 5 that answers with the reason codes that a test names; without one it agrees. */
export interface ScriptedBroker {
  readonly url: string;
  /** Reason codes of its answers from now on. `disconnect` ends the connection in the place of a PUBACK. */
  answer(codes: Codes): void;
  close(): Promise<void>;
}

export interface Codes {
  readonly connack?: number;
  readonly puback?: number;
  readonly suback?: number;
  readonly disconnect?: number;
}

const PROTOCOL = { protocolVersion: 5 };

export async function startScriptedBroker(): Promise<ScriptedBroker> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  let codes: Codes = {};
  server.on('connection', (socket) => {
    const packets = parser(PROTOCOL);
    packets.on('packet', (packet) => {
      for (const answer of answersTo(packet, codes)) {
        socket.send(generate(answer, PROTOCOL));
        if (answer.cmd === 'disconnect') socket.close();
      }
    });
    packets.on('error', () => {
      socket.terminate();
    });
    socket.on('message', (data) => {
      packets.parse(bytesOf(data));
    });
  });
  const address = server.address();
  return {
    url: `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/mqtt`,
    answer(next) {
      codes = next;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function bytesOf(data: WebSocket.RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function answersTo(packet: Packet, codes: Codes): readonly Packet[] {
  switch (packet.cmd) {
    case 'connect':
      return [{ cmd: 'connack', reasonCode: codes.connack ?? 0, sessionPresent: false }];
    case 'publish':
      return codes.disconnect === undefined
        ? [{ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: codes.puback ?? 0 }]
        : [{ cmd: 'disconnect', reasonCode: codes.disconnect }];
    case 'subscribe':
      return [
        {
          cmd: 'suback',
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map(() => codes.suback ?? 1),
        },
      ];
    case 'pingreq':
      return [{ cmd: 'pingresp' }];
    default:
      return [];
  }
}
