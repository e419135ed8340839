import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timers } from '@stepcast/kit';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import {
  AwsError,
  refuseUpgrade,
  type Authorizer,
  type CredentialStore,
  type RestService,
} from '../core/index.ts';
import { createChannels, type Channel } from './channels.ts';
import { verifyConnect, type VerifiedConnect } from './connect.ts';
import { createControlPlane } from './control-plane.ts';
import { createRelay, type Peer, type Relay } from './relay.ts';

export interface SignalingOptions {
  readonly region: string;
  readonly accountId: string;
  /** Address of the service as clients reach it, for example `http://127.0.0.1:4200/aws/kinesisvideo`. */
  readonly publicUrl: string;
  /** Path of the service on this server, for example `/aws/kinesisvideo`; below it `master` and `viewer` are WebSockets. */
  readonly path: string;
  readonly credentials: CredentialStore;
  readonly authorizer: Authorizer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly timers: Timers;
}

/** WebRTC signaling of Kinesis Video Streams. */
export interface Signaling {
  readonly service: RestService;
  /** Makes a channel, as infrastructure does. Answers its ARN. */
  createChannel(name: string): string;
  /** Decides on a WebSocket below `path` by the presigned URL, then relays. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

/** AWS: "Maximum duration of a signaling connection". */
const MAX_CONNECTION_MS = 3_600_000;
/** What waits for a peer that does not read. One that has so much behind it is no peer any more. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** WebSocket: "going away". */
const GOING_AWAY = 1001;

/**
 * Channels, their control plane and the relay between a master and its viewers. Who may do what is decided by the
 * documents in force, on the ARN of the channel: `ConnectAsMaster` at one door, `ConnectAsViewer` at the other. A
 * connection ends after an hour, as in AWS, and also when the credentials end that opened it.
 */
export function createSignaling(options: SignalingOptions): Signaling {
  const { now } = options;
  const channels = createChannels(options);
  const relays = new Map<Channel, Relay>();
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 });

  function relayOf(channel: Channel): Relay {
    const known = relays.get(channel);
    if (known !== undefined) return known;
    const relay = createRelay(channel, now);
    relays.set(channel, relay);
    return relay;
  }

  function attach(webSocket: WebSocket, peer: Peer, relay: Relay, endsInMs: number): void {
    const callOff = options.timers.after(endsInMs, () => {
      webSocket.close(GOING_AWAY, 'the connection is at its end');
    });
    webSocket.on('message', (data: RawData, binary) => {
      if (!binary) relay.take(peer, textOf(data));
    });
    webSocket.on('error', () => undefined);
    webSocket.once('close', () => {
      callOff();
      relay.leave(peer);
    });
  }

  function connect(verified: VerifiedConnect, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { channel, clientId, expiresAtMs } = verified;
    const relay = relayOf(channel);
    if (!relay.hasRoomFor(clientId))
      throw new AwsError('ClientLimitExceededException', 400, 'The channel has as many viewers as it takes.');
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const peer: Peer = {
        clientId,
        send: (text) => {
          if (webSocket.bufferedAmount > MAX_WAITING_BYTES) webSocket.terminate();
          else webSocket.send(text);
        },
        displace: (reason) => {
          webSocket.close(GOING_AWAY, reason);
        },
      };
      attach(webSocket, peer, relay, Math.max(0, Math.min(MAX_CONNECTION_MS, expiresAtMs - now())));
      relay.join(peer);
    });
  }

  return {
    service: createControlPlane({
      channels,
      publicUrl: options.publicUrl,
      onDelete(channel) {
        relays.get(channel)?.close();
        relays.delete(channel);
      },
    }),
    createChannel: (name) => channels.create(name).arn,
    handleUpgrade(request, socket, head) {
      try {
        connect(verifyConnect(request, channels, options), request, socket, head);
      } catch (thrown) {
        if (!(thrown instanceof AwsError)) throw thrown;
        const code = thrown.code === 'AccessDenied' ? 'AccessDeniedException' : thrown.code;
        refuseUpgrade(socket, thrown.httpStatus, thrown.message, code);
      }
    },
    close() {
      for (const relay of relays.values()) relay.close();
      for (const webSocket of server.clients) webSocket.terminate();
      return Promise.resolve();
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
