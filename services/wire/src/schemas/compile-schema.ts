import { parseValue, readJson, type ParseResult } from '@stepcast/contracts';
import { _, Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod/mini';
import { LACKS_PROTO, restrictToExact } from './exact-json-schema.ts';

/** A zod schema with a compiled check before it, several times as fast as the schema itself. */
export interface CompiledSchema<T> {
  /**
   * The compiled check alone: true only for a JSON value that the schema accepts and leaves as it is. False says
   * nothing: the schema may still accept the value, and change it.
   */
  accepts(value: unknown): value is T;
  /** What `parseValue(schema, value)` says. A value that the compiled check accepts is returned itself, not a copy. */
  parse(value: unknown): ParseResult<T>;
  /** What `parseJson(schema, text)` says. */
  parseText(text: string): ParseResult<T>;
}

/** Made at the first use: infrastructure and tools import names from this package and never check a value. */
let compiler: Ajv2020 | undefined;

function createCompiler(): Ajv2020 {
  const ajv = new Ajv2020({
    // As in zod: lengths count UTF-16 units, and patterns have no flags.
    unicode: false,
    unicodeRegExp: false,
    // JSON can write numbers that become Infinity.
    strictNumbers: true,
    // The patterns say all that there is to say of a format; `restrictToExact` leaves no other format in.
    validateFormats: false,
    strict: false,
    // It would say that `unicode` is deprecated, for which there is nothing else.
    logger: false,
  });
  ajv.addKeyword({
    keyword: LACKS_PROTO,
    type: 'object',
    schemaType: 'boolean',
    code(context) {
      context.fail(_`Object.hasOwn(${context.data}, "__proto__")`);
    },
  });
  return ajv;
}

function compile<T>(schema: z.core.$ZodType<T>): (value: unknown) => value is T {
  compiler ??= createCompiler();
  return compiler.compile<T>(
    z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', override: restrictToExact }),
  );
}

/**
 * Compiles the JSON Schema of a zod schema into a check that accepts fast. What it rejects is parsed by zod, which says
 * what is wrong and where. The two always agree: what JSON Schema cannot say (transforms, refinements, formats without
 * a pattern), and unknown properties, which zod strips, go to zod. For a schema whose values should pass the compiled
 * check with properties that nobody reads, use a loose object.
 *
 * The check is compiled at the first use.
 */
export function compileSchema<T>(schema: z.core.$ZodType<T>): CompiledSchema<T> {
  let check: ((value: unknown) => value is T) | undefined;
  const accepts = (value: unknown): value is T => {
    check ??= compile(schema);
    return check(value);
  };
  const parse = (value: unknown): ParseResult<T> =>
    accepts(value) ? { ok: true, value } : parseValue(schema, value);
  return {
    accepts,
    parse,
    parseText(text) {
      const json = readJson(text);
      return json.ok ? parse(json.value) : json;
    },
  };
}
