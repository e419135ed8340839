import {
  CreateSignalingChannelCommand,
  DeleteSignalingChannelCommand,
  DescribeSignalingChannelCommand,
  GetSignalingChannelEndpointCommand,
  type KinesisVideoClient,
} from '@aws-sdk/client-kinesis-video';
import {
  GetIceServerConfigCommand,
  type KinesisVideoSignalingClient,
} from '@aws-sdk/client-kinesis-video-signaling';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseJson } from '@stepcast/contracts';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { letThrough } from './s3.ts';
import type { Actor, Attempt, Deed, Scene } from './table.ts';
import type { Keys } from '../../support/person.ts';

/** Somebody's way to signaling channels: stock clients for the calls, a presigned WebSocket for the connection. */
export interface SignalingHands {
  readonly kinesisVideo: KinesisVideoClient;
  readonly signaling: KinesisVideoSignalingClient;
  /** Resolves with the open connection; rejects with `UpgradeRefused`. */
  connectTo(channelArn: string, clientId: string | undefined): Promise<WebSocket>;
}

/** What a connection was refused with. */
export class UpgradeRefused extends Error {
  readonly status: number | undefined;
  constructor(status: number | undefined, message: string) {
    super(message);
    this.status = status;
  }
}

/** Opens the WebSocket of a master (without client ID) or a viewer, signed as the KVS WebRTC SDKs sign. */
export async function connectSignaling(
  base: string,
  region: string,
  keys: Keys,
  channelArn: string,
  clientId: string | undefined,
): Promise<WebSocket> {
  const { hostname, port, host, pathname } = new URL(base);
  const path = `${pathname}/${clientId === undefined ? 'master' : 'viewer'}`;
  const { sessionToken, ...lasting } = keys;
  const signer = new SignatureV4({
    service: 'kinesisvideo',
    region,
    sha256: Sha256,
    credentials: { ...lasting, ...(sessionToken === '' ? {} : { sessionToken }) },
  });
  const query = {
    'X-Amz-ChannelARN': channelArn,
    ...(clientId === undefined ? {} : { 'X-Amz-ClientId': clientId }),
  };
  const signed = await signer.presign(
    new HttpRequest({
      method: 'GET',
      protocol: 'ws:',
      hostname,
      port: Number(port),
      path,
      headers: { host },
      query,
    }),
    { expiresIn: 299 },
  );
  const pairs = Object.entries(signed.query ?? {}).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const webSocket = new WebSocket(`ws://${host}${path}?${new URLSearchParams(pairs).toString()}`);
  return new Promise((resolve, reject) => {
    webSocket.once('open', () => {
      resolve(webSocket);
    });
    webSocket.once('error', reject);
    webSocket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        reject(new UpgradeRefused(response.statusCode, Buffer.concat(chunks).toString()));
      });
    });
  });
}

const channelNames = ({ name }: Actor) => ({
  /** Fits the pattern of the documents. */
  session: `session-${name}`,
  /** Does not. */
  elsewhere: `elsewhere-${name}`,
  doomed: `session-${name}-doomed`,
});

/** The channels on which an actor tries what it may. One set each, because masters displace one another. */
export async function openChannels(
  { kinesisVideo }: Pick<SignalingHands, 'kinesisVideo'>,
  everybody: readonly Actor[],
): Promise<ReadonlyMap<string, string>> {
  const names = everybody.flatMap((actor) => Object.values(channelNames(actor)));
  return new Map(
    await Promise.all(
      names.map(async (ChannelName): Promise<[string, string]> => {
        const { ChannelARN = '' } = await kinesisVideo
          .send(new CreateSignalingChannelCommand({ ChannelName }))
          .catch(async () => {
            const { ChannelInfo } = await kinesisVideo.send(
              new DescribeSignalingChannelCommand({ ChannelName }),
            );
            return ChannelInfo ?? {};
          });
        return [ChannelName, ChannelARN];
      }),
    ),
  );
}

/** Who may do what, written down by hand. */
const PARTS: Readonly<Record<Actor['signalingPart'], readonly string[]>> = {
  speaker: ['viewer', 'master'],
  listener: ['viewer'],
  none: [],
};

