import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** A broker over WebSockets that takes connections, and does to the first message what a test asks. */
export interface UnwillingBroker {
  /** `ws://127.0.0.1:port/mqtt` */
  readonly url: string;
  close(): Promise<void>;
}

/** DISCONNECT of MQTT 5 with reason code 135, not authorized. */
const NOT_AUTHORIZED = Buffer.from([0xe0, 0x01, 0x87]);

/**
 * @param then `disconnect`: closes the connection with a reason, in place of an acknowledgement; `silence`: never acknowledges
 */
export async function startUnwillingBroker(then: 'disconnect' | 'silence'): Promise<UnwillingBroker> {
  const aedes = await Aedes.createBroker({
    authorizePublish(client) {
      if (then === 'disconnect') client?.conn.end(NOT_AUTHORIZED);
    },
  });
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    const stream = createWebSocketStream(socket);
    stream.on('error', () => undefined);
    aedes.handle(stream, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/mqtt`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        aedes.close(() => {
          resolve();
        });
      });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
