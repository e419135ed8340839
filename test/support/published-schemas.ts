import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, readJson } from '@stepcast/contracts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const FOLDER = join(import.meta.dirname, '../../contracts/published/v1/schemas');

/** A validator for each CloudEvents `type` that has a published JSON Schema. */
export async function publishedSchemas(): Promise<ReadonlyMap<string, ValidateFunction>> {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  const validators = new Map<string, ValidateFunction>();
  for (const name of await readdir(FOLDER)) {
    const schema = readJson(await readFile(join(FOLDER, name), 'utf8'));
    if (!schema.ok || !isObject(schema.value)) throw new TypeError(`${name} is no schema`);
    const { properties } = schema.value;
    const type = isObject(properties) && isObject(properties.type) ? properties.type.const : undefined;
    if (typeof type === 'string') validators.set(type, ajv.compile(schema.value));
  }
  return validators;
}

/**
 * What is wrong with messages as a client prints them, `topic {json}` on each line.
 * @returns the types of the messages, each once, and a line for each problem
 */
export async function checkPrinted(
  text: string,
): Promise<{ readonly types: readonly string[]; readonly problems: readonly string[] }> {
  const validators = await publishedSchemas();
  const types = new Set<string>();
  const problems: string[] = [];
  for (const line of text.trim().split('\n')) {
    const message = readJson(line.slice(line.indexOf(' ') + 1));
    const type = message.ok && isObject(message.value) ? message.value.type : undefined;
    const validate = typeof type === 'string' ? validators.get(type) : undefined;
    if (!message.ok || validate === undefined)
      problems.push(`no message of the contract: ${line.slice(0, 200)}`);
    else if (!validate(message.value)) problems.push(JSON.stringify(validate.errors));
    if (typeof type === 'string') types.add(type);
  }
  return { types: [...types].sort(), problems };
}
