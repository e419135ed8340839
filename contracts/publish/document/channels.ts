import { GUESTS_PATH, PROVISION_PATH, SessionId, topicSpace, type Topic } from '@stepcast/contracts';
import { EXAMPLE_IDENTITY, EXAMPLE_SESSION, EXAMPLE_UPLOAD } from '../examples.ts';
import type { Definitions } from '../schemas/schema-node.ts';
import { LIMITS, limitText } from './limits.ts';
import { rulesText } from './rules.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface MqttChannel {
  readonly topic: Topic;
  readonly message: string;
  readonly title: string;
  readonly description: string;
  /** From the reader's view: it receives what the service sends, and sends what the service receives. */
  readonly action: 'receive' | 'send';
  readonly operation: string;
  readonly retain: boolean;
  /** Default {@link MQTT_SERVERS}. */
  readonly servers?: readonly string[];
}

const identityId = EXAMPLE_IDENTITY;
const uploadId = EXAMPLE_UPLOAD;
/** Differs from the words of a topic, so that it can be replaced by the name of its parameter. */
const session = SessionId.parse(EXAMPLE_SESSION);
export const MQTT_SERVERS = ['iotCoreWebSocket', 'iotCoreMutualTls', 'plainBroker'] as const;
/** Quality of service of everything that is published: at least once. */
const QOS = 1;

/** A kind that is missing here does not compile. */
export const MQTT_CHANNELS: { readonly [Kind in Topic['kind']]: MqttChannel } = {
  events: {
    topic: { kind: 'events', identityId, uploadId },
    message: 'ProgressMessage',
    title: 'Progress of one upload',
    description: rulesText('order', 'duplicates', 'holes', 'epochs', 'unknownFields'),
    action: 'receive',
    operation: 'receiveProgress',
    retain: false,
  },
  state: {
    topic: { kind: 'state', identityId, uploadId },
    message: 'StateMessage',
    title: 'State of one upload',
    description: rulesText('retained', 'epochs'),
    action: 'receive',
    operation: 'receiveState',
    retain: true,
  },
  overview: {
    topic: { kind: 'overview', identityId },
    message: 'OverviewMessage',
    title: 'Newest uploads of an identity',
    description: `At most ${limitText(LIMITS.overviewBytes)}. Of two overviews, the one with the later \`asOf\` is newer.`,
    action: 'receive',
    operation: 'receiveOverview',
    retain: true,
  },
  correlation: {
    topic: { kind: 'correlation', identityId, uploadId },
    message: 'CorrelationMessage',
    title: 'Feed for back offices',
    description: rulesText('feed'),
    action: 'receive',
    operation: 'receiveCorrelation',
    retain: false,
    servers: ['eventBridge', 'plainBroker'],
  },
  requests: {
    topic: { kind: 'requests', identityId, session },
    message: 'CatchUpRequestMessage',
    title: 'Catch-up requests of one session',
    description: `${rulesText('catchUp')} A request names at most ${limitText(LIMITS.catchUpUploads)}. An identity may send ${limitText(LIMITS.catchUpRequestsPerSecond)}, and ${limitText(LIMITS.catchUpBurst)} at once.`,
    action: 'send',
    operation: 'requestCatchUp',
    retain: false,
  },
  replies: {
    topic: { kind: 'replies', identityId, session },
    message: 'CatchUpReplyMessage',
    title: 'Catch-up replies to one session',
    description: 'Subscribe before you send the first request of the session.',
    action: 'receive',
    operation: 'receiveCatchUpReply',
    retain: false,
  },
};

const PARAMETERS = { identityId: 'IdentityId', uploadId: 'UploadId', session: 'SessionId' } as const;
const SAMPLES = { identityId, uploadId, session } as const;
const parameterNames = ['identityId', 'uploadId', 'session'] as const;

