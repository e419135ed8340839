import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** What ships. Tests and their helpers match what they wrote themselves. */
const SOURCES = [
  '{contracts,services/*,infra/*,clients/*}/src/**/*.{ts,tsx}',
  '{contracts/published,services/sandbox/examples,clients/examples,clients/*/public}/**/*.{js,mjs,ts}',
];
/** A class of regular expressions that bounds every match in time; a test of its own holds it to that. */
const BOUNDED = ['services/asl-interpreter/src/data/jsonata/regex.ts'];
const NOT_SHIPPED =
  /\.(?:test|itest|fixture)\.tsx?$|[/\\](?:testing|node_modules|dist)[/\\]|test-support|aedes-support/;

/** A regular expression in the sources. */
export interface FoundExpression {
  readonly source: string;
  readonly flags: string;
  /** `path:line` of each place. */
  readonly places: string[];
}

export interface FoundExpressions {
  readonly literals: readonly FoundExpression[];
  /** Places where one is made of a text at run time, which nobody can check. */
  readonly constructed: readonly string[];
}

const MAKES = /^(?:globalThis\.)?RegExp$/;
/** Methods of texts that make a regular expression of what they are given, unless it is one. */
const MAKES_BY_ITSELF = new Set(['match', 'matchAll', 'search']);

/** What a node makes of a text: an expression that stands there, one that nobody can check, or none. */
function madeOf(node: ts.Node): Omit<FoundExpression, 'places'> | 'at run time' | undefined {
  if (ts.isHeritageClause(node))
    return node.types.some(({ expression }) => MAKES.test(expression.getText())) ? 'at run time' : undefined;
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return undefined;
  const [source, flags] = node.arguments ?? [];
  const { expression } = node;
  const isText = source !== undefined && ts.isStringLiteralLike(source);
  const bySelf =
    ts.isPropertyAccessExpression(expression) && MAKES_BY_ITSELF.has(expression.name.text) && isText;
  if (!MAKES.test(expression.getText()) && !bySelf) return undefined;
  if (!isText || (flags !== undefined && !ts.isStringLiteralLike(flags))) return 'at run time';
  return { source: source.text, flags: flags?.text ?? '' };
}

/** Every regular expression of a source text, and every place that makes one. */
export function expressionsOf(
  path: string,
  text: string,
): { readonly literals: readonly FoundExpression[]; readonly constructed: readonly string[] } {
  const literals: FoundExpression[] = [];
  const constructed: string[] = [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const placeOf = (node: ts.Node) =>
    `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      literals.push({
        source: node.text.slice(1, end),
        flags: node.text.slice(end + 1),
        places: [placeOf(node)],
      });
    }
    const made = madeOf(node);
    if (typeof made === 'object') literals.push({ ...made, places: [placeOf(node)] });
    else if (made === 'at run time') constructed.push(placeOf(node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { literals, constructed };
}

/** Every regular expression that ships, each once. */
export function shippedExpressions(): FoundExpressions {
  const byText = new Map<string, FoundExpression>();
  const constructed: string[] = [];
  for (const path of globSync(SOURCES, { cwd: ROOT }).filter((one) => !NOT_SHIPPED.test(one))) {
    const found = expressionsOf(path, readFileSync(join(ROOT, path), 'utf8'));
    if (!BOUNDED.includes(path)) constructed.push(...found.constructed);
    for (const one of found.literals) {
      const text = `/${one.source}/${one.flags}`;
      const known = byText.get(text);
      if (known === undefined) byText.set(text, one);
      else known.places.push(...one.places);
    }
  }
  return { literals: [...byText.values()], constructed };
}
