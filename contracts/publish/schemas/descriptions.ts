import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Definitions, SchemaNode } from './schema-node.ts';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');

/** The docstrings of the contract's sources as descriptions: of schemas, properties, kinds of a union and words of a list. */
export function describeSchemas(definitions: Definitions): Definitions {
  const described: Record<string, SchemaNode> = { ...definitions };
  for (const file of globSync('*.ts', { cwd: SOURCES }).filter((one) => !one.endsWith('.test.ts'))) {
    const source = parse(join(SOURCES, file));
    for (const statement of source.statements.filter(ts.isVariableStatement))
      for (const { name, initializer } of statement.declarationList.declarations) {
        const schema = described[name.getText()];
        if (schema === undefined || initializer === undefined) continue;
        const inside = describeNode(schema, initializer, source);
        described[name.getText()] = withDescription(inside, docOf(statement, source));
      }
  }
  return described;
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

function withDescription(schema: SchemaNode, doc: string | undefined): SchemaNode {
  if (doc === undefined) return schema;
  return { ...schema, description: schema.description === undefined ? doc : `${doc} ${schema.description}` };
}

function describeNode(schema: SchemaNode, code: ts.Expression, source: ts.SourceFile): SchemaNode {
  if (schema.properties !== undefined) return describeProperties(schema, schema.properties, code, source);
  if (schema.items !== undefined) return { ...schema, items: describeNode(schema.items, code, source) };
  if (schema.oneOf !== undefined) {
    const elements = firstInside(code, ts.isArrayLiteralExpression, source)?.elements ?? [];
    const oneOf = schema.oneOf.map((branch, index) => {
      const element = elements[index];
      if (element === undefined) return branch;
      return withDescription(describeNode(branch, element, source), docOf(element, source));
    });
    return { ...schema, oneOf };
  }
  if (schema.anyOf !== undefined)
    return { ...schema, anyOf: schema.anyOf.map((branch) => describeNode(branch, code, source)) };
  return schema.enum === undefined ? schema : withDescription(schema, wordsOf(code, source));
}

function describeProperties(
  schema: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  code: ts.Expression,
  source: ts.SourceFile,
): SchemaNode {
  const literal = firstInside(code, ts.isObjectLiteralExpression, source);
  const described = { ...properties };
  for (const property of literal?.properties ?? []) {
    const name = property.name?.getText() ?? '';
    const inner = described[name];
    if (inner === undefined) continue;
    const deep = ts.isPropertyAssignment(property)
      ? describeNode(inner, property.initializer, source)
      : inner;
    described[name] = withDescription(deep, docOf(property, source));
  }
  return { ...schema, properties: described };
}

/** What the words of a list mean, where each has a docstring. */
function wordsOf(code: ts.Expression, source: ts.SourceFile): string | undefined {
  const elements = firstInside(code, ts.isArrayLiteralExpression, source)?.elements ?? [];
  const meanings = [...elements].flatMap((word) => {
    const doc = docOf(word, source);
    return doc === undefined || !ts.isStringLiteral(word) ? [] : [`\`${word.text}\`: ${doc}`];
  });
  return meanings.length === 0 ? undefined : meanings.join(' ');
}

/** The first node of a kind, outermost first; a call of a function of the same file is followed into its body. */
function firstInside<Kind extends ts.Node>(
  node: ts.Node,
  isKind: (node: ts.Node) => node is Kind,
  source: ts.SourceFile,
): Kind | undefined {
  if (isKind(node)) return node;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const called = node.expression.text;
    const body = source.statements
      .filter(ts.isFunctionDeclaration)
      .find((one) => one.name?.text === called)?.body;
    if (body !== undefined) return firstInside(body, isKind, source);
  }
  return ts.forEachChild(node, (child) => firstInside(child, isKind, source));
}

/** The docstring in front of a node, as one line; undefined where there is none. */
function docOf(node: ts.Node, source: ts.SourceFile): string | undefined {
  const ranges = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  const last = ranges
    .map(({ pos, end }) => source.text.slice(pos, end))
    .findLast((one) => one.startsWith('/**'));
  if (last === undefined) return undefined;
  const lines = last.slice(3, -2).split('\n');
  const text = lines.map((line) => line.trim().replace(/^\* ?/, '')).join(' ');
  return text
    .replace(/\{@link ([A-Za-z]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}
