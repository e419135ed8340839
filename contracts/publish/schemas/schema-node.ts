import * as z from 'zod/mini';

/**
 * JSON Schema as far as the contract uses it. Whatever else appears in a schema fails to parse, so that the comparison of
 * versions never passes over a keyword that it does not understand.
 */
export interface SchemaNode {
  $ref?: string | undefined;
  description?: string | undefined;
  type?: string | undefined;
  const?: string | number | boolean | null | undefined;
  enum?: (string | number)[] | undefined;
  pattern?: string | undefined;
  format?: string | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  exclusiveMinimum?: number | undefined;
  minItems?: number | undefined;
  maxItems?: number | undefined;
  items?: SchemaNode | undefined;
  properties?: Record<string, SchemaNode> | undefined;
  required?: string[] | undefined;
  additionalProperties?: SchemaNode | undefined;
  anyOf?: SchemaNode[] | undefined;
  oneOf?: SchemaNode[] | undefined;
  allOf?: SchemaNode[] | undefined;
}

const number = z.optional(z.number());
const text = z.optional(z.string());

export const SchemaNode: z.ZodMiniType<SchemaNode> = z.strictObject({
  $ref: text,
  description: text,
  type: text,
  const: z.optional(z.union([z.string(), z.number(), z.boolean(), z.null()])),
  enum: z.optional(z.array(z.union([z.string(), z.number()]))),
  pattern: text,
  format: text,
  minLength: number,
  maxLength: number,
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  minItems: number,
  maxItems: number,
  get items() {
    return z.optional(SchemaNode);
  },
  get properties() {
    return z.optional(z.record(z.string(), SchemaNode));
  },
  required: z.optional(z.array(z.string())),
  get additionalProperties() {
    return z.optional(SchemaNode);
  },
  get anyOf() {
    return z.optional(z.array(SchemaNode));
  },
  get oneOf() {
    return z.optional(z.array(SchemaNode));
  },
  get allOf() {
    return z.optional(z.array(SchemaNode));
  },
});

/** Schemas by name. A `$ref` inside of them is the bare name of another one. */
export type Definitions = Readonly<Record<string, SchemaNode>>;

/** The same schema with every schema below it replaced, innermost first. */
export function mapSchema(node: SchemaNode, change: (node: SchemaNode) => SchemaNode): SchemaNode {
  const inner = (one: SchemaNode) => mapSchema(one, change);
  const { items, properties, additionalProperties, anyOf, oneOf, allOf, ...rest } = node;
  return change({
    ...rest,
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)])),
        }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: inner(additionalProperties) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(inner) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(inner) }),
    ...(allOf === undefined ? {} : { allOf: allOf.map(inner) }),
  });
}

/** Names that a schema refers to, directly and through others, in the order of first use; `name` itself is first. */
export function closureOf(definitions: Definitions, name: string): string[] {
  const found = new Set<string>();
  const visit = (next: string) => {
    const node = definitions[next];
    if (node === undefined) throw new RangeError(`no schema is named ${next}`);
    if (found.has(next)) return;
    found.add(next);
    mapSchema(node, (one) => {
      if (one.$ref !== undefined) visit(one.$ref);
      return one;
    });
  };
  visit(name);
  return [...found];
}
