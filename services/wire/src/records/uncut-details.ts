import * as z from 'zod/mini';
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

export const compiledUncutDetails = compileSchema(UncutDetails);
