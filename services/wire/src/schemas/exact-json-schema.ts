import type * as z from 'zod/mini';

type ZodNode = z.core.$ZodTypes;
type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * A keyword of ours: an object has no property of its own with the name `__proto__`, which zod drops where any name may stand.
 * `propertyNames` could say it, but goes through all properties.
 */
export const LACKS_PROTO = 'lacksProto';

/** Types that pass a value on as it is, or not at all, and that JSON Schema can say. */
const exactTypes = new Set<string>([
  'any',
  'array',
  'boolean',
  'default',
  'enum',
  'lazy',
  'literal',
  'never',
  'null',
  'nullable',
  'number',
  'object',
  'optional',
  'record',
  'string',
  'union',
  'unknown',
] satisfies ZodNode['_zod']['def']['type'][]);

/** Checks that JSON Schema can say; `string_format` only with a pattern. */
const exactChecks = new Set([
  'greater_than',
  'length_equals',
  'less_than',
  'max_length',
  'min_length',
  'number_format',
  'string_format',
]);

const primitives = new Set<string>(['boolean', 'enum', 'literal', 'null', 'number', 'string']);

/** JSON Schema has no flags. `g` and `y` would make the check remember where it was. */
function hasPlainPattern(def: object): boolean {
  return 'pattern' in def && def.pattern instanceof RegExp && def.pattern.flags === '';
}

function isExactCheck(def: { readonly check: string }): boolean {
  return exactChecks.has(def.check) && (def.check !== 'string_format' || hasPlainPattern(def));
}

/** Whether JSON Schema says of a type, apart from what is inside of it, exactly what zod does. */
function isExact({ _zod: { def } }: z.core.$ZodType): boolean {
  if (!exactTypes.has(def.type)) return false;
  // A format such as `z.iso.datetime()` is a type and its own check.
  if ('check' in def && typeof def.check === 'string' && !isExactCheck({ ...def, check: def.check }))
    return false;
  return (def.checks ?? []).every(({ _zod }) => isExactCheck(_zod.def));
}

/** Options of which zod takes the first that fits are no options in JSON Schema behind one that may change the value. */
function exactOptions(options: readonly z.core.$ZodType[]): number {
  const seen = new Set<string>();
  for (const [index, option] of options.entries()) {
    const { type } = option._zod.def;
    if (!isExact(option)) return index;
    if (primitives.has(type)) continue;
    const shape = type === 'record' ? 'object' : type;
    // Two objects or two arrays: the first may strip what the second declares.
    if ((shape !== 'object' && shape !== 'array') || seen.has(shape)) return index;
    seen.add(shape);
  }
  return options.length;
}

function becomeNothing(jsonSchema: JsonSchema): void {
  for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
  jsonSchema.not = {};
}

/**
 * An `override` of `z.toJSONSchema` that leaves in the JSON Schema only what zod accepts and does not change. Whatever
 * cannot be said exactly accepts nothing.
 */
export function restrictToExact({
  zodSchema,
  jsonSchema,
}: {
  readonly zodSchema: ZodNode;
  readonly jsonSchema: JsonSchema;
}): void {
  const { def } = zodSchema._zod;
  if (!isExact(zodSchema)) {
    becomeNothing(jsonSchema);
    return;
  }
  const isOpen = def.type === 'record' || (def.type === 'object' && def.catchall !== undefined);
  if (isOpen) jsonSchema[LACKS_PROTO] = true;
  if (def.type === 'union' && !('discriminator' in def)) {
    const exact = exactOptions(def.options);
    if (exact === 0) becomeNothing(jsonSchema);
    else if (jsonSchema.anyOf !== undefined) jsonSchema.anyOf = jsonSchema.anyOf.slice(0, exact);
  }
}
