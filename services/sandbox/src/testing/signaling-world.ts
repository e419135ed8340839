import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { KinesisVideoSignalingClient } from '@aws-sdk/client-kinesis-video-signaling';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Timers } from '@stepcast/kit';
import Fastify from 'fastify';
import { WebSocket } from 'ws';
import { createCredentialStore, type IssuedCredential } from '../core/index.ts';
import { createFront } from '../front/index.ts';
import { ACCOUNT, RecordingAuthorizer, REGION } from './endpoint-harness.ts';
import { createSignaling } from '../kvs/index.ts';

const PATH = '/aws/kinesisvideo';

/** A connection, with what has come on it. */
export interface Connected {
  readonly webSocket: WebSocket;
  readonly received: string[];
  /** Waits until so many messages have come. */
  receives(count: number): Promise<readonly string[]>;
  /** Resolves with the code when the connection has ended. */
  readonly ended: Promise<number>;
}

/** How the server refused to open a connection. */
export class UpgradeRefused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Signaling behind a front on loopback, with an authorizer that remembers, and timers that the test fires. */
export async function openWorld() {
  const clock = { nowMs: Date.now() };
  const now = () => clock.nowMs;
  const credentials = createCredentialStore({ now });
  const authorizer = new RecordingAuthorizer();
  const pending = new Set<{ readonly delayMs: number; readonly callback: () => void }>();
  const timers: Timers = {
    after(delayMs, callback) {
      const timer = { delayMs, callback };
      pending.add(timer);
      return () => void pending.delete(timer);
    },
  };
  const app = Fastify({ forceCloseConnections: true });
  const origin = await new Promise<string>((resolve) => {
    app.server.once('listening', () => {
      const address = app.server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`);
    });
    void app.server.listen(0, '127.0.0.1');
  });
  const signaling = createSignaling({
    region: REGION,
    accountId: ACCOUNT,
    publicUrl: `${origin}${PATH}`,
    path: PATH,
    credentials,
    authorizer,
    now,
    timers,
  });
  await app.register(
    createFront({
      region: REGION,
      credentials,
      authorizer,
      nowMs: now,
      newId: randomUUID,
      log: { warn: () => undefined, error: () => undefined },
      mounts: [{ prefix: PATH, cors: true, service: { kind: 'rest', service: signaling.service } }],
    }),
  );
  await app.ready();
  app.server.on('upgrade', (request, socket, head) => {
    signaling.handleUpgrade(request, socket, head);
  });

  const issue = (lifetimeMs: number | undefined = 3_600_000): IssuedCredential =>
    credentials.issue({ principal: { kind: 'root', accountId: ACCOUNT }, lifetimeMs });
  const keysOf = ({ accessKeyId, secretAccessKey, sessionToken }: IssuedCredential) => ({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  const options = {
    region: REGION,
    credentials: keysOf(issue()),
    endpoint: `${origin}${PATH}`,
    maxAttempts: 1,
  };
  const sockets: WebSocket[] = [];

  return {
    clock,
    authorizer,
    signaling,
    origin,
    kinesisVideo: new KinesisVideoClient(options),
    /** How long the connections have left, longest first. */
    endsInMs: () => [...pending].map(({ delayMs }) => delayMs).toSorted((a, b) => b - a),
    letTimersGoOff: () => {
      for (const { callback } of pending) callback();
    },
    signalingClient: (endpoint: string) => new KinesisVideoSignalingClient({ ...options, endpoint }),
    issue,
    /** A presigned URL as the KVS WebRTC SDKs make it: everything in the query is signed, the session token too. */
    async presign(
      door: 'master' | 'viewer',
      query: Readonly<Record<string, string>>,
      credential: IssuedCredential = issue(),
    ): Promise<string> {
      const { hostname, port, host } = new URL(origin);
      const signed = await new SignatureV4({
        service: 'kinesisvideo',
        region: REGION,
        sha256: Sha256,
        credentials: keysOf(credential),
      }).presign(
        new HttpRequest({
          method: 'GET',
          protocol: 'ws:',
          hostname,
          port: Number(port),
          path: `${PATH}/${door}`,
          headers: { host },
          query,
        }),
        { expiresIn: 299, signingDate: new Date(clock.nowMs) },
      );
      const pairs = Object.entries(signed.query ?? {}).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      return `ws://${host}${PATH}/${door}?${new URLSearchParams(pairs).toString()}`;
    },
    async connect(url: string): Promise<Connected> {
      const webSocket = new WebSocket(url);
      sockets.push(webSocket);
      const received: string[] = [];
      webSocket.on('message', (data: Buffer) => received.push(data.toString()));
      const ended = new Promise<number>((resolve) => webSocket.once('close', resolve));
      await new Promise<void>((resolve, reject) => {
        webSocket.once('open', resolve);
        webSocket.once('error', reject);
        webSocket.once('unexpected-response', (_request, response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => {
            const code = String(response.headers['x-amzn-errortype']);
            reject(new UpgradeRefused(response.statusCode ?? 0, code, body));
          });
        });
      });
      return {
        webSocket,
        received,
        ended,
        async receives(count) {
          while (received.length < count) await once(webSocket, 'message');
          return received;
        },
      };
    },
    async close() {
      for (const webSocket of sockets) webSocket.terminate();
      await signaling.close();
      await app.close();
      await new Promise<void>((resolve) => {
        app.server.close(() => {
          resolve();
        });
        app.server.closeAllConnections();
      });
    },
  };
}
export type World = Awaited<ReturnType<typeof openWorld>>;