const channelReference = (name: string) => ({ $ref: `#/channels/${name}` });
const channelMessage = (channel: string, message: string) => ({
  $ref: `#/channels/${channel}/messages/${message}`,
});
const componentMessage = (message: string) => ({ $ref: `#/components/messages/${message}` });
const serverReference = (server: string) => ({ $ref: `#/servers/${server}` });

/** The topic with `{identityId}` and the like in the place of values. */
export function addressOfTopic(topic: Topic): string {
  const text = topicSpace().build(topic);
  return parameterNames.reduce((address, name) => address.replace(`/${SAMPLES[name]}`, `/{${name}}`), text);
}

function parametersOf(address: string, definitions: Definitions): JsonObject {
  const used = parameterNames.filter((name) => address.includes(`{${name}}`));
  return Object.fromEntries(
    used.map((name) => {
      const { description, pattern } = definitions[PARAMETERS[name]] ?? {};
      return [name, { description, examples: [SAMPLES[name]], 'x-stepcast-pattern': pattern }] as const;
    }),
  );
}

function mqttChannel(
  { topic, message, title, description, servers = MQTT_SERVERS }: MqttChannel,
  definitions: Definitions,
): JsonObject {
  const address = addressOfTopic(topic);
  return {
    address,
    title,
    description,
    servers: servers.map(serverReference),
    parameters: parametersOf(address, definitions),
    messages: { [message]: componentMessage(message) },
  };
}

const httpChannels = {
  provision: {
    address: PROVISION_PATH,
    title: 'Provisioning',
    description:
      'Called once after sign-in, before the first connection: attaches the IoT policy to the identity of the caller.',
    servers: [serverReference('provisioner')],
    messages: Object.fromEntries(
      ['ProvisionRequest', 'ProvisionReply', 'ErrorReply'].map((one) => [one, componentMessage(one)]),
    ),
  },
  guests: {
    address: GUESTS_PATH,
    title: 'What guests can do',
    description: 'Says without sign-in what works for guests and what cannot.',
    servers: [serverReference('provisioner')],
    messages: Object.fromEntries(['GuestAccess', 'ErrorReply'].map((one) => [one, componentMessage(one)])),
  },
};

export function channels(definitions: Definitions): JsonObject {
  const mqtt = Object.entries(MQTT_CHANNELS).map(
    ([kind, one]) => [kind, mqttChannel(one, definitions)] as const,
  );
  return { ...Object.fromEntries(mqtt), ...httpChannels };
}

function mqttOperation(kind: string, { action, title, message, retain }: MqttChannel): JsonObject {
  const { replies } = MQTT_CHANNELS;
  return {
    action,
    title,
    channel: channelReference(kind),
    messages: [channelMessage(kind, message)],
    bindings: { mqtt: { qos: QOS, retain, bindingVersion: '0.2.0' } },
    ...(kind === 'requests'
      ? {
          reply: {
            channel: channelReference('replies'),
            messages: [channelMessage('replies', replies.message)],
          },
        }
      : {}),
  };
}

function httpOperation(
  channel: string,
  method: string,
  request: readonly string[],
  answer: string,
): JsonObject {
  return {
    action: 'send',
    channel: channelReference(channel),
    messages: request.map((one) => channelMessage(channel, one)),
    bindings: { http: { method, bindingVersion: '0.3.0' } },
    reply: {
      channel: channelReference(channel),
      messages: [answer, 'ErrorReply'].map((one) => channelMessage(channel, one)),
    },
  };
}

/** What a reader does: receives what the service sends, and sends what the service answers. */
export function operations(): JsonObject {
  const mqtt = Object.entries(MQTT_CHANNELS).map(
    ([kind, one]) => [one.operation, mqttOperation(kind, one)] as const,
  );
  return {
    ...Object.fromEntries(mqtt),
    provisionIdentity: {
      title: 'Provision the identity of the caller',
      ...httpOperation('provision', 'POST', ['ProvisionRequest'], 'ProvisionReply'),
    },
    readGuestAccess: {
      title: 'Read what guests can do',
      ...httpOperation('guests', 'GET', [], 'GuestAccess'),
    },
  };
}
