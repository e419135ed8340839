import * as z from 'zod/mini';
import { isObject, parseValue, type ParseResult } from '../json.ts';
import { isText, usualFields } from './usual-fields.ts';

const Text = z.optional(z.nullable(z.string()));
const Count = z.optional(
  z.nullable(z.union([z.number(), z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number))])),
);
const Presence = z.optional(z.nullable(z.object({ truncated: z.optional(z.nullable(z.boolean())) })));

/** The fields that are looked at, in any of the 62 types. Everything else stays behind unread. */
export const UncutDetails = z.object({
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

const isPresence = (value: unknown) => isObject(value) && typeof value.truncated === 'boolean';

const usual = new Map(
  Object.entries({
    ...usualFields,
    inputDetails: isPresence,
    output: isText,
    outputDetails: isPresence,
  } satisfies Record<keyof UncutDetails, (value: unknown) => boolean>),
);

/** Whether the schema would take every field that is looked at, and leave it as it is. */
function isUsual(value: unknown): value is UncutDetails {
  if (!isObject(value)) return false;
  for (const key of Object.keys(value)) if (usual.get(key)?.(value[key]) === false) return false;
  return true;
}

/**
 * What `parseValue(UncutDetails, …)` says, except that fields nobody looks at may still be there. Every record comes
 * through here, so the usual ones are recognised by hand, several times faster than by the schema; the schema judges
 * the others, and says what is wrong with them.
 */
export function parseUncutDetails(value: unknown): ParseResult<UncutDetails> {
  return isUsual(value) ? { ok: true, value } : parseValue(UncutDetails, value);
}
