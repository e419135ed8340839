import { publishedId } from '../version.ts';
import { closureOf, type Definitions, mapSchema, type SchemaNode } from './schema-node.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON Schema (2020-12) of one message, with all that it refers to inside. */
export function messageSchema(definitions: Definitions, message: string): JsonObject {
  const local = (node: SchemaNode): SchemaNode =>
    node.$ref === undefined ? node : { ...node, $ref: `#/$defs/${node.$ref}` };
  const [, ...others] = closureOf(definitions, message);
  const named = others.sort().map((name) => [name, mapSchema(definitions[name] ?? {}, local)] as const);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: publishedId(`schemas/${message}.json`),
    title: message,
    ...mapSchema(definitions[message] ?? {}, local),
    ...(named.length === 0 ? {} : { $defs: Object.fromEntries(named) }),
  };
}
