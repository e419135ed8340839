import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** What ships. Tests and their helpers match what they wrote themselves. */
const SOURCES = '{contracts,services/*,infra/*,clients/*}/src/**/*.{ts,tsx}';
const NOT_SHIPPED = /\.(?:test|itest|fixture)\.tsx?$|[/\\]testing[/\\]|test-support|aedes-support/;

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
    if (
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      /^(?:globalThis\.)?RegExp$/.test(node.expression.getText())
    )
      constructed.push(placeOf(node));
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
    constructed.push(...found.constructed);
    for (const one of found.literals) {
      const text = `/${one.source}/${one.flags}`;
      const known = byText.get(text);
      if (known === undefined) byText.set(text, one);
      else known.places.push(...one.places);
    }
  }
  return { literals: [...byText.values()], constructed };
}
