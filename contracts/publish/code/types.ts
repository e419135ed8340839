import { closureOf, type Definitions, type SchemaNode } from '../schemas/schema-node.ts';

const HEADER = '// Written by `npm run contracts:publish`. Do not edit.';

/** TypeScript types of some schemas and of all that they refer to, with the descriptions as docstrings. */
export function typesModule(definitions: Definitions, names: readonly string[]): string {
  const used = [...new Set(names.flatMap((name) => closureOf(definitions, name)))].sort();
  const declarations = used.map((name) => declaration(name, definitions[name] ?? {}));
  return [HEADER, ...declarations].join('\n\n');
}

function declaration(name: string, schema: SchemaNode): string {
  const body =
    schema.properties === undefined
      ? `type ${name} = ${typeOf(schema)};`
      : `interface ${name} ${typeOf(schema)}`;
  return `${docstring(schema)}export ${body}`;
}

function docstring({ description }: SchemaNode): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '*\\/')} */\n`;
}

/** @throws TypeError for a schema that has no type of TypeScript */
export function typeOf(schema: SchemaNode): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (schema.$ref !== undefined) return schema.$ref;
  if (alternatives !== undefined) return unionOf(alternatives);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
      return 'number';
    case 'array':
      return schema.items === undefined ? 'unknown[]' : `(${typeOf(schema.items)})[]`;
    case 'object':
      return objectType(schema);
    default:
      throw new TypeError(`no type for ${JSON.stringify(schema)}`);
  }
}

function unionOf(alternatives: readonly SchemaNode[]): string {
  const isOpen = alternatives.some(({ enum: words }) => words !== undefined);
  // `string` beside its own words would swallow them; an editor still offers these.
  return alternatives
    .map((one) => (isOpen && one.type === 'string' && one.enum === undefined ? '(string & {})' : typeOf(one)))
    .join(' | ');
}

function objectType({ properties, required = [], additionalProperties }: SchemaNode): string {
  if (properties === undefined)
    return `{ [name: string]: ${additionalProperties === undefined ? 'unknown' : typeOf(additionalProperties)} }`;
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${docstring(schema)}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  return `{\n${fields.join('\n')}\n}`;
}
