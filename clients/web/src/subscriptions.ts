import type { IdentityId, SessionId, TopicSpace, UploadId } from '@stepcast/contracts';
import type { Subscription } from './transport.port.ts';

/** AWS IoT takes at most 8 filters in one SUBSCRIBE; it closes the connection over more. */
export const MAX_FILTERS_PER_SUBSCRIBE = 8;
/**
 * Up to here every upload has its two exact topics: with replies and overview 42 subscriptions, where AWS IoT takes 50 a
 * connection. Above, two wildcards serve them all; 46 while both are held. Retained states do not come on wildcards, so
 * catch-up brings them.
 */
export const MAX_EXACT_UPLOADS = 20;

/** Whose topics they are, where they lie, and how surely events come. */
export interface TopicOwner {
  readonly space: TopicSpace;
  readonly identityId: IdentityId;
  readonly eventsQos: 0 | 1;
}

/*
 * Events and snapshots come with QoS 0, which saves the PUBACK that AWS IoT charges for. What is lost is found and fetched: a hole
 * by the next offset, the last message by the state that says more, or by silence. With `eventsQos: 1` the broker repeats events,
 * which spares a catch-up where messages are lost often. Replies come with QoS 1: a broker whose buffer is full drops what
 * has QoS 0, and would drop the end of a long reply again each time that it is asked for.
 */

/** Topics that every session has: its replies, and the overview. */
export function sessionTopics(
  { space, identityId }: TopicOwner,
  session: SessionId,
): { readonly replies: Subscription; readonly overview: Subscription } {
  return {
    replies: { filter: space.build({ kind: 'replies', identityId, session }), qos: 1 },
    overview: { filter: space.build({ kind: 'overview', identityId }), qos: 0 },
  };
}

/** The exact topics of one upload. */
export function uploadTopics(
  { space, identityId, eventsQos }: TopicOwner,
  uploadId: UploadId,
): Subscription[] {
  return [
    { filter: space.build({ kind: 'events', identityId, uploadId }), qos: eventsQos },
    { filter: space.build({ kind: 'state', identityId, uploadId }), qos: 0 },
  ];
}

/** What stands for all uploads of the identity. */
export function wildcardTopics(owner: TopicOwner, anyUpload: UploadId): Subscription[] {
  return uploadTopics(owner, anyUpload).map(({ filter, qos }) => ({
    filter: filter.replace(`/${anyUpload}/`, '/+/'),
    qos,
  }));
}

/** Splits subscriptions into packets that a broker takes. */
export function inPackets(subscriptions: readonly Subscription[]): Subscription[][] {
  const packets: Subscription[][] = [];
  for (let at = 0; at < subscriptions.length; at += MAX_FILTERS_PER_SUBSCRIBE)
    packets.push(subscriptions.slice(at, at + MAX_FILTERS_PER_SUBSCRIBE));
  return packets;
}
