import { parseJson } from '@stepcast/contracts';
import { createTokenBucket, type TokenBucket } from '@stepcast/kit';
import * as z from 'zod';
import type { Channel } from './channels.ts';

/** AWS: "Viewers per channel", a quota that can be raised. */
export const MAX_VIEWERS = 10;
/** Bounds what a channel keeps for people who never come. */
const MAX_UNDELIVERED = 100;
/** AWS: "SendSdpOffer", "SendSdpAnswer" and "SendIceCandidate", calls per second and connection. */
const RATES = { SDP_OFFER: 5, SDP_ANSWER: 5, ICE_CANDIDATE: 20 } as const;
type Action = keyof typeof RATES;

export const ClientId = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^(?!aws_)[a-z0-9_.-]+$/i,
    'not a client ID: letters, digits, "_", "." and "-", not beginning with AWS_',
  );

const Sent = z.object({
  action: z.enum(['SDP_OFFER', 'SDP_ANSWER', 'ICE_CANDIDATE']),
  recipientClientId: ClientId.optional(),
  /** Base64. */
  messagePayload: z.string().min(1).max(10_000),
  correlationId: z.string().min(1).max(256).optional(),
});
const Correlated = z.object({ correlationId: z.string().min(1).max(256) });

/** One end of the signaling: the master, or a viewer under its client ID. */
export interface Peer {
  /** Undefined for the master. */
  readonly clientId: string | undefined;
  send(text: string): void;
  /** Somebody else has taken its place, or the channel is gone. */
  displace(reason: string): void;
}

interface Undelivered {
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly type: string;
  readonly text: string;
  readonly expiresAtMs: number;
}

/** Brings what viewers and master of one channel tell one another, as the developer guide's "WebSocket endpoint APIs" say. */
export interface Relay {
  /** Whether there is room; a client ID that is connected already takes no more. */
  hasRoomFor(clientId: string | undefined): boolean;
  join(peer: Peer): void;
  leave(peer: Peer): void;
  take(peer: Peer, text: string): void;
  close(): void;
}

export function createRelay(channel: Channel, now: () => number): Relay {
  const peers = new Map<string | undefined, Peer>();
  let undelivered: Undelivered[] = [];
  const rates = new WeakMap<Peer, Map<Action, TokenBucket>>();

  function isTooFast(peer: Peer, action: Action): boolean {
    const ofPeer = rates.get(peer) ?? new Map<Action, TokenBucket>();
    rates.set(peer, ofPeer);
    const rate = RATES[action];
    const bucket =
      ofPeer.get(action) ?? createTokenBucket({ perSecond: rate, capacity: rate }, { nowMs: now });
    ofPeer.set(action, bucket);
    return bucket.take() > 0;
  }

  function deliver(message: Omit<Undelivered, 'expiresAtMs'>): void {
    const recipient = peers.get(message.to);
    if (recipient !== undefined) {
      recipient.send(message.text);
      return;
    }
    const { to, from, type } = message;
    // "If there is an outstanding offer for the same client which is not yet delivered, it is overwritten."
    const stays = (one: Undelivered) =>
      one.expiresAtMs > now() &&
      !(type !== 'ICE_CANDIDATE' && one.to === to && one.from === from && one.type === type);
    const expiresAtMs = now() + channel.messageTtlSeconds * 1_000;
    undelivered = withinBound([...undelivered.filter(stays), { ...message, expiresAtMs }]);
  }

  return {
    hasRoomFor(clientId) {
      const viewers = [...peers.keys()].filter((id) => id !== undefined).length;
      return clientId === undefined || peers.has(clientId) || viewers < MAX_VIEWERS;
    },

    join(peer) {
      const { clientId } = peer;
      // "The most recent request takes precedence", of masters as of viewers with one client ID.
      peers.get(clientId)?.displace('another connection has taken its place');
      peers.set(clientId, peer);
      const waiting = undelivered.filter((one) => one.to === clientId && one.expiresAtMs > now());
      undelivered = undelivered.filter((one) => one.to !== clientId);
      for (const { text } of waiting) peer.send(text);
    },

    leave(peer) {
      if (peers.get(peer.clientId) === peer) peers.delete(peer.clientId);
    },

    take(peer, text) {
      const sent = parseJson(Sent, text);
      // Only the master has to say for whom it is; what a viewer writes there is ignored.
      if (!sent.ok || (peer.clientId === undefined && sent.value.recipientClientId === undefined)) {
        const correlated = parseJson(Correlated, text);
        if (correlated.ok) peer.send(invalidMessage(correlated.value.correlationId));
        return;
      }
      const { action, recipientClientId, messagePayload, correlationId } = sent.value;
      if (isTooFast(peer, action)) {
        if (correlationId !== undefined) peer.send(tooFast(correlationId));
        return;
      }
      deliver({
        to: peer.clientId === undefined ? recipientClientId : undefined,
        from: peer.clientId,
        type: action,
        text: JSON.stringify({ senderClientId: peer.clientId, messageType: action, messagePayload }),
      });
    },

    close() {
      for (const peer of peers.values()) peer.displace('the channel was deleted');
      peers.clear();
      undelivered = [];
    },
  };
}

/** Of the sender with the most, the oldest goes: who sends a lot pushes out what is their own and nobody else's. */
function withinBound(all: readonly Undelivered[]): Undelivered[] {
  if (all.length <= MAX_UNDELIVERED) return [...all];
  const counts = new Map<string | undefined, number>();
  for (const { from } of all) counts.set(from, (counts.get(from) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const at = all.findIndex(({ from }) => counts.get(from) === most);
  return all.toSpliced(at, 1);
}

function statusResponse(correlationId: string, errorType: string, description: string): string {
  return JSON.stringify({
    messageType: 'STATUS_RESPONSE',
    statusResponse: { correlationId, errorType, statusCode: '400', description },
  });
}

const invalidMessage = (correlationId: string) =>
  statusResponse(
    correlationId,
    'InvalidArgumentException',
    'The message needs an action, a payload of 1 to 10000 characters, and from a master the recipient.',
  );

const tooFast = (correlationId: string) =>
  statusResponse(correlationId, 'ClientLimitExceededException', 'The connection sends too many messages.');
