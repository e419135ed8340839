/** What a reader has to do beyond reading one message. Each is a sentence or two, without a number that code has. */
export const RULES = {
  order:
    'Messages of one upload arrive in the order of their offsets. `offset` counts 1, 2, 3… within an epoch, without holes; a progress message carries consecutive ones from `firstOffset` to `lastOffset`.',
  duplicates:
    'Delivery is at least once. A reader drops every event whose `offset` is not greater than the last one it has of that epoch; the same `id` means the same message.',
  holes:
    'If `firstOffset` is greater than the last offset plus one, the reader is missing events. It asks for them with a catch-up request from its last position.',
  epochs:
    'An epoch is one version of the uploaded object. Of two epochs of an upload, the one with the later `epochStartedAt` is newer; at the same millisecond, the one whose `epoch` is greater as text by UTF-16 units. A reader starts over with a newer epoch and drops messages of older ones.',
  catchUp:
    'Subscribe first, then request. Merge reply and live messages by epoch and offset. Pages of a reply are numbered from 1, and the last one has `last: true`. An item `events` may begin before the position. After `discontinuity` the reader begins from `state`.',
  retained:
    'A retained state is a snapshot and may be older than the last event. Take it only if its position is ahead of your own. An empty retained message says that there is nothing.',
  feed: 'The feed is off unless a deployment names an event bus for it. In Amazon EventBridge, `source` is `stepcast`, `detail-type` is the type of the message, and `detail` is the message; the channel’s address is its topic in the sandbox. Delivery is at least once and in no certain order: the same `id` means the same message, and of two messages of an upload the one with the later position is newer.',
  unknownFields:
    'Ignore fields that you do not know. Skip events whose `kind` you do not know; their offsets count.',
  uploadId:
    '`uploadId` is the first 26 characters of the lower-case base32 (RFC 4648, no padding) of SHA-256 over `bucket + "\\n" + key` in UTF-8, with the key as it is in S3, decoded.',
} as const;

export type RuleName = keyof typeof RULES;

/** Some rules as one text. */
export function rulesText(...names: readonly RuleName[]): string {
  return names.map((name) => RULES[name]).join(' ');
}
