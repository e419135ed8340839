import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ValueSchema } from '@stepcast/wire';
import fc from 'fast-check';
import ts from 'typescript';
import * as z from 'zod';
import { run } from '../../testing/run-cli.ts';
import { resultModule, type ResultPart } from './result.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../../services/sandbox/examples/word-count.asl.json');
const Module = z.object({
  resultOf: z.custom<(state: { result?: unknown }) => unknown>((one) => typeof one === 'function'),
});

/** Zod's own reading of JSON Schema, to compare with. */
const JsonSchema = z.custom<Parameters<typeof z.fromJSONSchema>[0]>((one) => typeof one === 'object');

let folder = '';
let written = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-result-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STRICT: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  types: [],
  skipLibCheck: true,
};
/** Reads each file of the language's own types once. */
const host = ts.createCompilerHost(STRICT);
const read = host.getSourceFile.bind(host);
const library = new Map<string, ReturnType<typeof read>>();
host.getSourceFile = (name, ...rest) => {
  if (!name.includes('/lib.')) return read(name, ...rest);
  const known = library.get(name) ?? read(name, ...rest);
  library.set(name, known);
  return known;
};

/** What the compiler says of files, with everything strict. */
async function compilerErrors(files: Readonly<Record<string, string>>): Promise<string[]> {
  written += 1;
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const path = join(folder, `${written}-${name}`);
      await writeFile(path, text.replaceAll(/from '\.\//g, `from './${written}-`));
      return path;
    }),
  );
  const program = ts.createProgram(paths, STRICT, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

/** The module, running. */
async function load(parts: readonly ResultPart[]) {
  const { outputText } = ts.transpileModule(resultModule(parts), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  // A data: URL, because Vitest would transform a file before it is loaded, which takes most of the time.
  return Module.parse(await import(`data:text/javascript,${encodeURIComponent(outputText)}`)).resultOf;
}

const photo = {
  type: 'object',
  properties: { width: { type: 'integer' }, format: { enum: ['jpeg', 'png'] }, taken: { type: 'string' } },
  required: ['width', 'format'],
} as const;
const parts: readonly ResultPart[] = [
  { name: 'words', schema: { type: 'integer', description: 'How many, of */ all lines.' } },
  { name: 'photo', schema: photo },
  { name: 'labels', schema: { type: 'array', items: { type: ['string', 'null'] } } },
  { name: 'counts', schema: { type: 'object', additionalProperties: { type: 'number' } } },
  { name: 'class' },
];

describe('the result in what stepcast types writes', () => {
  it('has the types that the configuration says, which the compiler holds a page to', async () => {
    const use = (text: string) =>
      `import { resultOf } from './steps.ts';\nconst result = resultOf({});\n${text}\n`;
    const steps = resultModule(parts);
    expect(
      await compilerErrors({
        'steps.ts': steps,
        'page.ts': use(`
          export const words: number | undefined = result.words;
          export const width: number = result.photo === undefined ? 0 : result.photo.width;
          export const format: 'jpeg' | 'png' | undefined = result.photo?.format;
          export const labels: readonly (string | null)[] = result.labels ?? [];
          export const count: number = result.counts?.['one'] ?? 0;
          export const any: unknown = result.class;
          resultOf({ result: null });`),
      }),
    ).toEqual([]);
    const wrong = await compilerErrors({
      'steps.ts': steps,
      'page.ts': use(`
        export const words: string = result.words ?? '';
        export const format: 'gif' | undefined = result.photo?.format;
        export const taken: string = result.photo?.taken;
        export const pages = result.pages;`),
    });
    expect(wrong).toEqual([
      expect.stringContaining("'number' is not assignable to type 'string'"),
      expect.stringContaining('"png"'),
      expect.stringContaining("'string | undefined' is not assignable to type 'string'"),
      expect.stringContaining("'pages' does not exist"),
    ]);
  });

  it('takes the state of a watch and what the hook gives', async () => {
    const packages = join(import.meta.dirname, '../../../../..');
    expect(
      await compilerErrors({
        'steps.ts': resultModule(parts),
        'page.ts': `
          import type { UploadState } from '${packages}/contracts/src/index.ts';
          import { resultOf } from './steps.ts';
          export const ofState = (state: UploadState) => resultOf(state).words;
          export const ofHook = (result: UploadState['result'] | null) => resultOf({ result }).words;`,
      }).then((errors) => errors.filter((one) => !one.includes('import.meta'))),
    ).toEqual([]);
  });

  it('leaves out a part that is not what was said', async () => {
    const resultOf = await load(parts);
    const good = {
      words: 5,
      photo: { width: 1, format: 'png', more: 1 },
      labels: ['a', null],
      counts: { a: 1 },
    };
    expect(resultOf({ result: { ...good, class: false } })).toEqual({ ...good, class: false });
    expect(
      resultOf({
        result: { words: 5.5, photo: { width: 1 }, labels: ['a', 1], counts: { a: '1' }, class: 'x' },
      }),
    ).toEqual({ class: 'x' });
    expect(resultOf({})).toEqual({});
    expect(resultOf({ result: null })).toEqual({});
  });

  it('does not take what every object has for a part', async () => {
    const resultOf = await load([
      { name: 'constructor' },
      { name: 'toString', schema: { type: 'object', required: ['valueOf'] } },
    ]);
    expect(resultOf({ result: { toString: {} } })).toEqual({});
  });

  const anySchema = fc.letrec<{ schema: ValueSchema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: 4 },
      fc.constant({}),
      fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null') }),
      fc.record({ enum: fc.array(fc.constantFrom('a', '"\\', 1, true, null), { minLength: 1 }) }),
      fc.record({ const: fc.constantFrom('a', 1, null) }),
      fc.record({ type: fc.constant(['array', 'string'] as const), items: tie('schema') }),
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      // Zod asks for nothing of `required` that `properties` does not name.
      fc
        .tuple(
          fc.dictionary(fc.constantFrom('a', 'b', '"\n', 'd'), tie('schema')),
          fc.func(fc.boolean()),
          fc.option(tie('schema'), { nil: undefined }),
        )
        .map(([properties, isRequired, additionalProperties]) => ({
          type: 'object' as const,
          properties,
          required: Object.keys(properties).filter((name) => isRequired(name)),
          ...(additionalProperties === undefined ? {} : { additionalProperties }),
        })),
    ),
  })).schema;
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      fc.constantFrom('a', '"\\', 'b', 0, 1, 1.5, true, false, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '"\n', 'c', 'd'), tie('value')),
    ),
  })).value;

  it('checks what JSON Schema checks, for every schema and value', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySchema,
        fc.array(anyValue, { minLength: 1, maxLength: 8 }),
        async (schema, values) => {
          expect(ValueSchema.safeParse(schema).success).toBe(true);
          const resultOf = await load([{ name: 'part', schema }]);
          const valid = z.fromJSONSchema(JsonSchema.parse(schema));
          for (const value of values)
            expect(resultOf({ result: { part: value } })).toEqual(
              valid.safeParse(value).success ? { part: value } : {},
            );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is a module that compiles, for every schema', async () => {
    const schemas = fc.sample(anySchema, 100);
    const files = schemas.map((schema, index): [string, string] => [
      `m${index}.ts`,
      resultModule([{ name: 'part', schema }]),
    ]);
    expect(await compilerErrors(Object.fromEntries(files))).toEqual([]);
  });

  it('refuses a schema that says more than is checked', async () => {
    const path = join(folder, 'projections.json');
    const refused = async (schema: unknown) => {
      await writeFile(path, JSON.stringify([{ name: 'a', on: 'output', expression: 'a', schema }]));
      return run(['types', EXAMPLE, '--projections', path]);
    };
    expect(await refused({ type: 'string', pattern: '^a' })).toMatchObject({
      code: 64,
      err: expect.stringContaining('pattern'),
    });
    expect(await refused({ items: { type: 'string' } })).toMatchObject({
      code: 64,
      err: expect.stringContaining('says nothing without "type": "array"'),
    });
    expect(await refused({ type: 'integer' })).toMatchObject({
      code: 0,
      out: expect.stringContaining('readonly "a"?: number;'),
    });
  });
});
