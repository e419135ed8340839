import * as contracts from '@stepcast/contracts';
import * as z from 'zod/mini';
import { publishedId } from '../version.ts';
import { describeSchemas } from './descriptions.ts';
import { mapSchema, SchemaNode, type Definitions } from './schema-node.ts';

/** Lists of words that may grow: a reader has to pass over a word that it does not know, as the contract says of each. */
const OPEN_ENUMS: ReadonlySet<string> = new Set(['ProgressEventKind']);
/** How `z.json()` is published; zod has no name for it. */
const JSON_VALUE = 'JsonValue';

const Converted = z.object({
  schemas: z.record(z.string(), z.looseObject({ $defs: z.optional(z.record(z.string(), z.json())) })),
});

/** Every schema that the contract exports, as JSON Schema by name, with the docstrings as descriptions. */
export function readDefinitions(): Definitions {
  const registry = z.registry<{ id: string }>();
  for (const [name, value] of Object.entries(contracts))
    if (value instanceof z.core.$ZodType) registry.add(value, { id: name });
  // `input`: objects stay open, as readers and the service treat them. Nothing in the contract transforms.
  const converted = z.toJSONSchema(registry, { target: 'draft-2020-12', io: 'input', uri: publishedId });
  const { __shared, ...named } = Converted.parse(converted).schemas;
  const raw = { ...named, [JSON_VALUE]: jsonValueOf(__shared?.$defs ?? {}) };
  const definitions = Object.entries(raw).map(([name, schema]) => {
    const { $schema: _schema, $id: _id, ...rest } = schema;
    return [name, canonical(name, SchemaNode.parse(plain(rest)))] as const;
  });
  return describeSchemas(Object.fromEntries(definitions.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** @throws TypeError when the contract came to share an inline schema other than `z.json()`: that one needs a name */
function jsonValueOf(shared: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [only, ...others] = Object.values(shared);
  if (!contracts.isObject(only) || others.length > 0)
    throw new TypeError('export every schema that two places of the contract share');
  return { description: 'Any JSON value.', ...only };
}

/** Without what says nothing: names of properties are always strings. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!contracts.isObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'propertyNames');
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}

function canonical(name: string, schema: SchemaNode): SchemaNode {
  const named = mapSchema(schema, (node) =>
    node.$ref === undefined ? node : { ...node, $ref: nameOf(node.$ref) },
  );
  return OPEN_ENUMS.has(name) ? { anyOf: [named, { type: 'string' }] } : named;
}

function nameOf(reference: string): string {
  if (reference.startsWith(`${publishedId('__shared')}#`)) return JSON_VALUE;
  return reference.slice(publishedId('').length);
}
