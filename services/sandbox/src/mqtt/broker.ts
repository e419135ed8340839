import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type Client } from 'aedes';
import { forgetful, refuseUpgrade, type Authorizer, type Keeper, type Principal } from '../core/index.ts';
import { newStats, type BrokerLog, type BrokerStats, type Connection } from './connection.ts';
import { createGatekeeper } from './gatekeeper.ts';
import { Guard } from './guard.ts';
import { IOT_LIMITS, REASON } from './limits.ts';
import type { UpgradeVerifier } from './presigned-url.ts';
import { exactRetainedStore, storedRetained, publishRetained } from './retained.ts';
import { createSharedSubscriptions } from './shared-subscriptions.ts';
import { createWebSocketDoor } from './websocket.ts';

export interface BrokerOptions {
  readonly region: string;
  readonly accountId: string;
  readonly authorizer: Authorizer;
  /** Who opens a WebSocket; see `presignedUrlVerifier`. */
  readonly verifyUpgrade: UpgradeVerifier;
  /** Who connects over TCP, by CONNECT's username and password; undefined for nobody we know. */
  readonly authenticateService: (username: string, password: string) => Principal | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Chooses among the members of a shared subscription. A number from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log?: BrokerLog;
  /** Default `/mqtt`. */
  readonly path?: string;
  /**
   * Messages per second taken from one connection; the excess is discarded. Default: 100 on WebSockets, as in IoT Core;
   * none on TCP, where only the sandbox's own services connect: in AWS they publish over HTTPS, which has no such limit.
   */
  readonly publishesPerSecond?: {
    readonly webSocket?: number | undefined;
    readonly tcp?: number | undefined;
  };
  /** IoT Core leaves a connection open when its credentials expire, and so is the default. */
  readonly closeWhenCredentialsExpire?: boolean;
  /** Where retained messages are stored across restarts. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
}

export interface ConnectedClient {
  readonly clientId: string;
  readonly transport: Connection['transport'];
  readonly protocolVersion: number;
  readonly principal: Principal;
  readonly connectedAtMs: number;
  readonly subscriptions: readonly string[];
}

export interface MqttBroker {
  /** For the `upgrade` event of an HTTP server. Answers 404 on another path, 403 without a good signature. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** @throws as `net.Server.listen` does, for example EADDRINUSE */
  listenTcp(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>;
  /** Publishes as the sandbox itself, with QoS 1, to those who may read the topic. */
  publish(topic: string, payload: string): void;
  /** Disconnects every client whose id begins so, for example all tabs of an identity. Says how many there were. */
  disconnect(clientIdPrefix: string): number;
  clients(): readonly ConnectedClient[];
  stats(): Readonly<BrokerStats>;
  /** Fault: every connection breaks at once, without a word. */
  cutConnections(): void;
  /** Fault: new connections are refused (503, or closed at once) until the fault is cleared. Open ones are not affected. */
  refuseConnects(refuse: boolean): void;
  /** Fault: connections stay open, but nothing that clients send is read or answered until the fault is cleared. */
  stall(stall: boolean): void;
  /** Ends within two seconds, with or without clients. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 1_000;
/** Services, and whatever else is on this machine. A connection without CONNECT ends by itself. */
const MAX_TCP_CONNECTIONS = 4_096;
const quietLog: BrokerLog = { debug: () => undefined, warn: () => undefined };

/** The MQTT broker of the sandbox: aedes behind a guard, deciding by the injected authorizer. */
export async function createBroker(options: BrokerOptions): Promise<MqttBroker> {
  const { now, keeper = forgetful } = options;
  const log = options.log ?? quietLog;
  const path = options.path ?? '/mqtt';
  const rates = { webSocket: IOT_LIMITS.publishesPerSecond, tcp: undefined, ...options.publishesPerSecond };
  const stats = newStats();
  const door = createWebSocketDoor();
  const tcpServers = new Set<Server>();
  /** Every network connection, also before CONNECT. */
  const open = new Map<Guard, Connection>();
  const connections = new WeakMap<Client, Connection>();
  /** Those that were accepted. */
  const connected = new Map<Client, Connection>();
  let refusing = false;
  let stalled = false;
  let closing = false;

  const aedes = await Aedes.createBroker({
    persistence: exactRetainedStore(keeper),
    topicAliasMaximum: IOT_LIMITS.topicAliasMaximum,
    // Amplify's PubSub speaks MQTT 3.1, whose client IDs may have 23 bytes; AWS IoT takes longer ones from it. The guard has the limit.
    maxClientsIdLength: Infinity,
    // The guard lets no write wait, so this never fires for a slow client; see there.
    drainTimeout: 10_000,
    // After this time aedes ends a connection that has sent no CONNECT.
    connectTimeout: 10_000,

    ...createGatekeeper({
      ...options,
      log,
      stats,
      connections,
      joinShared: (filter, client, qos) => {
        shared.join(filter, client, qos);
      },
    }),
  });

  const shared = createSharedSubscriptions({
    broker: aedes,
    mayReceive: (client, topic) => connections.get(client)?.access?.receive(topic).allowed === true,
    random: options.random,
  });

  for (const message of storedRetained(keeper)) await publishRetained(aedes, message);

  // Before CONNACK is sent, so that a client that has its CONNACK is listed.
  aedes.on('client', (client) => {
    const connection = connections.get(client);
    if (connection !== undefined) connected.set(client, connection);
  });
  aedes.on('clientDisconnect', (client) => {
    connected.delete(client);
    shared.leaveAll(client);
  });
  const onError = (client: Client, error: Error) => {
    // Of a client that never got as far as CONNECT, aedes has no id, whatever its types say.
    log.debug({ clientId: client.id, reason: error.message }, 'mqtt client error');
  };
  aedes.on('clientError', onError);
  aedes.on('connectionError', onError);

  function attach(stream: Duplex, connection: Connection, request?: IncomingMessage): void {
    stats.connections++;
    const guard = new Guard(stream, {
      connection,
      stats,
      now,
      publishesPerSecond: rates[connection.transport],
      onUnsubscribe(filters) {
        for (const filter of filters) {
          connection.subscriptions.delete(filter);
          shared.leave(filter, client);
        }
      },
      onBreach: (what) => log.warn({ clientId: client.id, what }, 'mqtt connection broke a limit'),
    });
    open.set(guard, connection);
    if (stalled) guard.setStalled(true);
    const client = aedes.handle(guard, request);
    connections.set(client, connection);
    const expiry = expiryTimer(guard, connection);
    guard.once('close', () => {
      open.delete(guard);
      clearTimeout(expiry);
    });
  }

  function expiryTimer(guard: Guard, connection: Connection): NodeJS.Timeout | undefined {
    const { credentialExpiresAtMs } = connection;
    if (options.closeWhenCredentialsExpire !== true || credentialExpiresAtMs === undefined) return undefined;
    return setTimeout(
      () => guard.refuse(REASON.maximumConnectTime, 'credentials expired'),
      Math.max(0, credentialExpiresAtMs - now()),
    ).unref();
  }

  return {
    handleUpgrade(request, socket, head) {
      const [requestPath] = (request.url ?? '').split('?', 1);
      if (requestPath !== path) {
        refuseUpgrade(socket, 404, `There is no WebSocket here; MQTT is at ${path}.`);
        return;
      }
      if (refusing || closing) {
        refuseUpgrade(socket, 503, 'The broker takes no connections now.');
        return;
      }
      const verdict = options.verifyUpgrade(request);
      if (!verdict.ok) {
        stats.refusedUpgrades++;
        log.debug({ reason: verdict.message }, 'mqtt upgrade refused');
        refuseUpgrade(socket, 403, verdict.message);
        return;
      }
      const { principal, expiresAtMs } = verdict.credential;
      door.accept(request, socket, head, (stream) =>
        attach(stream, newConnection('webSocket', now(), principal, expiresAtMs), request),
      );
    },

    async listenTcp({ host, port }) {
      const server = createServer((socket) => {
        if (refusing || closing) socket.destroy();
        else attach(socket.setNoDelay(true), newConnection('tcp', now(), undefined, undefined));
      });
      server.maxConnections = MAX_TCP_CONNECTIONS;
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      tcpServers.add(server);
      return { port: portOf(server.address()) };
    },

    publish(topic, payload) {
      aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, dup: false, retain: false },
        (error) => {
          if (error) log.warn({ topic, reason: error.message }, 'message of the sandbox not published');
        },
      );
    },

    disconnect(clientIdPrefix) {
      const found = [...connected.keys()].filter((client) => client.id.startsWith(clientIdPrefix));
      for (const client of found) client.disconnect({ reasonCode: REASON.administrativeAction });
      return found.length;
    },

    clients: () =>
      [...connected].flatMap(([client, connection]) =>
        connection.principal === undefined
          ? []
          : [
              {
                clientId: client.id,
                transport: connection.transport,
                protocolVersion: connection.protocolVersion,
                principal: connection.principal,
                connectedAtMs: connection.connectedAtMs,
                subscriptions: [...connection.subscriptions],
              },
            ],
      ),
    stats: () => ({ ...stats }),
    cutConnections() {
      for (const guard of open.keys()) guard.cut();
    },
    refuseConnects(refuse) {
      refusing = refuse;
    },
    stall(stall) {
      stalled = stall;
      for (const guard of open.keys()) guard.setStalled(stall);
    },

    async close() {
      if (closing) return;
      closing = true;
      for (const server of tcpServers) server.close();
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      });
      // Polite first: MQTT 5 clients get "server shutting down". Then all that are left, CONNECT or not.
      await Promise.race([new Promise<void>((resolve) => aedes.close(() => resolve())), patience]);
      clearTimeout(timer);
      for (const guard of [...open.keys()]) guard.cut();
    },
  };
}

function newConnection(
  transport: Connection['transport'],
  connectedAtMs: number,
  principal: Principal | undefined,
  credentialExpiresAtMs: number | undefined,
): Connection {
  return {
    transport,
    connectedAtMs,
    principal,
    credentialExpiresAtMs,
    protocolVersion: 0,
    access: undefined,
    subscriptions: new Set(),
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
