import { Aedes, type Client } from 'aedes';
import { createServer, type Server } from 'node:http';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** A real MQTT broker in this process, over WebSocket on loopback; behaves like IoT Core where the client cares. Tests only. */
export class TestBroker {
  readonly aedes: Aedes;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** Status of refused WebSocket upgrades; undefined lets them in. */
  refuseUpgrade: ((url: string) => boolean) | undefined;
  /** Query strings of the upgrades that came. */
  readonly upgrades: string[] = [];
  readonly clients = new Map<string, Client>();

  private constructor(aedes: Aedes) {
    this.aedes = aedes;
    this.#server = createServer();
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const url = request.url ?? '';
      this.upgrades.push(url);
      if (this.refuseUpgrade?.(url) === true) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket);
        stream.on('error', () => undefined);
        aedes.handle(stream, request);
      });
    });
    aedes.on('client', (client) => this.clients.set(client.id, client));
    aedes.on('clientDisconnect', (client) => {
      if (this.clients.get(client.id) === client) this.clients.delete(client.id);
    });
  }

  /** Starts listening on a free port. */
  static async start(): Promise<TestBroker> {
    const broker = new TestBroker(await Aedes.createBroker());
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get url(): string {
    const address = this.#server.address();
    return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/mqtt`;
  }

  publish(topic: string, payload: Uint8Array, { retain }: { readonly retain: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false },
        (error) => (error ? reject(error) : resolve()),
      );
    });
  }

  /** Tears the TCP connections of all clients down, without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  drop(clientId: string): void {
    this.clients.get(clientId)?.close();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
