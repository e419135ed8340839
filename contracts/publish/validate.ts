import { Parser } from '@asyncapi/parser';
import { isObject } from '@stepcast/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Example } from './examples.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** What the parser of AsyncAPI says of a document, one line each: errors, warnings and hints alike. None is what we publish. */
export async function documentProblems(document: JsonObject): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics.map(({ message, path }) => `asyncapi.json: ${path.join('/')}: ${message}`);
}

/** Checks every example against the schema of its message, formats included; and that every message has one. */
export function exampleProblems(
  schemas: ReadonlyMap<string, JsonObject>,
  examples: readonly Example[],
): string[] {
  const problems: string[] = [];
  for (const [message, schema] of schemas) {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(schema);
    const own = examples.filter((one) => one.schema === message);
    if (own.length === 0) problems.push(`${message}: no example`);
    for (const { name, value } of own)
      if (!validate(value)) problems.push(`${message}: example ${name}: ${ajv.errorsText(validate.errors)}`);
  }
  return problems;
}

/** Named schemas that nothing describes. */
export function undescribed(schemas: JsonObject): string[] {
  return Object.entries(schemas)
    .filter(([, schema]) => isObject(schema) && schema['description'] === undefined)
    .map(([name]) => `${name}: the schema has no docstring`);
}
