import { describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { SchemaNode } from '../schemas/schema-node.ts';
import type { Direction } from './change.ts';
import { compareSchemas } from './schema-diff.ts';

function kinds(direction: Direction, before: SchemaNode, after: SchemaNode) {
  return compareSchemas('M', direction, { M: before }, { M: after }).map(({ kind }) => kind);
}

const text: SchemaNode = { type: 'string' };
const object = (properties: Record<string, SchemaNode>, ...required: string[]): SchemaNode => ({
  type: 'object',
  properties,
  required,
});
const words = (...list: string[]): SchemaNode => ({ type: 'string', enum: list });
const open = (...list: string[]): SchemaNode => ({ anyOf: [words(...list), text] });
const nullable = (node: SchemaNode): SchemaNode => ({ anyOf: [node, { type: 'null' }] });
const tagged = (...tags: string[]): SchemaNode => ({
  oneOf: tags.map((tag) => object({ kind: { type: 'string', const: tag } }, 'kind')),
});

type Case = readonly [what: string, before: SchemaNode, after: SchemaNode, sent: string, received: string];

const cases: readonly Case[] = [
  ['an optional field is added', object({}), object({ a: text }), 'harmless', 'harmless'],
  ['a required field is added', object({}), object({ a: text }, 'a'), 'harmless', 'breaking'],
  ['an optional field is removed', object({ a: text }), object({}), 'breaking', 'breaking'],
  ['a required field is removed', object({ a: text }, 'a'), object({}), 'breaking', 'breaking'],
  ['a field becomes required', object({ a: text }), object({ a: text }, 'a'), 'harmless', 'breaking'],
  ['a field becomes optional', object({ a: text }, 'a'), object({ a: text }), 'breaking', 'harmless'],
  ['a value is added', words('x'), words('x', 'y'), 'breaking', 'harmless'],
  ['a value is removed', words('x', 'y'), words('x'), 'breaking', 'breaking'],
  ['a value is added to an open list', open('x'), open('x', 'y'), 'harmless', 'harmless'],
  ['a value of an open list is removed', open('x', 'y'), open('x'), 'breaking', 'breaking'],
  ['a list is opened', words('x'), open('x'), 'breaking', 'harmless'],
  ['null is allowed', text, nullable(text), 'breaking', 'harmless'],
  ['null is no longer allowed', nullable(text), text, 'harmless', 'breaking'],
  ['an alternative is added', tagged('a'), tagged('a', 'b'), 'breaking', 'harmless'],
  ['an alternative is removed', tagged('a', 'b'), tagged('a'), 'breaking', 'breaking'],
  ['number becomes integer', { type: 'number' }, { type: 'integer' }, 'harmless', 'breaking'],
  ['integer becomes number', { type: 'integer' }, { type: 'number' }, 'breaking', 'harmless'],
  ['another type', text, { type: 'boolean' }, 'breaking', 'breaking'],
  ['a longer text', { ...text, maxLength: 1 }, { ...text, maxLength: 2 }, 'breaking', 'harmless'],
  ['a shorter text', { ...text, maxLength: 2 }, { ...text, maxLength: 1 }, 'harmless', 'breaking'],
  ['a higher minimum', { ...text, minLength: 1 }, { ...text, minLength: 2 }, 'harmless', 'breaking'],
  ['no minimum any more', { ...text, minLength: 1 }, text, 'breaking', 'harmless'],
  ['another pattern', { ...text, pattern: 'a' }, { ...text, pattern: 'b' }, 'breaking', 'breaking'],
];

describe('the comparison of two schemas', () => {
  it.each(cases)('judges by direction when %s', (_what, before, after, sent, received) => {
    expect(new Set(kinds('sent', before, after))).toEqual(new Set([sent]));
    expect(new Set(kinds('received', before, after))).toEqual(new Set([received]));
  });

  it.each(cases)(
    'finds the change inside of lists, records and references when %s',
    (_what, before, after, sent) => {
      const around = (node: SchemaNode) => ({
        M: object({
          list: { type: 'array', items: { type: 'object', additionalProperties: { $ref: 'Inner' } } },
        }),
        Inner: node,
      });
      const found = compareSchemas('M', 'sent', around(before), around(after));
      expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set([sent]));
      expect(found[0]?.where).toMatch(/^M\.list\[\]\.\*/);
    },
  );

  it('finds the bound that went when a number became an integer: the bounds were not compared', () => {
    const [number, integer] = [{ type: 'number', maximum: 0 }, { type: 'integer' }];
    expect(kinds('sent', number, integer)).toEqual(['harmless', 'breaking']);
    expect(kinds('received', integer, number)).toEqual(['harmless', 'breaking']);
  });

  it('ends for a schema that contains itself, and finds nothing where nothing changed', () => {
    const tree = { M: object({ children: { type: 'array', items: { $ref: 'M' } } }) };
    expect(compareSchemas('M', 'sent', tree, structuredClone(tree))).toEqual([]);
  });

  it('does not mind other words in a description', () => {
    expect(kinds('sent', { ...text, description: 'a' }, { ...text, description: 'b' })).toEqual([]);
  });
});

