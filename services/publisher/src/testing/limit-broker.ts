import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** What the broker saw, as a publisher's behaviour is judged by it. */
export interface SeenMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  readonly clientId: string;
  readonly atMs: number;
}

export interface LimitBrokerOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Messages of one connection within one second; over it they are counted as violations and discarded, as by IoT Core. */
  readonly maxPublishesPerSecond?: number;
  readonly maxBytesPerSecond?: number;
  readonly maxUnacknowledged?: number;
  /** A larger payload closes the connection. */
  readonly maxPayloadBytes?: number;
  /** A retained message sooner than this after the last of its topic is a violation. */
  readonly retainedIntervalMs?: number;
  /** Says no to a message: reason code 135 on MQTT 5, a closed connection on 3.1.1. */
  readonly refuse?: (message: Pick<SeenMessage, 'topic' | 'payload'>) => boolean;
  /** Called before a message is acknowledged; the acknowledgement waits for it. */
  readonly beforeAck?: (message: SeenMessage) => Promise<void>;
  readonly username?: string;
  readonly password?: string;
  readonly now?: () => number;
}

export interface LimitBroker {
  readonly port: number;
  readonly wsPort: number;
  readonly seen: readonly SeenMessage[];
  /** What was over a limit, in words. Empty is what a test wants. */
  readonly violations: readonly string[];
  readonly connects: readonly { readonly clientId: string; readonly atMs: number; readonly url?: string }[];
  /** Connections at this moment. */
  readonly connections: number;
  /** Most unacknowledged messages of one connection at any time. */
  readonly peakUnacknowledged: number;
  retained(topic: string): Buffer | undefined;
  /** Resolves as soon as `enough` is true of what was seen; checked at every message. */
  until(enough: (seen: readonly SeenMessage[]) => boolean): Promise<void>;
  /** Resolves when the first such message comes in, before it is acknowledged. */
  arrival(which: (message: SeenMessage) => boolean): Promise<void>;
  /** Sends a message from inside the broker. */
  publish(topic: string, payload: string | Buffer): Promise<void>;
  /** Resets every connection. */
  reset(): void;
  close(): Promise<void>;
}

interface Meter {
  readonly times: { readonly atMs: number; readonly bytes: number }[];
  unacknowledged: number;
}

