import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { refuseUpgrade } from '../core/index.ts';
import { IOT_LIMITS } from './limits.ts';

/** The WebSocket side of the broker: subprotocol, refusals in plain HTTP, the stream of bytes. */
export interface WebSocketDoor {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, onStream: (stream: Duplex) => void): void;
}

const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];

export function createWebSocketDoor(): WebSocketDoor {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // A frame may carry several packets; each packet is limited on its own.
    maxPayload: 8 * IOT_LIMITS.packetBytes,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });
  return {
    accept(request, socket, head, onStream) {
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (!offered.some((name) => SUBPROTOCOLS.includes(name))) {
        refuseUpgrade(socket, 400, 'The WebSocket subprotocol must be mqtt.');
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        onStream(createWebSocketStream(webSocket, { readableObjectMode: false }));
      });
    },
  };
}
