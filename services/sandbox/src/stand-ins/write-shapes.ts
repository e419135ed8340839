import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { SHAPES_FILE } from './shapes-file.ts';

/**
 * Writes the file of output shapes from API models: `npm run stand-ins:write -- DIR`, where DIR has the models of version 2 of
 * the AWS SDK for JavaScript (`apis/*.min.json` of the package `aws-sdk`, Apache-2.0). Needed only when services change.
 */

interface Shape {
  readonly shape?: string | undefined;
  readonly type?: string | undefined;
  readonly union?: boolean | undefined;
  readonly members?: Readonly<Record<string, Shape>> | undefined;
  readonly member?: Shape | undefined;
  readonly value?: Shape | undefined;
}
const Shape: z.ZodType<Shape> = z.lazy(() =>
  z.looseObject({
    shape: z.string().optional(),
    type: z.string().optional(),
    union: z.boolean().optional(),
    members: z.record(z.string(), Shape).optional(),
    member: Shape.optional(),
    value: Shape.optional(),
  }),
);
const Model = z.looseObject({
  metadata: z.looseObject({ serviceId: z.string() }),
  operations: z.record(z.string(), z.looseObject({ output: Shape.optional() })),
  shapes: z.record(z.string(), Shape).optional(),
});

/** Longest text of one operation; deeper members are left out until it fits. */
const maxLength = 1_200;
const maxDepth = 6;
const scalars: Readonly<Record<string, string>> = {
  integer: 'i',
  long: 'i',
  float: 'n',
  double: 'n',
  boolean: 'b',
  timestamp: 't',
  blob: 'x',
};

function textOf(shape: Shape, shapes: Readonly<Record<string, Shape>>, depth: number): string {
  const target = shape.shape === undefined ? shape : (shapes[shape.shape] ?? {});
  switch (target.type) {
    case 'structure': {
      if (depth === 0) return '{}';
      const all = Object.entries(target.members ?? {});
      const members = target.union === true ? all.slice(0, 1) : all;
      return `{${members.map(([name, one]) => `${name}:${textOf(one, shapes, depth - 1)}`).join(',')}}`;
    }
    case 'list':
      return `[${textOf(target.member ?? {}, shapes, depth)}]`;
    case 'map':
      return `<${textOf(target.value ?? {}, shapes, depth)}>`;
    default:
      return scalars[target.type ?? ''] ?? 's';
  }
}

function shortestOf(shape: Shape, shapes: Readonly<Record<string, Shape>>): string {
  for (let depth = maxDepth; depth > 1; depth -= 1) {
    const text = textOf(shape, shapes, depth);
    if (text.length <= maxLength) return text;
  }
  return textOf(shape, shapes, 1);
}

async function main(directory: string): Promise<void> {
  const newest = new Map<string, string>();
  const lines: string[] = [];
  const files = (await readdir(directory)).filter((name) => name.endsWith('.min.json')).sort();
  for (const file of files) newest.set(file.replace(/-\d{4}-\d\d-\d\d\.min\.json$/, ''), file);
  for (const file of newest.values()) {
    const model = parseJson(Model, await readFile(join(directory, file), 'utf8'));
    if (!model.ok) continue;
    const service = model.value.metadata.serviceId.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    for (const [operation, { output }] of Object.entries(model.value.operations))
      if (output !== undefined)
        lines.push(`${service} ${operation} ${shortestOf(output, model.value.shapes ?? {})}`);
  }
  const text = `${lines.sort().join('\n')}\n`;
  const body = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  await writeFile(SHAPES_FILE, body);
  process.stdout.write(`${lines.length} operations, ${text.length} characters, ${body.length} bytes\n`);
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new TypeError('the folder with the API models is missing');
await main(directory);
