import * as z from 'zod/mini';
import { isObject } from '@stepcast/contracts';
import { compileSchema } from '../schemas/compile-schema.ts';

const Text = z.optional(z.nullable(z.string()));
const Count = z.optional(
  z.nullable(z.union([z.number(), z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number))])),
);
const Presence = z.optional(z.nullable(z.looseObject({ truncated: z.optional(z.nullable(z.boolean())) })));

/** The fields that are read, in any of the 62 types. Details have many others, which `cutRecord` leaves behind. */
export const UncutDetails = z.looseObject({
  name: Text,
  index: Count,
  length: Count,
  resourceType: Text,
  resource: Text,
  error: Text,
  cause: Text,
  mapRunArn: Text,
  redriveCount: Count,
  state: Text,
  input: Text,
  inputDetails: Presence,
  output: Text,
  outputDetails: Presence,
});
export type UncutDetails = z.infer<typeof UncutDetails>;

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/**
 * Details of nearly every record: texts, and no number. The compiled check goes through all properties, this one knows
 * which are read: 1.3 → 0.8 µs an event in a profile, for the log record and its details together.
 */
function isUsual(value: unknown): value is UncutDetails {
  return (
    isObject(value) &&
    isText(value.name) &&
    isText(value.input) &&
    isText(value.output) &&
    isText(value.resourceType) &&
    isText(value.resource) &&
    isText(value.error) &&
    isText(value.cause) &&
    isText(value.mapRunArn) &&
    isText(value.state) &&
    value.index === undefined &&
    value.length === undefined &&
    value.redriveCount === undefined &&
    isPresence(value.inputDetails) &&
    isPresence(value.outputDetails) &&
    !Object.hasOwn(value, '__proto__')
  );
}

function isPresence(value: unknown): boolean {
  return (
    value === undefined ||
    (isObject(value) && typeof value.truncated === 'boolean' && !Object.hasOwn(value, '__proto__'))
  );
}

export const compiledUncutDetails = compileSchema(UncutDetails, isUsual);
