import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import {
  createCredentialStore,
  uriEncode,
  type AuthorizationRequest,
  type Authorizer,
  type CredentialStore,
  type IssuedCredential,
} from '../../core/index.ts';
import { createBroker, presignedUrlVerifier, type BrokerOptions, type MqttBroker } from '../index.ts';

export const region = 'us-east-1';
export const accountId = '111122223333';
export const alice = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
export const bob = 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';

/** Stands for a deployed policy: an identity may use its own client ids and what is below `t/<identity>`. */
export class FakeAuthorizer implements Authorizer {
  readonly asked: AuthorizationRequest[] = [];
  readonly attached = new Set([alice, bob]);
  /** More questions to say no to. */
  deny: (request: AuthorizationRequest) => boolean = () => false;

  authorize(request: AuthorizationRequest) {
    this.asked.push(request);
    const { principal, resource } = request;
    const name = resource.slice(`arn:aws:iot:${region}:${accountId}:`.length).replace(/\$share\/[^/]+\//, '');
    const own =
      principal.kind === 'service' ||
      (principal.kind === 'identity' &&
        this.attached.has(principal.identityId) &&
        (name.startsWith(`client/${principal.identityId}`) ||
          name.startsWith(`topic/t/${principal.identityId}`) ||
          name.startsWith(`topicfilter/t/${principal.identityId}`)));
    const allowed = own && !this.deny(request);
    return { allowed, reason: allowed ? '' : `no policy allows the ${request.action} action` };
  }
}

/** When the network connection has ended. */
export function closed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** The DISCONNECT that the broker sends an MQTT 5 client. */
export function disconnected(client: MqttClient): Promise<object> {
  return new Promise((resolve) => client.once('disconnect', resolve));
}

export interface Connected {
  readonly client: MqttClient;
  /** The packet by which the broker accepted it. */
  readonly connack: object;
  /** Everything received so far, as `topic payload`. */
  readonly received: string[];
  /** Waits until so many messages have come. */
  readonly receives: (count: number) => Promise<string[]>;
}

export interface World {
  readonly broker: MqttBroker;
  readonly authorizer: FakeAuthorizer;
  readonly store: CredentialStore;
  readonly wsUrl: string;
  readonly tcpPort: number;
  readonly now: () => number;
  passMs(ms: number): void;
  issue(identityId: string, lifetimeMs?: number): IssuedCredential;
  /** Connects a person over WebSocket. */
  person(identityId: string, options?: IClientOptions): Promise<Connected>;
  /** Connects a service over TCP. */
  service(options?: IClientOptions): Promise<Connected>;
  /** Tries to, and gives the error. */
  refusal(connecting: Promise<Connected>): Promise<unknown>;
  close(): Promise<void>;
}

/** What a client does to get in: presigns, and only then appends the session token. */
export async function presign(
  credential: Pick<IssuedCredential, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>,
  at: {
    readonly host: string;
    readonly nowMs: number;
    readonly signToken?: boolean;
    readonly expiresIn?: number;
  },
  scope: { readonly region?: string; readonly service?: string; readonly path?: string } = {},
): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credential;
  const signer = new SignatureV4({
    service: scope.service ?? 'iotdevicegateway',
    region: scope.region ?? region,
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(at.signToken === true && sessionToken !== undefined ? { sessionToken } : {}),
    },
    sha256: Sha256,
  });
  const path = scope.path ?? '/mqtt';
  const signed = await signer.presign(
    new HttpRequest({ method: 'GET', hostname: at.host, path, headers: { host: at.host } }),
    { signingDate: new Date(at.nowMs), expiresIn: at.expiresIn ?? 900 },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${uriEncode(name)}=${uriEncode(String(value))}`,
  );
  if (at.signToken !== true && sessionToken !== undefined)
    query.push(`X-Amz-Security-Token=${uriEncode(sessionToken)}`);
  return `${path}?${query.join('&')}`;
}

export async function openWorld(change: Partial<BrokerOptions> = {}): Promise<World> {
  let nowMs = Date.now();
  const now = () => nowMs;
  const store = createCredentialStore({ now });
  const authorizer = new FakeAuthorizer();
  const broker = await createBroker({
    region,
    accountId,
    authorizer,
    verifyUpgrade: presignedUrlVerifier({ credentials: store, region, now }),
    authenticateService: (username, password) =>
      username === 'publisher' && password === 'secret'
        ? { kind: 'service', accountId, roleName: 'publisher' }
        : undefined,
    now,
    random: Math.random,
    ...change,
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => broker.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { port: tcpPort } = await broker.listenTcp({ host: '127.0.0.1', port: 0 });
  const wsUrl = `ws://127.0.0.1:${port}`;
  const clients: MqttClient[] = [];
  let serial = 0;

  function connect(client: MqttClient): Promise<Connected> {
    clients.push(client);
    const received: string[] = [];
    const waiting = new Set<() => void>();
    client.on('message', (topic, payload) => {
      received.push(`${topic} ${payload.toString()}`);
      for (const check of waiting) check();
    });
    client.on('error', () => undefined);
    const receives = (count: number) =>
      new Promise<string[]>((resolve) => {
        const check = () => {
          if (received.length < count) return;
          waiting.delete(check);
          resolve(received);
        };
        waiting.add(check);
        check();
      });
    return new Promise((resolve, reject) => {
      client.once('connect', (connack) => resolve({ client, connack, received, receives }));
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed before it was connected')));
    });
  }

  const issue = (identityId: string, lifetimeMs = 3_600_000) =>
    store.issue({
      lifetimeMs,
      principal: {
        kind: 'identity',
        accountId,
        roleName: 'auth',
        identityId,
        identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
        authenticated: true,
        amr: ['authenticated'],
      },
    });
  const defaults = { reconnectPeriod: 0, protocolVersion: 5 } as const;

  return {
    broker,
    authorizer,
    store,
    wsUrl,
    tcpPort,
    now,
    passMs: (ms) => void (nowMs += ms),
    issue,
    async person(identityId, options = {}) {
      const url = await presign(issue(identityId), { host: '127.0.0.1', nowMs });
      const clientId = `${identityId}-${++serial}`;
      return connect(mqtt.connect(`${wsUrl}${url}`, { ...defaults, clientId, ...options }));
    },
    service: (options = {}) =>
      connect(
        mqtt.connect(`mqtt://127.0.0.1:${tcpPort}`, {
          ...defaults,
          clientId: `publisher-${++serial}`,
          username: 'publisher',
          password: 'secret',
          ...options,
        }),
      ),
    refusal: (connecting) =>
      connecting.then(
        () => {
          throw new TypeError('the connection was accepted');
        },
        (error: unknown) => error,
      ),
    async close() {
      for (const client of clients) client.end(true);
      await broker.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
