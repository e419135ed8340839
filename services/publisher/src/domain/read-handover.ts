import { Handover, parseValue, readJson, type ParseResult } from '@stepcast/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod/mini';

/**
 * The schema of a handover as compiled code, several times as fast as the schema itself. It says yes to nothing that the
 * schema would refuse or change: lengths count UTF-16 units and patterns have no flags, as there; unknown properties,
 * which the schema drops, are a no.
 */
export const isHandover = new Ajv2020({
  unicode: false,
  unicodeRegExp: false,
  // The patterns say all that there is to say of a date.
  validateFormats: false,
  strict: false,
  // It would say that `unicode` is deprecated, for which there is nothing else.
  logger: false,
}).compile<Handover>(
  z.toJSONSchema(Handover, {
    override: ({ zodSchema, jsonSchema }) => {
      // Where any name may stand, the schema drops this one.
      if (zodSchema._zod.def.type === 'record') jsonSchema.propertyNames = { not: { const: '__proto__' } };
    },
  }),
);

/** Reads the body of a message of the progress queue. What the fast check does not take, the schema has the say on. */
export function readHandover(body: string): ParseResult<Handover> {
  const json = readJson(body);
  if (!json.ok) return json;
  return isHandover(json.value) ? { ok: true, value: json.value } : parseValue(Handover, json.value);
}
