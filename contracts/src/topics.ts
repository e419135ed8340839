import { IdentityId, SessionId, UploadId } from './identifiers.ts';

/**
 * Every topic of Stepcast is built and parsed here and nowhere else.
 *
 * | topic | kind |
 * |---|---|
 * | `{ns}/{identityId}/uploads/{uploadId}/events` | progress messages |
 * | `{ns}/{identityId}/uploads/{uploadId}/state` | folded state, retained |
 * | `{ns}/{identityId}/overview` | newest uploads of the identity, retained |
 * | `{ns}/{identityId}/requests/{session}` | client to service: catch-up requests |
 * | `{ns}/{identityId}/replies/{session}` | service to client: catch-up replies |
 * | `{ns}/integration/{identityId}/{uploadId}` | the feed for back offices, which no identity may read |
 */
export type Topic =
  | { readonly kind: 'events' | 'state'; readonly identityId: IdentityId; readonly uploadId: UploadId }
  | { readonly kind: 'correlation'; readonly identityId: IdentityId; readonly uploadId: UploadId }
  | { readonly kind: 'overview'; readonly identityId: IdentityId }
  | { readonly kind: 'requests' | 'replies'; readonly identityId: IdentityId; readonly session: SessionId };

/** Stands where topics of an identity have its ID, which has another shape. */
const INTEGRATION = 'integration';

/** AWS IoT Core: topics and filters have at most 256 bytes of UTF-8 and 7 slashes. */
export const TOPIC_LIMITS = { maxBytes: 256, maxSlashes: 7 } as const;

export const DEFAULT_TOPIC_NAMESPACE = 'stepcast/v1';

const namespacePattern = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,3}$/;
/** Longest suffix: `/` + identity ID (55) + `/uploads/` + upload ID (26) + `/events`. */
const maxNamespaceLength = TOPIC_LIMITS.maxBytes - 98;

/** Thrown for a namespace that could not make legal topics. Not retryable: it is configuration. */
export class TopicNamespaceError extends Error {
  readonly code = 'CONTRACTS_TOPIC_NAMESPACE';
  readonly retryable = false;
  constructor(namespace: string) {
    super(
      `topic namespace ${JSON.stringify(namespace)} is not usable: it must be 1 to 4 levels of A-Z a-z 0-9 _ . - ` +
        `joined by "/", at most ${maxNamespaceLength} characters`,
    );
    this.name = 'TopicNamespaceError';
  }
}

export interface TopicSpace {
  readonly namespace: string;
  build(topic: Topic): string;
  /** The topic that a text names, or `undefined` when it is none of ours. `parse(build(t))` equals `t`. */
  parse(text: string): Topic | undefined;
  /** Every topic of one identity, as the pattern that IAM and IoT policies take (`*` is any run of characters). */
  policyPattern(identityIdOrVariable: string): string;
  /** What an identity may publish to: its own catch-up requests, as a policy pattern. */
  requestPolicyPattern(identityIdOrVariable: string): string;
  /** The filter of the progress messages of one identity's uploads, or of everybody's (`+`). */
  eventsFilter(identity: IdentityId | '+'): string;
  /** The filter on which the service receives every catch-up request. */
  readonly requestFilter: string;
  /** What back offices read, as a policy pattern. No pattern of an identity matches it. */
  readonly integrationPolicyPattern: string;
}

/**
 * The topics under one namespace.
 * @param namespace default `stepcast/v1`
 * @throws TopicNamespaceError when no legal topic could come of it
 */
export function topicSpace(namespace: string = DEFAULT_TOPIC_NAMESPACE): TopicSpace {
  if (!namespacePattern.test(namespace) || namespace.length > maxNamespaceLength)
    throw new TopicNamespaceError(namespace);

  function build(topic: Topic): string {
    const own = `${namespace}/${topic.identityId}`;
    switch (topic.kind) {
      case 'events':
      case 'state':
        return `${own}/uploads/${topic.uploadId}/${topic.kind}`;
      case 'correlation':
        return `${namespace}/${INTEGRATION}/${topic.identityId}/${topic.uploadId}`;
      case 'overview':
        return `${own}/overview`;
      case 'requests':
      case 'replies':
        return `${own}/${topic.kind}/${topic.session}`;
    }
  }

  function parse(text: string): Topic | undefined {
    if (!text.startsWith(`${namespace}/`)) return undefined;
    const levels = text.slice(namespace.length + 1).split('/');
    if (levels[0] === INTEGRATION) return parseCorrelation(levels.slice(1));
    const [identity, area, name, leaf, ...rest] = levels;
    const identityId = IdentityId.safeParse(identity).data;
    if (identityId === undefined || rest.length > 0) return undefined;
    if (area === 'overview' && name === undefined) return { kind: 'overview', identityId };
    if ((area === 'requests' || area === 'replies') && leaf === undefined) {
      const session = SessionId.safeParse(name).data;
      return session === undefined ? undefined : { kind: area, identityId, session };
    }
    if (area === 'uploads' && (leaf === 'events' || leaf === 'state')) {
      const uploadId = UploadId.safeParse(name).data;
      return uploadId === undefined ? undefined : { kind: leaf, identityId, uploadId };
    }
    return undefined;
  }

  function parseCorrelation([identity, upload, ...rest]: readonly string[]): Topic | undefined {
    const identityId = IdentityId.safeParse(identity).data;
    const uploadId = UploadId.safeParse(upload).data;
    if (identityId === undefined || uploadId === undefined || rest.length > 0) return undefined;
    return { kind: 'correlation', identityId, uploadId };
  }

  return {
    namespace,
    build,
    parse,
    policyPattern: (identity) => `${namespace}/${identity}/*`,
    requestPolicyPattern: (identity) => `${namespace}/${identity}/requests/*`,
    eventsFilter: (identity) => `${namespace}/${identity}/uploads/+/events`,
    requestFilter: `${namespace}/+/requests/+`,
    integrationPolicyPattern: `${namespace}/${INTEGRATION}/*`,
  };
}

/** The MQTT client ID of one connection of an identity. The suffix keeps two tabs from evicting each other. */
export function clientIdOf(identityId: IdentityId, session: SessionId): string {
  return `${identityId}-${session}`;
}

/** Which client IDs an identity may connect with, as a policy pattern. Identity IDs of a region all have the same length, so no identity is the prefix of another. */
export function clientIdPolicyPattern(identityIdOrVariable: string): string {
  return `${identityIdOrVariable}*`;
}
