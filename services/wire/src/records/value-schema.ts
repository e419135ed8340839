import * as z from 'zod';

/** What a value is, in the part of JSON Schema (2020-12) that a type of TypeScript can say. */
export interface ValueSchema {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: ValueType | readonly ValueType[] | undefined;
  /** One of these, and nothing else. */
  readonly enum?: readonly (string | number | boolean | null)[] | undefined;
  readonly const?: string | number | boolean | null | undefined;
  readonly anyOf?: readonly ValueSchema[] | undefined;
  /** Of an object. More members than these may be there. */
  readonly properties?: Readonly<Record<string, ValueSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  /** Of an object: every member that `properties` does not name. */
  readonly additionalProperties?: ValueSchema | undefined;
  /** Of a list: each of its items. */
  readonly items?: ValueSchema | undefined;
}

export const VALUE_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

const Type = z.enum(VALUE_TYPES);
const Literal = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const Fields = z.lazy(() =>
  z.strictObject({
    title: z.string().optional(),
    description: z.string().optional(),
    type: z.union([Type, z.array(Type).min(1)]).optional(),
    enum: z.array(Literal).min(1).optional(),
    const: Literal.optional(),
    anyOf: z.array(ValueSchema).min(1).optional(),
    properties: z.record(z.string(), ValueSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: ValueSchema.optional(),
    items: ValueSchema.optional(),
  }),
);

/** Keywords that say nothing of values of other types: where such a type is not asked for, they let everything pass. */
const ONLY_OF = {
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  items: 'array',
} as const;

/**
 * Reads a schema. A keyword that is not among these is refused, as is one without the `type` that it speaks of: it would promise
 * what nobody checks.
 */
export const ValueSchema: z.ZodType<ValueSchema> = Fields.superRefine((schema, context) => {
  for (const keyword of ['properties', 'required', 'additionalProperties', 'items'] as const) {
    const type = ONLY_OF[keyword];
    if (schema[keyword] !== undefined && !typesOf(schema).includes(type))
      context.addIssue({
        code: 'custom',
        path: [keyword],
        message: `says nothing without "type": "${type}"`,
      });
  }
});

/** The types that a schema asks for; none where it asks for none. */
export function typesOf({ type }: ValueSchema): readonly ValueType[] {
  return type === undefined ? [] : typeof type === 'string' ? [type] : type;
}