const bound = fc.option(fc.nat(2), { nil: undefined });
const leaf: fc.Arbitrary<SchemaNode> = fc.oneof(
  fc
    .record({ minLength: bound, maxLength: bound })
    .map((bounds): SchemaNode => ({ type: 'string', ...bounds })),
  fc.subarray(['', 'x', 'xx'], { minLength: 1 }).map((list) => words(...list)),
  fc
    .record({ type: fc.constantFrom('integer', 'number'), minimum: bound, maximum: bound })
    .map((node): SchemaNode => node),
  fc.constant<SchemaNode>({ type: 'boolean' }),
);
const field = fc.oneof(
  leaf,
  leaf.map(nullable),
  leaf.map((items): SchemaNode => ({ type: 'array', items })),
);
const schema = fc
  .dictionary(fc.constantFrom('a', 'b', 'c'), field, { noNullPrototype: true })
  .chain((properties) =>
    fc.subarray(Object.keys(properties)).map((required) => object(properties, ...required)),
  );
const scalar = fc.constantFrom<unknown>('', 'x', 'xx', 'xxx', 0, 1, 1.5, 2, 3, true, null);
const value = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })),
  {
    noNullPrototype: true,
  },
);

/** Pairs of versions that differ in one field and in what is required. */
const versions = fc
  .tuple(schema, fc.constantFrom('a', 'b', 'c'), fc.option(field))
  .chain(([before, name, fresh]) => {
    const { [name]: _old, ...others } = before.properties ?? {};
    const properties = fresh === null ? others : { ...others, [name]: fresh };
    return fc
      .subarray(Object.keys(properties))
      .map((required): [SchemaNode, SchemaNode] => [before, object(properties, ...required)]);
  });

const ajv = new Ajv2020({
  strict: false,
  addUsedSchema: false,
  meta: false,
  validateSchema: false,
  code: { optimize: false },
});

function acceptedBy(node: SchemaNode): (candidate: unknown) => boolean {
  // Undefined keywords are no keywords.
  const plain: unknown = JSON.parse(JSON.stringify(node));
  return ajv.compile(Object(plain) as object);
}

describe('a change that is called harmless', () => {
  it('lets every old reader read what the service sends now', () => {
    fc.assert(
      fc.property(versions, fc.array(value, { maxLength: 20 }), ([before, after], values) => {
        fc.pre(!kinds('sent', before, after).includes('breaking'));
        const [old, fresh] = [acceptedBy(before), acceptedBy(after)];
        expect(values.filter((one) => fresh(one) && !old(one))).toEqual([]);
      }),
    );
  });

  it('lets the service read what every old client sends', () => {
    fc.assert(
      fc.property(versions, fc.array(value, { maxLength: 20 }), ([before, after], values) => {
        fc.pre(!kinds('received', before, after).includes('breaking'));
        const [old, fresh] = [acceptedBy(before), acceptedBy(after)];
        // A client sends the fields that its version declares.
        const isDeclared = (name: string) => before.properties?.[name] !== undefined;
        const sent = values.map((one) =>
          Object.fromEntries(Object.entries(one).filter(([name]) => isDeclared(name))),
        );
        expect(sent.filter((one) => old(one) && !fresh(one))).toEqual([]);
      }),
    );
  });
});