/** Every call of signaling on a channel that the roles are for, and on one that they are not for. */
export function attemptsOnChannels(scene: Scene, actor: Actor): readonly Attempt[] {
  const { session, elsewhere, doomed } = channelNames(actor);
  const may = PARTS[actor.signalingPart];
  const attempt = (
    channel: string,
    call: Extract<Deed, { kind: 'signaling' }>['call'],
    action: string,
    part: string,
  ): Attempt => {
    const arn = scene.channels.get(channel) ?? '';
    return {
      id: `kinesisvideo:${action} on ${channel === elsewhere ? 'a channel of something else' : 'a session'}`,
      questions: [{ action: `kinesisvideo:${action}`, resource: arn, context: {} }],
      deed: { kind: 'signaling', call, channel: arn },
      expected: channel !== elsewhere && may.includes(part),
    };
  };
  const evaluated = (action: string): Attempt => ({
    ...attempt(session, 'describe', action, 'nobody'),
    id: `kinesisvideo:${action} (evaluated only)`,
    deed: { kind: 'none' },
  });
  return [
    ...[session, elsewhere].flatMap((channel) => [
      attempt(channel, 'describe', 'DescribeSignalingChannel', 'viewer'),
      attempt(channel, 'endpoint', 'GetSignalingChannelEndpoint', 'viewer'),
      attempt(channel, 'ice', 'GetIceServerConfig', 'viewer'),
      attempt(channel, 'viewer', 'ConnectAsViewer', 'viewer'),
      attempt(channel, 'master', 'ConnectAsMaster', 'master'),
    ]),
    attempt(session, 'create', 'CreateSignalingChannel', 'nobody'),
    attempt(doomed, 'delete', 'DeleteSignalingChannel', 'nobody'),
    evaluated('UpdateSignalingChannel'),
    evaluated('JoinStorageSession'),
    evaluated('SendAlexaOfferToMaster'),
  ];
}

/** Whether a deed of signaling was let through; of a connection, whether a message came through it to the other end. */
export async function driveSignaling(
  operator: SignalingHands,
  actor: SignalingHands,
  { call, channel: ChannelARN }: Extract<Deed, { kind: 'signaling' }>,
): Promise<boolean> {
  const { kinesisVideo, signaling } = actor;
  switch (call) {
    case 'describe':
      return letThrough(() => kinesisVideo.send(new DescribeSignalingChannelCommand({ ChannelARN })));
    case 'endpoint':
      return letThrough(() =>
        kinesisVideo.send(
          new GetSignalingChannelEndpointCommand({
            ChannelARN,
            SingleMasterChannelEndpointConfiguration: { Protocols: ['WSS', 'HTTPS'], Role: 'VIEWER' },
          }),
        ),
      );
    case 'ice':
      return letThrough(() => signaling.send(new GetIceServerConfigCommand({ ChannelARN })));
    case 'create':
      return letThrough(() =>
        kinesisVideo.send(
          new CreateSignalingChannelCommand({ ChannelName: `${ChannelARN.split('/')[1] ?? ''}-made` }),
        ),
      );
    case 'delete':
      return letThrough(() => kinesisVideo.send(new DeleteSignalingChannelCommand({ ChannelARN })));
    case 'viewer':
    case 'master':
      return heardThrough(operator, actor, ChannelARN, call);
  }
}

const PROBE = 'cHJvYmU=';
const Message = z.object({ messagePayload: z.string() });

/** Connects, and sends the operator at the other end a message (as viewer) or receives one from him (as master). */
async function heardThrough(
  operator: SignalingHands,
  actor: SignalingHands,
  channelArn: string,
  role: 'viewer' | 'master',
): Promise<boolean> {
  const far = await operator.connectTo(channelArn, role === 'viewer' ? undefined : 'operator');
  try {
    const near = await actor.connectTo(channelArn, role === 'viewer' ? 'matrix' : undefined);
    const [from, to] = role === 'viewer' ? [near, far] : [far, near];
    const heard = new Promise<string>((resolve) => {
      to.once('message', (data: Buffer) => {
        resolve(data.toString());
      });
    });
    from.send(JSON.stringify({ action: 'SDP_OFFER', messagePayload: PROBE }));
    const message = parseJson(Message, await heard);
    near.terminate();
    return message.ok && message.value.messagePayload === PROBE;
  } catch (thrown) {
    if (thrown instanceof UpgradeRefused && thrown.status === 403) return false;
    throw thrown;
  } finally {
    far.terminate();
  }
}
