import { typesOf, type ValueSchema, type ValueType } from '@stepcast/wire';

/** The type of TypeScript that a schema describes. */
export function typeText(schema: ValueSchema): string {
  const own = ownTypeText(schema);
  const { anyOf } = schema;
  if (anyOf === undefined) return own;
  const alternatives = union(anyOf.map(typeText));
  return own === 'unknown' ? alternatives : `(${own}) & (${alternatives})`;
}

function ownTypeText(schema: ValueSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((one) => JSON.stringify(one)));
  const types = typesOf(schema);
  return types.length === 0 ? 'unknown' : union(types.map((type) => textOfType(type, schema)));
}

function textOfType(type: ValueType, schema: ValueSchema): string {
  switch (type) {
    case 'integer':
      return 'number';
    case 'array':
      return schema.items === undefined ? 'readonly unknown[]' : `ReadonlyArray<${typeText(schema.items)}>`;
    case 'object':
      return objectText(schema);
    default:
      return type;
  }
}

function objectText({ properties = {}, required = [], additionalProperties }: ValueSchema): string {
  const names = namesOf({ properties, required });
  const members = names.map((name) => {
    const text = typeText(properties[name] ?? {});
    return `readonly ${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${text}`;
  });
  if (additionalProperties !== undefined) {
    const values = names.map((name) => typeText(properties[name] ?? {}));
    const optional = names.some((name) => !required.includes(name)) ? ['undefined'] : [];
    members.push(
      `readonly [name: string]: ${union([typeText(additionalProperties), ...values, ...optional])}`,
    );
  }
  return members.length === 0 ? 'Readonly<Record<string, unknown>>' : `{ ${members.join('; ')} }`;
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  if (different.includes('unknown')) return 'unknown';
  return different
    .map((text) => (/[&|]/.test(text) && different.length > 1 ? `(${text})` : text))
    .join(' | ');
}

/** Every member that a schema speaks of: one may be required of which it says nothing else. */
function namesOf({ properties = {}, required = [] }: ValueSchema): readonly string[] {
  return [...new Set([...Object.keys(properties), ...required])];
}

/**
 * An expression that is true where a value, as JSON has it, is what the schema describes.
 * @param value an expression for the value: a name, or a call without side effects
 */
export function checkText(schema: ValueSchema, value: string, depth = 0): string {
  const checks: string[] = [];
  const types = typesOf(schema);
  if (types.length > 0) checks.push(any(types.map((type) => checkOfType(type, schema, value, depth))));
  if (schema.enum !== undefined)
    checks.push(any(schema.enum.map((one) => `${value} === ${JSON.stringify(one)}`)));
  if (schema.const !== undefined) checks.push(`${value} === ${JSON.stringify(schema.const)}`);
  if (schema.anyOf !== undefined) checks.push(any(schema.anyOf.map((one) => checkText(one, value, depth))));
  return checks.filter((check) => check !== 'true').join(' && ') || 'true';
}

function checkOfType(type: ValueType, schema: ValueSchema, value: string, depth: number): string {
  switch (type) {
    case 'integer':
      return `Number.isInteger(${value})`;
    case 'null':
      return `${value} === null`;
    case 'array': {
      const item = `item${depth}`;
      const inside = schema.items === undefined ? 'true' : checkText(schema.items, item, depth + 1);
      return inside === 'true' ? `Array.isArray(${value})` : `isListOf(${value}, (${item}) => ${inside})`;
    }
    case 'object':
      return [`isObject(${value})`, ...membersText(schema, value, depth)].join(' && ');
    default:
      return `typeof ${value} === '${type}'`;
  }
}

function membersText(schema: ValueSchema, value: string, depth: number): readonly string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const names = namesOf(schema);
  const checks = names.flatMap((name) => {
    const member = `memberOf(${value}, ${JSON.stringify(name)})`;
    const check = checkText(properties[name] ?? {}, member, depth + 1);
    if (required.includes(name)) return [check === 'true' ? `${member} !== undefined` : `(${check})`];
    return check === 'true' ? [] : [`(${member} === undefined || (${check}))`];
  });
  if (additionalProperties === undefined) return checks;
  const one = `member${depth}`;
  const rest = checkText(additionalProperties, one, depth + 1);
  const known = names.map((name) => JSON.stringify(name)).join(', ');
  return rest === 'true' ? checks : [...checks, `othersAre(${value}, [${known}], (${one}) => ${rest})`];
}

function any(checks: readonly string[]): string {
  if (checks.includes('true')) return 'true';
  return checks.length === 1 ? (checks[0] ?? 'true') : `(${checks.map((one) => `(${one})`).join(' || ')})`;
}
