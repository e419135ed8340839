import {
  clientIdOf,
  clientIdPolicyPattern,
  DEFAULT_TOPIC_NAMESPACE,
  IdentityId,
  MAX_OVERVIEW_BYTES,
  MESSAGE_TYPES,
  SessionId,
  TOPIC_LIMITS,
  topicSpace,
  UploadId,
  type Topic,
} from '@stepcast/contracts';
import { code, GENERATED, table } from './markdown.ts';

const identityId = IdentityId.parse('us-east-1:00000000-0000-0000-0000-000000000000');
const uploadId = UploadId.parse('a'.repeat(26));
const session = SessionId.parse('session');

interface Described {
  readonly topic: Topic;
  readonly from: string;
  readonly type: string;
  readonly retained: boolean;
  readonly meaning: string;
}

/** A kind that is missing here does not compile. */
const TOPICS: { readonly [K in Topic['kind']]: Described } = {
  events: {
    topic: { kind: 'events', identityId, uploadId },
    from: 'publisher',
    type: MESSAGE_TYPES.progress,
    retained: false,
    meaning: 'Progress events of one upload, with their offsets.',
  },
  state: {
    topic: { kind: 'state', identityId, uploadId },
    from: 'publisher',
    type: MESSAGE_TYPES.state,
    retained: true,
    meaning: 'The folded state of one upload.',
  },
  correlation: {
    topic: { kind: 'correlation', identityId, uploadId },
    from: 'correlator, through EventBridge',
    type: MESSAGE_TYPES.correlation,
    retained: false,
    meaning: 'The feed for back offices, in the sandbox only; in AWS it is an event bus.',
  },
  overview: {
    topic: { kind: 'overview', identityId },
    from: 'publisher',
    type: MESSAGE_TYPES.overview,
    retained: true,
    meaning: `The newest uploads of the identity, at most ${MAX_OVERVIEW_BYTES.toLocaleString('en')} bytes.`,
  },
  requests: {
    topic: { kind: 'requests', identityId, session },
    from: 'client',
    type: MESSAGE_TYPES.catchUpRequest,
    retained: false,
    meaning: 'A client asks for what it missed.',
  },
  replies: {
    topic: { kind: 'replies', identityId, session },
    from: 'publisher',
    type: MESSAGE_TYPES.catchUpReply,
    retained: false,
    meaning: 'The answer to one session, in pages.',
  },
};

function pattern(text: string): string {
  return text
    .replace(DEFAULT_TOPIC_NAMESPACE, '{namespace}')
    .replace(identityId, '{identityId}')
    .replace(uploadId, '{uploadId}')
    .replace(session, '{session}');
}

/** Every topic, who sends on it, the type of its messages, and the patterns of policies. */
export function topicsDocument(): string {
  const space = topicSpace();
  const rows = Object.values(TOPICS).map(({ topic, from, type, retained, meaning }) => [
    code(pattern(space.build(topic))),
    from,
    code(type),
    retained ? 'yes' : 'no',
    meaning,
  ]);
  const patterns = [
    ['topics of an identity', space.policyPattern(identityId)],
    ['topics that an identity may publish to', space.requestPolicyPattern(identityId)],
    ['topics of the feed for back offices', space.integrationPolicyPattern],
    ['filter on which the publisher receives requests', space.requestFilter],
    ['client ID of a connection', clientIdOf(identityId, session)],
    ['client IDs of an identity', clientIdPolicyPattern(identityId)],
  ].map(([what = '', text = '']) => [what, code(pattern(text))]);
  return `${GENERATED}

# Topics

The namespace is ${code(DEFAULT_TOPIC_NAMESPACE)} unless ${code('STEPCAST_TOPIC_NAMESPACE')} says otherwise. Every message is a CloudEvent in JSON, whose
${code('type')} is in the table. A topic has at most ${TOPIC_LIMITS.maxBytes} bytes and ${TOPIC_LIMITS.maxSlashes} slashes, as AWS IoT Core requires.

${table(['topic', 'sent by', 'type of the messages', 'retained', 'meaning'], rows)}

## Patterns

In policies ${code('*')} is any run of characters; in MQTT filters ${code('+')} is one level.

${table(['what', 'pattern'], patterns)}
`;
}
