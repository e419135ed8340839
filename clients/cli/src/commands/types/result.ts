import type { ValueSchema } from '@stepcast/wire';
import { checkText, typeText } from './value-type.ts';

/** A part of the result: the name of a projection, and what comes out of it where the configuration says so. */
export interface ResultPart {
  readonly name: string;
  readonly schema?: ValueSchema | undefined;
}

/** The part of a TypeScript module that says what is in the result of an upload. @param parts in the order of the projections */
export function resultModule(parts: readonly ResultPart[]): string {
  const names = parts.map(({ name }) => JSON.stringify(name));
  const checks = parts.map(({ name, schema = {} }) => {
    const check = checkText(schema, 'value');
    const type = typeText(schema);
    const body = check === 'true' ? 'value !== undefined' : check;
    const result = type === 'unknown' ? 'boolean' : `value is ${type}`;
    return `  ${JSON.stringify(name)}: (value: unknown): ${result} => ${body},`;
  });
  const body = checks.join('\n');
  return [
    '/** What the projections of the configuration let through, by name. */',
    'export const RESULT_NAMES = [',
    ...names.map((name) => `  ${name},`),
    '] as const;',
    '',
    '/** The name of a part of the result. */',
    'export type ResultName = (typeof RESULT_NAMES)[number];',
    '',
    '/** The result of an upload. Each part is there once its step has ended. */',
    'export interface Result {',
    ...parts.flatMap(({ name, schema = {} }) => [
      ...comment(schema.description),
      `  readonly ${JSON.stringify(name)}?: ${typeText(schema)};`,
    ]),
    '}',
    '',
    '/** Whether a value is what the configuration says of this part. */',
    'const CHECKS = {',
    ...checks,
    '};',
    '',
    '/**',
    ' * The result of a state, of a watch or of a hook. A part that is not what the configuration says is left out: the deployed',
    ' * workflow, or the one that made an older upload, may be another.',
    ' */',
    'export function resultOf(state: { readonly result?: Readonly<Record<string, unknown>> | null | undefined }): Result {',
    '  const found = state.result ?? {};',
    ...names.map((name, index) => `  const part${index} = memberOf(found, ${name});`),
    '  return {',
    ...names.map((name, index) => `    ...(CHECKS[${name}](part${index}) ? { ${name}: part${index} } : {}),`),
    '  };',
    '}',
    '',
    ...HELPERS.filter(({ name }) => name === 'memberOf' || body.includes(`${name}(`)).flatMap(
      ({ text }) => text,
    ),
  ].join('\n');
}

/** Functions that the checks call; each is there where it is called. An object's own members alone count: all have a `constructor`. */
const HELPERS = [
  {
    name: 'isObject',
    text: [
      'function isObject(value: unknown): boolean {',
      "  return typeof value === 'object' && value !== null && !Array.isArray(value);",
      '}',
      '',
    ],
  },
  {
    name: 'isListOf',
    text: [
      'function isListOf(value: unknown, check: (item: unknown) => boolean): boolean {',
      '  return Array.isArray(value) && value.every(check);',
      '}',
      '',
    ],
  },
  {
    name: 'othersAre',
    text: [
      'function othersAre(value: unknown, known: readonly string[], check: (member: unknown) => boolean): boolean {',
      "  if (typeof value !== 'object' || value === null) return false;",
      '  return Object.entries(value).every(([name, member]) => known.includes(name) || check(member));',
      '}',
      '',
    ],
  },
  {
    name: 'memberOf',
    text: [
      'function memberOf(value: unknown, name: string): unknown {',
      "  return typeof value === 'object' && value !== null",
      '    ? Object.getOwnPropertyDescriptor(value, name)?.value',
      '    : undefined;',
      '}',
      '',
    ],
  },
];

/** The words of the configuration, which must not end the comment. */
function comment(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return [`  /** ${JSON.stringify(text).slice(1, -1).replaceAll('*/', '* /')} */`];
}
