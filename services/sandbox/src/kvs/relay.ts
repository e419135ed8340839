import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Channel } from './channels.ts';

/** AWS: "Viewers per channel", a quota that can be raised. */
export const MAX_VIEWERS = 10;
/** Bounds what a channel keeps for people who never come. */
const MAX_KEPT = 100;

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

interface Kept {
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
  let kept: Kept[] = [];

  function deliver(message: Omit<Kept, 'expiresAtMs'>): void {
    const recipient = peers.get(message.to);
    if (recipient !== undefined) {
      recipient.send(message.text);
      return;
    }
    const { to, from, type } = message;
    // "If there is an outstanding offer for the same client which is not yet delivered, it is overwritten."
    const stays = (one: Kept) =>
      one.expiresAtMs > now() &&
      !(type !== 'ICE_CANDIDATE' && one.to === to && one.from === from && one.type === type);
    const expiresAtMs = now() + channel.messageTtlSeconds * 1_000;
    kept = [...kept.filter(stays), { ...message, expiresAtMs }].slice(-MAX_KEPT);
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
      const waiting = kept.filter((one) => one.to === clientId && one.expiresAtMs > now());
      kept = kept.filter((one) => one.to !== clientId);
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
        if (correlated.ok) peer.send(refusal(correlated.value.correlationId));
        return;
      }
      const { action, recipientClientId, messagePayload } = sent.value;
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
      kept = [];
    },
  };
}

function refusal(correlationId: string): string {
  return JSON.stringify({
    messageType: 'STATUS_RESPONSE',
    statusResponse: {
      correlationId,
      errorType: 'InvalidArgumentException',
      statusCode: '400',
      description:
        'The message needs an action, a payload of 1 to 10000 characters, and from a master the recipient.',
    },
  });
}
