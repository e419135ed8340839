import type { IdentityId, SessionId, TopicSpace, UploadId } from '@stepcast/contracts';

/** AWS IoT takes at most 8 filters in one SUBSCRIBE; it closes the connection over more. */
export const MAX_FILTERS_PER_SUBSCRIBE = 8;
/** AWS IoT: subscriptions per connection. */
export const MAX_SUBSCRIPTIONS = 50;
/**
 * Up to here every upload has its two exact topics (with replies and overview 42 subscriptions). Above, two wildcards
 * serve them all; 46 while both are held. Retained states do not come on wildcards, so catch-up brings them.
 */
export const MAX_EXACT_UPLOADS = 20;

/** Whose topics they are, and where they lie. */
export interface TopicOwner {
  readonly space: TopicSpace;
  readonly identityId: IdentityId;
}

/** Topics that every session has: its replies, and the overview. */
export function sessionFilters({ space, identityId }: TopicOwner, session: SessionId) {
  return {
    replies: space.build({ kind: 'replies', identityId, session }),
    overview: space.build({ kind: 'overview', identityId }),
  };
}

/** The exact topics of one upload. */
export function uploadFilters({ space, identityId }: TopicOwner, uploadId: UploadId): string[] {
  return [
    space.build({ kind: 'events', identityId, uploadId }),
    space.build({ kind: 'state', identityId, uploadId }),
  ];
}

/** The filters that stand for all uploads of the identity. */
export function wildcardFilters(owner: TopicOwner, anyUpload: UploadId): string[] {
  return uploadFilters(owner, anyUpload).map((topic) => topic.replace(`/${anyUpload}/`, '/+/'));
}

/** Splits filters into packets that a broker takes. */
export function inPackets(filters: readonly string[]): string[][] {
  const packets: string[][] = [];
  for (let at = 0; at < filters.length; at += MAX_FILTERS_PER_SUBSCRIBE)
    packets.push(filters.slice(at, at + MAX_FILTERS_PER_SUBSCRIBE));
  return packets;
}