/** aedes with the limits of IoT Core: it enforces them, and notes who broke one. */
export async function startLimitBroker(options: LimitBrokerOptions = {}): Promise<LimitBroker> {
  const { now = Date.now } = options;
  const seen: SeenMessage[] = [];
  const violations: string[] = [];
  const connects: { clientId: string; atMs: number; url?: string }[] = [];
  const retained = new Map<string, Buffer>();
  const retainedAt = new Map<string, number>();
  const meters = new Map<string, Meter>();
  const sockets = new Set<Socket>();
  const expected: { which: (message: SeenMessage) => boolean; resolve: () => void }[] = [];
  let peakUnacknowledged = 0;
  let waiting: { enough: (seen: readonly SeenMessage[]) => boolean; resolve: () => void }[] = [];

  const meterOf = (clientId: string) => {
    const meter = meters.get(clientId) ?? { times: [], unacknowledged: 0 };
    meters.set(clientId, meter);
    return meter;
  };

  function measure(clientId: string, bytes: number, atMs: number): void {
    const meter = meterOf(clientId);
    meter.times.push({ atMs, bytes });
    while ((meter.times[0]?.atMs ?? atMs) <= atMs - 1_000) meter.times.shift();
    const sum = meter.times.reduce((total, one) => total + one.bytes, 0);
    if (meter.times.length > (options.maxPublishesPerSecond ?? Infinity))
      violations.push(`${meter.times.length} publishes of ${clientId} within a second`);
    if (sum > (options.maxBytesPerSecond ?? Infinity))
      violations.push(`${sum} bytes of ${clientId} within a second`);
    meter.unacknowledged += 1;
    peakUnacknowledged = Math.max(peakUnacknowledged, meter.unacknowledged);
    if (meter.unacknowledged > (options.maxUnacknowledged ?? Infinity))
      violations.push(`${meter.unacknowledged} unacknowledged messages of ${clientId}`);
  }

  const broker = await Aedes.createBroker({
    authenticate: (client, username, password, done) => {
      const url = client.req?.url;
      connects.push({ clientId: client.id, atMs: now(), ...(url === undefined ? {} : { url }) });
      meters.delete(client.id);
      const wrong =
        options.username !== undefined &&
        (username !== options.username || password?.toString() !== options.password);
      if (wrong) done(Object.assign(new Error('bad password'), { returnCode: 4 }), false);
      else done(null, true);
    },
    authorizePublish: (client, packet, done) => {
      if (client === null) {
        done(null);
        return;
      }
      const payload = Buffer.from(packet.payload);
      const message: SeenMessage = {
        topic: packet.topic,
        payload,
        retain: packet.retain,
        clientId: client.id,
        atMs: now(),
      };
      for (const one of expected.filter(({ which }) => which(message))) one.resolve();
      measure(client.id, payload.length + packet.topic.length, message.atMs);
      if (payload.length >= (options.maxPayloadBytes ?? Infinity)) {
        violations.push(`a payload of ${payload.length} bytes`);
        client.conn.destroy();
        return;
      }
      if (options.refuse?.(message) === true) {
        meterOf(client.id).unacknowledged -= 1;
        done(new Error('not authorized'));
        return;
      }
      if (packet.retain) noteRetained(message);
      void Promise.resolve(options.beforeAck?.(message)).then(() => {
        meterOf(client.id).unacknowledged -= 1;
        seen.push(message);
        done(null);
        for (const one of waiting.filter(({ enough }) => enough(seen))) one.resolve();
        waiting = waiting.filter(({ enough }) => !enough(seen));
      });
    },
  });

  function noteRetained({ topic, payload, atMs, clientId }: SeenMessage): void {
    const last = retainedAt.get(topic);
    if (last !== undefined && atMs - last < (options.retainedIntervalMs ?? 0))
      violations.push(
        `two retained messages on ${topic} within ${atMs - last} ms, the second of ${clientId}, ${payload.equals(retained.get(topic) ?? Buffer.alloc(0)) ? 'the same again' : 'another'}`,
      );
    retainedAt.set(topic, atMs);
    retained.set(topic, payload);
  }

  const tcp = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    broker.handle(socket);
  });
  const http = createServer();
  const webSockets = new WebSocketServer({
    server: http,
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
  });
  webSockets.on('connection', (webSocket, request) => {
    const stream = createWebSocketStream(webSocket);
    stream.on('error', () => undefined);
    sockets.add(request.socket);
    request.socket.on('close', () => sockets.delete(request.socket));
    broker.handle(stream, request);
  });
  const port = await listen(tcp, options.port ?? 0);
  const wsPort = await listen(http, 0);

  return {
    port,
    wsPort,
    seen,
    violations,
    connects,
    get connections() {
      return sockets.size;
    },
    get peakUnacknowledged() {
      return peakUnacknowledged;
    },
    retained: (topic) => retained.get(topic),
    until(enough) {
      if (enough(seen)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ enough, resolve });
      return promise;
    },
    arrival(which) {
      const { promise, resolve } = Promise.withResolvers<void>();
      expected.push({ which, resolve });
      return promise;
    },
    publish(topic, payload) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false }, (error) => {
        if (error) reject(error);
        else resolve();
      });
      return promise;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = [tcp, http].map((server) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        server.close(() => {
          resolve();
        });
        return promise;
      });
      webSockets.close();
      const brokerClosed = Promise.withResolvers<void>();
      broker.close(() => {
        brokerClosed.resolve();
      });
      await Promise.all([...closed, brokerClosed.promise]);
    },
  };
}

async function listen(server: TcpServer | HttpServer, port: number): Promise<number> {
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(port, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
