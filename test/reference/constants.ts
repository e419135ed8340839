import ts from 'typescript';

/** Values of parameters, while the body of a small function is evaluated. */
export type Bindings = ReadonlyMap<ts.Symbol, ts.Expression>;

/** Thrown for an expression whose value cannot be known without running the program. */
export class NotConstant extends Error {
  constructor(node: ts.Node) {
    super(`no constant: ${node.getText()}`);
    this.name = 'NotConstant';
  }
}

/** What a name stands for: through imports, exports and `const`, to the expression that makes the value. */
export function definitionOf(
  checker: ts.TypeChecker,
  name: ts.Node,
  bindings: Bindings,
): ts.Expression | undefined {
  let symbol = checker.getSymbolAtLocation(name);
  if (symbol === undefined) return undefined;
  if ((symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol);
  const bound = bindings.get(symbol);
  if (bound !== undefined) return bound;
  const declaration = symbol.valueDeclaration;
  if (
    declaration !== undefined &&
    (ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration))
  )
    return declaration.initializer;
  return undefined;
}

/**
 * The value of an expression of literals, arithmetic and named constants of any file.
 * @throws NotConstant
 */
export function constantOf(
  checker: ts.TypeChecker,
  node: ts.Expression,
  bindings: Bindings = new Map(),
): unknown {
  const value = (inner: ts.Expression) => constantOf(checker, inner, bindings);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    return value(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(value);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken)
    return -Number(value(node.operand));
  if (ts.isBinaryExpression(node)) return arithmetic(node, value);
  if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) {
    const definition = definitionOf(checker, ts.isIdentifier(node) ? node : node.name, bindings);
    if (definition !== undefined) return value(definition);
  }
  throw new NotConstant(node);
}

function arithmetic(node: ts.BinaryExpression, value: (inner: ts.Expression) => unknown): number {
  const [left, right] = [Number(value(node.left)), Number(value(node.right))];
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.PlusToken:
      return left + right;
    case ts.SyntaxKind.MinusToken:
      return left - right;
    case ts.SyntaxKind.SlashToken:
      return left / right;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right;
    default:
      throw new NotConstant(node);
  }
}
