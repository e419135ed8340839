import { CLOUDEVENTS_CONTENT_TYPE, DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import type { Example } from '../examples.ts';
import { closureOf, type Definitions, mapSchema, type SchemaNode } from '../schemas/schema-node.ts';
import { CONTRACT_VERSION, publishedId } from '../version.ts';
import { channels, MQTT_CHANNELS, operations } from './channels.ts';
import { LIMITS } from './limits.ts';
import { RULES } from './rules.ts';
import { SECURITY_SCHEMES, SERVERS } from './servers.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const MQTT_MESSAGES = Object.values(MQTT_CHANNELS).map(({ message }) => message);
const HTTP_MESSAGES = ['ProvisionRequest', 'ProvisionReply', 'GuestAccess', 'ErrorReply'];
/** Every message that has a schema file, a type and a validator of its own. */
export const MESSAGES: readonly string[] = [...MQTT_MESSAGES, ...HTTP_MESSAGES];
const HTTP_CONTENT_TYPE = 'application/json';

/** Messages that may bring a trace context. In MQTT 5, headers are user properties. */
const TRACED = ['ProgressMessage'];
const TRACE_HEADERS = {
  type: 'object',
  properties: {
    traceparent: {
      type: 'string',
      pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-01$',
      description:
        'W3C Trace Context of the span that published the message, as a user property of MQTT 5. Absent where the deployment traces nothing or not this upload, and for readers that connect with MQTT 3.1.1.',
    },
  },
};

/** `ProgressMessage` as `Progress message`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.replace('Catch up', 'Catch-up');
}

function message(name: string, definitions: Definitions, examples: readonly Example[]): JsonObject {
  const isMqtt = MQTT_MESSAGES.includes(name);
  const contentType = isMqtt ? CLOUDEVENTS_CONTENT_TYPE : HTTP_CONTENT_TYPE;
  const mqtt = { payloadFormatIndicator: 1, contentType, bindingVersion: '0.2.0' };
  return {
    name,
    title: titleOf(name),
    // Plain text, unlike a description.
    summary: definitions[name]?.description?.replaceAll('`', ''),
    contentType,
    ...(TRACED.includes(name) ? { headers: TRACE_HEADERS } : {}),
    payload: { $ref: `#/components/schemas/${name}` },
    ...(isMqtt ? { bindings: { mqtt } } : {}),
    examples: examples
      .filter(({ schema }) => schema === name)
      .map(({ name: example, summary, value }) => ({ name: example, summary, payload: value })),
  };
}

/** The schemas as the document holds them: a reference with a text of its own is wrapped, as draft 7 wants it. */
function documentSchemas(definitions: Definitions): JsonObject {
  const reference = (node: SchemaNode): SchemaNode => {
    if (node.$ref === undefined) return node;
    const { $ref, ...beside } = node;
    const absolute = { $ref: `#/components/schemas/${$ref}` };
    return Object.keys(beside).length === 0 ? absolute : { ...beside, allOf: [absolute] };
  };
  const used = new Set(MESSAGES.flatMap((name) => closureOf(definitions, name)));
  return Object.fromEntries(
    Object.entries(definitions)
      .filter(([name]) => used.has(name))
      .map(([name, schema]) => [name, mapSchema(schema, reference)]),
  );
}

/** The AsyncAPI 3 document of the contract. */
export function asyncApiDocument(definitions: Definitions, examples: readonly Example[]): JsonObject {
  const messages = MESSAGES.map((name) => [name, message(name, definitions, examples)] as const);
  return {
    asyncapi: '3.1.0',
    id: publishedId('asyncapi.json'),
    info: {
      title: 'Stepcast',
      version: CONTRACT_VERSION,
      description: `Live progress of workflows that an upload started, for the one user who uploaded. Operations are from the view of a reader. Topics begin with \`${DEFAULT_TOPIC_NAMESPACE}\` unless a deployment has set another namespace of one to four levels.`,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: [{ name: 'progress' }, { name: 'catch-up' }, { name: 'provisioning' }],
    },
    defaultContentType: CLOUDEVENTS_CONTENT_TYPE,
    servers: SERVERS,
    channels: channels(definitions),
    operations: operations(),
    components: {
      messages: Object.fromEntries(messages),
      schemas: documentSchemas(definitions),
      securitySchemes: SECURITY_SCHEMES,
    },
    'x-stepcast-namespace': DEFAULT_TOPIC_NAMESPACE,
    'x-stepcast-limits': LIMITS,
    'x-stepcast-rules': RULES,
  };
}
