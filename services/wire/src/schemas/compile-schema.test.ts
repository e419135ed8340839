import { describe, expect, it } from 'vitest';
import { parseJson, parseValue } from '@stepcast/contracts';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { compileSchema } from './compile-schema.ts';

const digits = z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number));
const narrow = z.object({ a: z.string() });
const wide = z.object({ a: z.string(), b: z.string() });

/** Everything that makes a schema say more than its JSON Schema, alone and inside of something else. */
const schemas = {
  transform: digits,
  'transform in a property': z.object({ a: z.optional(z.nullable(digits)) }),
  'transform behind an exact option': z.union([z.number(), digits]),
  'transform before an exact option': z.union([digits, z.string()]),
  'transform in a list': z.array(digits),
  'objects of which the first strips what the second declares': z.union([narrow, wide]),
  'lists of which the first strips what the second declares': z.union([z.array(narrow), z.array(wide)]),
  'discriminated union': z.discriminatedUnion('a', [
    z.object({ a: z.literal('x'), b: z.optional(z.number()) }),
    z.object({ a: z.literal('3'), b: z.string() }),
  ]),
  refinement: z.string().check(z.refine((text) => text !== 'x')),
  'overwriting check': z.string().check(z.trim()),
  'pattern with flags': z.string().check(z.regex(/^x$/i)),
  'format without a pattern': z.url(),
  'format with a pattern': z.iso.datetime(),
  default: z.object({ a: z._default(z.string(), 'x') }),
  'loose object': z.looseObject({ a: z.optional(z.string()) }),
  'strict object': z.strictObject({ a: z.optional(z.string()) }),
  'object that strips': z.object({ a: z.optional(z.string()) }),
  'record of anything': z.record(z.string(), z.json()),
  'record with patterned names': z.record(z.string().check(z.regex(/^[ab]$/)), z.unknown()),
  number: z.number(),
  integer: z.number().check(z.int(), z.gte(1)),
  length: z.string().check(z.minLength(1), z.maxLength(2)),
  json: z.json(),
  custom: z.custom<string>((value) => value === 'x'),
  caught: z.catch(z.string(), 'x'),
  brand: z.string().check(z.maxLength(1)).brand('Short'),
} as const satisfies Record<string, z.core.$ZodType>;

const leaf = fc.constantFrom<unknown>(
  ...['', 'x', 'X', ' x', '3', '12', '😀', '9'.repeat(16), 'https://example.com', '2026-11-03T10:15:00.000Z'],
  ...[0, 1, -1, 1.5, 2 ** 53, null, true],
);
const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: leaf },
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe.each(Object.entries<z.core.$ZodType>(schemas))('a compiled schema with %s', (_name, schema) => {
  const compiled = compileSchema(schema);

  it('says what the schema says, in the same words', () => {
    fc.assert(
      fc.property(value, (candidate) => {
        expect(compiled.parse(candidate)).toEqual(parseValue(schema, candidate));
        const text = JSON.stringify(candidate);
        expect(compiled.parseText(text)).toEqual(parseJson(schema, text));
      }),
    );
  });
});

describe('a compiled schema', () => {
  const compiled = compileSchema(
    z.object({ count: z.union([z.number(), digits]), more: z.optional(z.looseObject({})) }),
  );

  it('accepts by itself what the schema leaves as it is', () => {
    expect(compiled.accepts({ count: 3, more: { any: 1 } })).toBe(true);
  });

  it('leaves to the schema what that transforms, strips or refuses', () => {
    expect(compiled.accepts({ count: '3' })).toBe(false);
    expect(compiled.parse({ count: '3', other: 1 })).toEqual({ ok: true, value: { count: 3 } });
    expect(compiled.parse({ count: 'x' })).toMatchObject({ ok: false, issues: [{ path: '$.count' }] });
  });

  it('refuses numbers that JSON can write and nobody can count with', () => {
    expect(compiled.parseText('{"count":1e999}')).toMatchObject({ ok: false });
  });

  it('says of what is no JSON that it is none', () => {
    expect(compiled.parseText('{')).toEqual({ ok: false, issues: [{ path: '$', problem: 'not JSON' }] });
  });
});
