import { isObject, parseValue } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { mapSchema, SchemaNode, type Definitions } from '../schemas/schema-node.ts';
import type { Direction } from './change.ts';

const Reference = z.object({ $ref: z.string() });
const Operation = z.looseObject({
  action: z.enum(['send', 'receive']),
  messages: z.optional(z.array(Reference)),
  reply: z.optional(z.looseObject({ messages: z.optional(z.array(Reference)) })),
});
const Limit = z.object({
  value: z.number(),
  unit: z.string(),
  binds: z.enum(['sent', 'received', 'both']),
  description: z.string(),
});

/** A published document as far as versions are compared. */
export const ContractDocument = z.looseObject({
  info: z.looseObject({ version: z.string().check(z.regex(/^\d+\.\d+\.\d+$/)) }),
  operations: z.record(z.string(), Operation),
  components: z.looseObject({ schemas: z.record(z.string(), SchemaNode) }),
  'x-stepcast-limits': z.record(z.string(), Limit),
});
export type ContractDocument = z.infer<typeof ContractDocument>;

/** @throws TypeError when a value is no document of ours */
export function readDocument(value: unknown): ContractDocument {
  const result = parseValue(ContractDocument, value);
  if (result.ok) return result.value;
  const [first] = result.issues;
  throw new TypeError(`not a document of this contract: ${first?.path ?? ''} ${first?.problem ?? ''}`);
}

const PREFIX = '#/components/schemas/';

/** The schemas of a document, referring to one another by bare names. */
export function definitionsOf(document: ContractDocument): Definitions {
  const bare = (node: SchemaNode): SchemaNode =>
    node.$ref === undefined ? node : { ...node, $ref: node.$ref.slice(PREFIX.length) };
  const { schemas } = document.components;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, mapSchema(schema, bare)]));
}

/** Who sends each message, as the operations say. One that both send is in both lists. */
export function messagesByDirection(
  document: ContractDocument,
): Readonly<Record<Direction, readonly string[]>> {
  const found = { sent: new Set<string>(), received: new Set<string>() };
  const add = (direction: Direction, references: readonly z.infer<typeof Reference>[] = []) => {
    for (const { $ref } of references) found[direction].add($ref.slice($ref.lastIndexOf('/') + 1));
  };
  for (const { action, messages, reply } of Object.values(document.operations)) {
    // Operations are from the reader's view: what it receives, the service sends.
    add(action === 'receive' ? 'sent' : 'received', messages);
    add('sent', reply?.messages);
  }
  return { sent: [...found.sent].sort(), received: [...found.received].sort() };
}

/**
 * The document with the references of its channels and servers replaced by what they refer to. Those into the schemas stay:
 * schemas are compared by their direction, which a comparison of documents does not know. Those of operations stay too, as
 * what they name is compared where it stands.
 */
export function dereferenced(document: ContractDocument): unknown {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (!isObject(value)) return value;
    const { $ref } = value;
    if (typeof $ref === 'string' && !$ref.startsWith(PREFIX)) return resolve(at(document, $ref));
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };
  const { components: _components, operations, ...rest } = document;
  const entries = Object.entries(rest).filter(([key]) => !key.startsWith('x-'));
  return { ...Object.fromEntries(entries.map(([key, value]) => [key, resolve(value)])), operations };
}

function at(document: ContractDocument, pointer: string): unknown {
  let value: unknown = document;
  for (const key of pointer.slice(2).split('/')) value = isObject(value) ? value[key] : undefined;
  if (value === undefined) throw new RangeError(`nothing is at ${pointer}`);
  return value;
}
