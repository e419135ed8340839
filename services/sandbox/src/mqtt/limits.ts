/** What IoT Core takes and what not: "AWS IoT Core endpoints and quotas", message broker and protocol limits. */
export const IOT_LIMITS = {
  payloadBytes: 128 * 1024,
  /** MQTT 5 packet with header and properties. */
  packetBytes: 146 * 1024,
  topicBytes: 256,
  topicSlashes: 7,
  clientIdBytes: 128,
  filtersPerSubscribe: 8,
  subscriptionsPerConnection: 50,
  keepAliveMinSeconds: 30,
  keepAliveMaxSeconds: 1_200,
  shareNameCharacters: 128,
  publishesPerSecond: 100,
  receiveMaximum: 100,
  topicAliasMaximum: 8,
} as const;

/** MQTT 5 reason codes that this broker gives by itself. */
export const REASON = {
  notAuthorized: 0x87,
  clientIdNotValid: 0x85,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  malformedPacket: 0x81,
  qosNotSupported: 0x9b,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
} as const;

/** A topic filter taken apart: `$share/{group}/{filter}` or just the filter. */
export interface ParsedFilter {
  readonly share: string | undefined;
  /** Without the `$share/…/` in front. */
  readonly filter: string;
}

export type FilterCheck =
  | { readonly ok: true; readonly parsed: ParsedFilter }
  | { readonly ok: false; readonly reasonCode: number; readonly reason: string };

const SHARE = '$share/';

/** Names of `Object.prototype`: the broker library keeps topics and clients in plain objects and trips over them. */
export function isUnsafeName(name: string): boolean {
  return name in Object.prototype;
}

/** No text of MQTT may hold U+0000 (MQTT 5, 1.5.4): what reads it may take it for the end of the name. */
export function hasNull(text: string): boolean {
  return text.includes('\0');
}

/** Whether a topic may be published to; undefined when it may, else what is wrong with it. */
export function topicProblem(topic: string): string | undefined {
  if (hasNull(topic)) return 'topic holds U+0000';
  if (Buffer.byteLength(topic) > IOT_LIMITS.topicBytes)
    return `topic is longer than ${IOT_LIMITS.topicBytes} bytes`;
  if (slashesIn(topic) > IOT_LIMITS.topicSlashes)
    return `topic has more than ${IOT_LIMITS.topicSlashes} slashes`;
  return undefined;
}

/** Whether a filter may be subscribed to, apart from permissions. */
export function checkFilter(text: string): FilterCheck {
  const invalid = (reason: string): FilterCheck => ({
    ok: false,
    reasonCode: REASON.topicFilterInvalid,
    reason,
  });
  let share: string | undefined;
  let filter = text;
  if (text.startsWith(SHARE)) {
    const end = text.indexOf('/', SHARE.length);
    share = text.slice(SHARE.length, end < 0 ? undefined : end);
    if (end < 0 || share === '' || /[+#]/.test(share) || share.length > IOT_LIMITS.shareNameCharacters)
      return invalid('a shared subscription reads $share/{name}/{filter}');
    filter = text.slice(end + 1);
  }
  if (filter === '') return invalid('empty topic filter');
  if (Buffer.byteLength(filter) > IOT_LIMITS.topicBytes)
    return invalid(`topic filter is longer than ${IOT_LIMITS.topicBytes} bytes`);
  if (slashesIn(filter) > IOT_LIMITS.topicSlashes)
    return invalid(`topic filter has more than ${IOT_LIMITS.topicSlashes} slashes`);
  const levels = filter.split('/');
  const wellFormed = levels.every(
    (level, i) => !/[+#]/.test(level) || level === '+' || (level === '#' && i === levels.length - 1),
  );
  if (!wellFormed) return invalid('+ and # stand alone in a level, and # only in the last');
  if (hasNull(text)) return invalid('topic filter holds U+0000');
  if (isUnsafeName(text)) return invalid('this topic filter is not available in the sandbox');
  // $aws/… exists in AWS; here nothing is ever published there, and a refusal is better than silence.
  if (filter.startsWith('$'))
    return { ok: false, reasonCode: REASON.notAuthorized, reason: 'topics that begin with $ are reserved' };
  return { ok: true, parsed: { share, filter } };
}

/**
 * Whether a filter matches a topic by IoT Core's rules: as MQTT says, except that `a/#` does not match `a`.
 * ("Topics", AWS IoT developer guide.)
 */
export function filterMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return levels.length > i;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

export function hasWildcard(filter: string): boolean {
  return /[+#]/.test(filter);
}

/** IoT Core's idea of a keep-alive: 0 and anything over 20 minutes is 20 minutes, under 30 s is 30 s. */
export function keepAliveSeconds(asked: number): number {
  if (asked === 0) return IOT_LIMITS.keepAliveMaxSeconds;
  return Math.min(Math.max(asked, IOT_LIMITS.keepAliveMinSeconds), IOT_LIMITS.keepAliveMaxSeconds);
}

function slashesIn(text: string): number {
  return text.split('/').length - 1;
}
